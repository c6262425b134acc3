import { readFile } from 'node:fs/promises';
import { basename, join, posix } from 'node:path';
import {
	type RepositoryReference,
	repositoryOf,
	type UsesReference,
	usesProblem,
	usesReference,
} from '#core/action/uses-reference.ts';
import { openLintedFile } from '#core/lint/linted-file.ts';
import { valueAt } from '#core/lint/source-tree.ts';
import type { ActionCommit, Actions } from '#edge/action/action.ts';
import type { LintFiles } from '../lint/files.ts';

/** A version that a repository uses, or that something it uses does. */
export interface Used {
	readonly uses: string;
	readonly reference: Extract<UsesReference, { kind: 'repository' | 'image' }>;
	/** What it is used as. */
	readonly kind: 'action' | 'workflow' | 'image';
	/** Undefined where it was not looked for, or is not here. */
	readonly commit: ActionCommit | undefined;
	/** `ci.yml:12`, and `owner/name@ref` where another action uses it. */
	readonly where: readonly string[];
}

/** How the commit of a version is found; undefined leaves out what it uses itself. */
export type FindCommit = (reference: RepositoryReference) => Promise<ActionCommit | undefined>;

/** Everything that the workflows and actions of a repository use, down to what these use, each once. */
export async function usedActions(files: LintFiles, actions: Actions, find: FindCommit): Promise<readonly Used[]> {
	const walk = new Walk(files.root, actions, find);
	for (const [path, text] of [...files.workflows, ...files.actions]) await walk.file({ path, text });
	return walk.found;
}

interface WalkedFile {
	readonly path: string;
	readonly text: string;
	/** The repository that it is from; absent: the one on the disk. */
	readonly from?: ActionCommit;
}

class Walk {
	readonly #root: string;
	readonly #actions: Actions;
	readonly #find: FindCommit;
	readonly #used = new Map<string, Used>();
	readonly #files = new Set<string>();

	constructor(root: string, actions: Actions, find: FindCommit) {
		this.#root = root;
		this.#actions = actions;
		this.#find = find;
	}

	get found(): readonly Used[] {
		return [...this.#used.values()].sort((a, b) => (a.uses.toLowerCase() < b.uses.toLowerCase() ? -1 : 1));
	}

	async file(file: WalkedFile): Promise<void> {
		const { path, text, from } = file;
		const name = from === undefined ? path : `${from.repository}/${path}@${from.ref}`;
		if (this.#files.has(name)) return;
		this.#files.add(name);
		const read = openLintedFile(path, text);
		if (read === undefined) return;
		const calls = read.jobs.flatMap(({ body }) => valueAt(body, 'uses') ?? []);
		const steps = read.steps.flatMap(({ uses }) => uses ?? []);
		for (const node of [...calls, ...steps]) {
			if (node.kind !== 'scalar' || usesProblem(node.text) !== undefined) continue;
			const line = read.placeOf(node.start).line;
			const where = from === undefined ? `${basename(path)}:${line}` : `${from.repository}@${from.ref}`;
			await this.#use(node.text, { where, from, kind: calls.includes(node) ? 'workflow' : 'action' });
		}
	}

	async #use(
		uses: string,
		{ where, from, kind }: { where: string; from: ActionCommit | undefined; kind: Used['kind'] },
	) {
		const reference = usesReference(uses);
		if (reference === undefined) return;
		if (reference.kind === 'local' || reference.kind === 'own') {
			// In an action of others, `./` is what the job has in its workspace: the repository's own.
			const tree = reference.kind === 'own' || kind === 'workflow' ? from : undefined;
			await this.#inside(reference.path, kind, tree);
			return;
		}
		const key = uses.toLowerCase();
		const before = this.#used.get(key);
		if (before !== undefined) {
			this.#used.set(key, { ...before, where: [...new Set([...before.where, where])] });
			return;
		}
		const isImage = reference.kind === 'image';
		const commit = isImage ? undefined : await this.#find(reference);
		this.#used.set(key, { uses, reference, kind: isImage ? 'image' : kind, commit, where: [where] });
		if (commit !== undefined && !isImage) await this.#inside(reference.path, kind, commit);
	}

	/** What an action or a workflow uses itself. */
	async #inside(path: string, kind: Used['kind'], from: ActionCommit | undefined): Promise<void> {
		const names = kind === 'workflow' ? [path] : ['action.yml', 'action.yaml'].map((name) => posix.join(path, name));
		for (const name of names) {
			const text =
				from === undefined
					? await readFile(join(this.#root, name), 'utf8').catch(() => undefined)
					: await this.#actions.file(from, name);
			if (text !== undefined) return this.file({ path: name, text, ...(from === undefined ? {} : { from }) });
		}
	}
}

/** `owner/name@ref` in lower case, as `footbridge.lock` has it. */
export function lockKey(reference: RepositoryReference): string {
	return `${repositoryOf(reference)}@${reference.ref}`.toLowerCase();
}
