import type { StartRuns } from '#core/api.ts';
import { payloadOf, refOf } from '#core/event-payload.ts';
import type { Trigger } from '#core/plan.ts';
import { ok, type Result } from '#core/result.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';
import { configurationAt } from './project-configuration.ts';
import { storedVariables } from './stored-values.ts';

/** A trigger with everything that was found out about it. */
export interface Occasion {
	readonly project: ProjectRow;
	readonly trigger: Trigger;
	/** URL of the repository's `origin`. */
	readonly origin?: string;
	/** The context `vars`. */
	readonly vars: { readonly [name: string]: string };
	readonly isDirty: boolean;
}

/** Which commit a request means, and the event that it stands for. */
export async function occasionOf(
	ports: Ports,
	project: ProjectRow,
	{ at, event, payload, inputs, changedSince }: Pick<StartRuns, 'at' | 'event' | 'payload' | 'inputs' | 'changedSince'>,
): Promise<Result<Occasion>> {
	const found = at === 'worktree' ? await worktree(ports, project) : await revision(ports, project, at);
	if (!found.ok) return found;
	const { ref, sha, worktreeOf } = found.value;
	const asked = changedSince === undefined ? undefined : await since(ports, project, changedSince);
	if (asked?.ok === false) return asked;
	const [before] = await Promise.all([
		comparedWith(ports, project, event, { ref, sha: worktreeOf ?? sha }),
		// Remembered by whoever answers: asked again below, these are there.
		ports.source.commit(project.path, sha),
		configurationAt(ports, project.path, sha),
	]);
	const occasion = await occasionAt(ports, project, {
		...{ event, ref, after: sha },
		...(before === undefined ? {} : { before }),
		...(inputs === undefined ? {} : { inputs }),
	});
	const changed = asked === undefined ? undefined : await ports.source.changed(project.path, asked.value, sha);
	const { trigger } = occasion;
	return ok({
		...occasion,
		trigger: {
			...trigger,
			payload: { ...(trigger.payload as object), ...payload },
			...(worktreeOf === undefined ? {} : { worktreeOf }),
			// Asked for by name, no change is an answer too: nothing with a path filter starts.
			...(changed === undefined ? {} : { changed }),
		},
		isDirty: worktreeOf !== undefined,
	});
}

/** The commit that `--changed` compares with. */
async function since(ports: Ports, project: ProjectRow, revision: string): Promise<Result<string>> {
	if (revision !== '') return ports.source.resolve(project.path, revision);
	const remote = await ports.source.resolve(project.path, `refs/remotes/origin/${project.defaultBranch}`);
	return remote.ok ? remote : ports.source.resolve(project.path, project.defaultBranch);
}

/** What happened to a ref. */
interface Happening {
	readonly event: string;
	readonly ref: string;
	/** What the event compares with: the ref's commit before a push, the base of a pull request. */
	readonly before?: string;
	readonly after: string;
	readonly inputs?: NonNullable<StartRuns['inputs']>;
}

/** The event that something that happened to a ref is. */
export async function occasionAt(ports: Ports, project: ProjectRow, happening: Happening): Promise<Occasion> {
	const { event, ref, before, after, inputs } = happening;
	const described = await ports.source.describe(project.path);
	const origin = described.ok ? described.value.origin : undefined;
	const changed = before === undefined ? [] : await ports.source.changed(project.path, before, after);
	const isPush = event === 'push';
	const facts = {
		project: project.project,
		defaultBranch: project.defaultBranch,
		ref,
		commit: await ports.source.commit(project.path, after),
		...(origin === undefined ? {} : { origin }),
		...(before === undefined ? {} : isPush ? { before } : { base: before }),
		...(inputs === undefined ? {} : { inputs }),
	};
	const trigger: Trigger = {
		event,
		ref: refOf(event, facts),
		sha: after,
		payload: payloadOf(event, facts),
		...(before === undefined || !isPush ? {} : { before }),
		// Nothing changed means that there was nothing to compare: path filters are then not asked.
		...(changed.length === 0 ? {} : { changed }),
	};
	const { vars: ofFile } = await configurationAt(ports, project.path, after);
	const vars = await storedVariables(ports, project.project, ofFile);
	return { project, trigger, vars, ...(origin === undefined ? {} : { origin }), isDirty: false };
}

interface Revision {
	readonly ref: string;
	readonly sha: string;
	/** Set for an uncommitted work tree: the commit it sits on. */
	readonly worktreeOf?: string;
}

async function worktree(ports: Ports, project: ProjectRow): Promise<Result<Revision>> {
	const snapshot = await ports.source.snapshot(project.path);
	if (!snapshot.ok) return snapshot;
	const { sha, head, ref, isDirty } = snapshot.value;
	return ok({ ref, sha, ...(isDirty ? { worktreeOf: head } : {}) });
}

async function revision(ports: Ports, project: ProjectRow, at: string): Promise<Result<Revision>> {
	const sha = await ports.source.resolve(project.path, at);
	return sha.ok ? ok({ ref: await refNamed(ports, project, at, sha.value), sha: sha.value }) : sha;
}

/** What a push of this branch would move, or where the default branch is for a pull request. */
async function comparedWith(
	ports: Ports,
	project: ProjectRow,
	event: string,
	{ ref, sha }: Revision,
): Promise<string | undefined> {
	const branch = ref.replace(/^refs\/heads\//, '');
	const revisions: { readonly [event: string]: readonly string[] } = {
		push: ref.startsWith('refs/heads/') ? [`refs/remotes/origin/${branch}`] : [],
		pull_request: [`refs/remotes/origin/${project.defaultBranch}`, `refs/heads/${project.defaultBranch}`],
	};
	for (const name of revisions[event === 'pull_request_target' ? 'pull_request' : event] ?? []) {
		const found = await ports.source.resolve(project.path, name);
		if (found.ok) return found.value === sha ? undefined : found.value;
	}
	return undefined;
}

/** The branch that a revision names; for a bare commit the branch that HEAD is on. */
async function refNamed(ports: Ports, project: ProjectRow, at: string, sha: string): Promise<string> {
	const refs = await ports.source.refs(project.path);
	for (const ref of [at, `refs/heads/${at}`, `refs/tags/${at}`]) if (refs.get(ref) === sha) return ref;
	return (await ports.source.head(project.path)).ref;
}
