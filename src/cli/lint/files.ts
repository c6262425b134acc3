import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import type { RunnerConfiguration } from '#core/configuration.ts';
import { ProblemError } from '#core/result.ts';

/** The workflows and actions of a repository, by their path in it. */
export interface LintFiles {
	readonly root: string;
	readonly workflows: ReadonlyMap<string, string>;
	readonly actions: ReadonlyMap<string, string>;
	/** Labels of `runs-on` that `footbridge.yaml` gives a meaning. */
	readonly runners: readonly RunnerConfiguration[];
}

/** Reads what is to be looked at: everything of the repository around a folder. FB1009 when there is nothing. */
export async function readLintFiles(folder: string): Promise<LintFiles> {
	const root = rootAbove(folder);
	const [workflows, actions] = await Promise.all([
		namesIn(join(root, '.github/workflows'), false).then((names) => names.filter((name) => /\.ya?ml$/.test(name))),
		namesIn(join(root, '.github/actions'), true).then((names) => names.filter((name) => isAction(basename(name)))),
	]);
	const own = ['action.yml', 'action.yaml'].filter((name) => existsSync(join(root, name)));
	const files = {
		root,
		workflows: await texts(
			root,
			workflows.map((name) => `.github/workflows/${name}`),
		),
		actions: await texts(root, [...own, ...actions.map((name) => `.github/actions/${name}`)]),
		runners: await runnersOf(join(root, 'footbridge.yaml')),
	};
	if (files.workflows.size + files.actions.size > 0) return files;
	throw new ProblemError({
		code: 'FB1009',
		what: 'The repository has no workflow',
		where: join(root, '.github/workflows'),
		next: 'footbridge init',
	});
}

/** The path in the repository of each file that was asked for: a path, a file name, or one without its ending. FB1007 for one that is not there. */
export function askedPaths(
	asked: readonly string[],
	{ root, workflows, actions }: LintFiles,
	folder: string,
): readonly string[] {
	const known = [...workflows.keys(), ...actions.keys()];
	return asked.flatMap((name) => {
		const path = relative(root, resolve(folder, name));
		const byPath = known.filter((other) => other === path || other === name);
		const found = byPath.length > 0 ? byPath : known.filter((other) => isNamed(other, name));
		if (found.length > 0) return found;
		throw new ProblemError({
			code: 'FB1007',
			what: `There is no workflow ${name}`,
			where: root,
			next: `the workflows are: ${known.map((other) => basename(other)).join(', ')}`,
		});
	});
}

function isNamed(path: string, name: string): boolean {
	const file = basename(path);
	return file === name || file.replace(/\.ya?ml$/, '') === name;
}

/** The nearest folder above that is a repository; without one, the folder itself. */
export function rootAbove(folder: string): string {
	for (let place = resolve(folder); ; place = dirname(place)) {
		if (existsSync(join(place, '.git'))) return place;
		if (place === dirname(place)) return resolve(folder);
	}
}

async function runnersOf(file: string): Promise<readonly RunnerConfiguration[]> {
	if (!existsSync(file)) return [];
	const { parseConfiguration } = await import('#core/configuration-file.ts');
	const configuration = parseConfiguration(await readFile(file, 'utf8'), 'footbridge.yaml');
	return configuration.ok ? configuration.value.runners : [];
}

async function namesIn(folder: string, recursive: boolean): Promise<readonly string[]> {
	if (!existsSync(folder)) return [];
	const entries = await readdir(folder, { recursive, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink());
	return files.map((entry) => relative(folder, join(entry.parentPath, entry.name))).sort();
}

async function texts(root: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
	const read = paths.map(async (path) => [path, await readFile(join(root, path), 'utf8')] as const);
	return new Map(await Promise.all(read));
}

function isAction(name: string): boolean {
	return name === 'action.yml' || name === 'action.yaml';
}
