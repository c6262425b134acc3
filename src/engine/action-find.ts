import { posix } from 'node:path';
import { type RepositoryReference, repositoryOf, usesReference } from '#core/action/uses-reference.ts';
import { failed, ok, problemOf, type Result } from '#core/result.ts';
import type { ActionCommit } from '#edge/action/action.ts';
import type { ActionTree, Frame, PlacedAction, RunningJob } from './running-job.ts';

const fileLimit = 1024 * 1024;

/** The action that a step uses, in the room. FB2051: it cannot be read. FB2052: there is none. FB2054 ...: it cannot be fetched. */
export async function findAction(
	job: RunningJob,
	caller: Pick<Frame, 'origin'>,
	uses: string,
	where: string,
): Promise<Result<PlacedAction>> {
	const reference = usesReference(uses);
	if (reference === undefined || reference.kind === 'image')
		return failed({ code: 'FB2053', what: `${uses} is no action`, where });
	if (reference.kind === 'repository') return fetchedAction(job, reference, where);
	const isLocal = reference.kind === 'local';
	const tree = isLocal ? ok({ folder: job.room.workspace }) : await ownTree(job, caller);
	if (!tree.ok) return tree;
	const folder = posix.join(tree.value.folder, reference.path).replace(/\/$/, '');
	if (!isWithin(folder, tree.value.folder)) {
		const what = `The action ${uses} is outside the ${isLocal ? 'workspace' : 'repository'}`;
		return failed({ code: 'FB2052', what, where });
	}
	const path = isLocal ? uses : reference.path;
	const read = (name: string) => readIn(job, `${folder}/${name}`, where);
	const found = await actionFile(job, { path, read });
	if (!found.ok) return found;
	if (found.value !== undefined) return ok({ ...found.value, folder, tree: tree.value, isLocal });
	return failed({
		code: 'FB2052',
		what: `There is no action at ${uses}`,
		why: `neither action.yml nor action.yaml is there in the ${isLocal ? 'workspace' : 'repository'}`,
		where,
		next: isLocal
			? 'check out the repository first (uses: actions/checkout@v4), and compare the path'
			: 'compare the path',
	});
}

/** Whether a path is a folder's own or below it. */
export function isWithin(path: string, folder: string): boolean {
	return path === folder || path.startsWith(`${folder}/`);
}

/** What is read of a repository of others is read where no job can change it. */
async function fetchedAction(
	job: RunningJob,
	reference: RepositoryReference,
	where: string,
): Promise<Result<PlacedAction>> {
	const placed = await treeOf(job, reference);
	if (!placed.ok) return { ok: false, error: placed.error.map((problem) => ({ ...problem, where })) };
	const tree = placed.value;
	const { origin } = tree;
	if (origin === undefined) throw new Error('a fetched tree has its commit');
	tell(job, origin);
	const told = `${repositoryOf(reference)}${reference.path === '' ? '' : `/${reference.path}`}@${reference.ref}`;
	const read = async (name: string) => ok(await job.ports.actions.file(origin, posix.join(reference.path, name)));
	const found = await actionFile(job, { path: told, read });
	if (!found.ok) return found;
	const folder = posix.join(tree.folder, reference.path).replace(/\/$/, '');
	if (found.value !== undefined) return ok({ ...found.value, folder, tree, isLocal: false });
	return failed({
		code: 'FB2052',
		what: `There is no action in ${told}`,
		why: `neither action.yml nor action.yaml is there at commit ${origin.sha.slice(0, 12)}`,
		where,
		next: 'compare the path and the version',
	});
}

/** Says once a job what a version is. */
function tell({ actions, log, ports, request }: RunningJob, { repository, ref, sha, origin }: ActionCommit): void {
	const name = `${repository}@${ref}`;
	if (actions.told.has(name)) return;
	actions.told.add(name);
	const { lock } = request.actions;
	const isOffline = origin === 'offline';
	log.say(`Action ${name} is commit ${sha.slice(0, 12)}${isOffline ? '' : `, ${origin}`}`);
	if (isOffline)
		log.say(`Warning: ${ports.actions.from} does not answer: ${name} is the commit that it was when it was last asked`);
	if (lock !== undefined && !lock.has(name.toLowerCase()))
		log.say(`Warning: ${name} is not in footbridge.lock; \`footbridge lock\` adds it`);
}

interface Place {
	readonly path: string;
	readonly read: (name: string) => Promise<Result<string | undefined>>;
}

async function actionFile(
	job: RunningJob,
	{ path, read }: Place,
): Promise<Result<Pick<PlacedAction, 'action' | 'file'> | undefined>> {
	for (const name of ['action.yml', 'action.yaml']) {
		const text = await read(name);
		if (!text.ok) return text;
		if (text.value === undefined) continue;
		const file = posix.join(path, name);
		const action = await job.ports.planner.action(file, text.value);
		return action.ok ? ok({ action: action.value, file }) : action;
	}
	return ok(undefined);
}

async function readIn(job: RunningJob, path: string, where: string): Promise<Result<string | undefined>> {
	try {
		return ok(await job.room.get(path, fileLimit));
	} catch {
		const why = 'it must be a regular file of at most 1 MiB, and no link may lead to it';
		return failed({ code: 'FB2051', what: `${path} cannot be read`, why, where });
	}
}

/** The repository that the steps' file is from, for `$/` actions: they need no checkout. */
async function ownTree(job: RunningJob, { origin }: Pick<Frame, 'origin'>): Promise<Result<ActionTree>> {
	if (origin !== undefined) {
		const [owner = '', name = ''] = origin.repository.split('/');
		return treeOf(job, { owner, name, path: '', ref: origin.ref });
	}
	job.made.ownTree ??= (async () => {
		const folder = `${actionsFolder(job)}/_own`;
		const { repository, trigger } = job.request;
		await job.room.bring(folder, (outside) =>
			job.ports.source.checkout(repository.path, trigger.sha, outside, { depth: 1, git: false }),
		);
		return folder;
	})();
	return ok({ folder: await job.made.ownTree });
}

/** Beside the folder for temporary files, as on GitHub. */
function actionsFolder({ room }: RunningJob): string {
	return `${posix.dirname(room.temp)}/_actions`;
}

/** A repository of others in the room: brought once a job. */
export function treeOf(job: RunningJob, reference: RepositoryReference): Promise<Result<ActionTree>> {
	const key = `${repositoryOf(reference)}@${reference.ref}`.toLowerCase();
	const known = job.actions.trees.get(key);
	if (known !== undefined) return known;
	const brought = bring(job, reference).catch((error: unknown) => failed(problemOf(error)));
	job.actions.trees.set(key, brought);
	return brought;
}

async function bring(job: RunningJob, reference: RepositoryReference): Promise<Result<ActionTree>> {
	const repository = repositoryOf(reference);
	const { ref } = reference;
	const commit = await job.request.actions.commitOf(repository, ref);
	if (!commit.ok) return commit;
	const origin = commit.value;
	const folder = `${actionsFolder(job)}/${repository}/${ref}`;
	await job.room.bring(folder, (outside) => job.ports.actions.checkout(origin, outside));
	const { key, attempt } = { key: job.request.job.key, attempt: job.request.attempt };
	await job.request.emit({ kind: 'action-brought', job: key, attempt, uses: `${repository}@${ref}`, sha: origin.sha });
	return ok({ folder, origin });
}
