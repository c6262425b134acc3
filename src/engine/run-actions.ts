import { isBadCommit, whyBad } from '#core/action/known-bad.ts';
import { type ActionLock, type LockedCommit, parseLock } from '#core/action/lock.ts';
import type { ActionsConfiguration } from '#core/actions-configuration.ts';
import { whyForeign } from '#core/job/trust.ts';
import type { Trigger } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import type { ActionCommit, Actions } from '#edge/action/action.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';
import { configurationAt } from './project-configuration.ts';

/** How a run uses actions of other repositories. */
export interface RunActions {
	readonly settings: ActionsConfiguration;
	/** `footbridge.lock` of the run's commit; absent: there is none. */
	readonly lock?: ActionLock;
	/** The commit of a ref: asked for once, and the same for the whole run. FB2057: `footbridge.lock` says another one. */
	commitOf(repository: string, ref: string): Promise<Result<ActionCommit>>;
}

/**
 * How a run of a trigger uses actions. Where they come from is nothing that somebody else's code may say: for an event of a fork it is
 * what the default branch says.
 */
export async function actionsAt(
	ports: Pick<Ports, 'source' | 'actions'>,
	{ path, defaultBranch }: Pick<ProjectRow, 'path' | 'defaultBranch'>,
	trigger: Trigger,
): Promise<RunActions> {
	const own = whyForeign(trigger) === undefined ? undefined : await ports.source.resolve(path, defaultBranch);
	const sha = own?.ok === true ? own.value : trigger.sha;
	const { actions } = await configurationAt(ports, path, sha);
	const text = await ports.source.file(path, trigger.sha, 'footbridge.lock');
	const lock = text === undefined ? undefined : parseLock(text, 'footbridge.lock');
	return runActions(ports.actions, actions, lock);
}

/** The actions of one run. */
export function runActions(actions: Actions, settings: ActionsConfiguration, read?: Result<ActionLock>): RunActions {
	const known = new Map<string, Promise<Result<ActionCommit>>>();
	const lock = read?.ok === true ? read.value : undefined;
	return {
		settings,
		...(lock === undefined ? {} : { lock }),
		async commitOf(repository, ref) {
			// What cannot be checked is not used.
			if (read?.ok === false) return read;
			const key = `${repository}@${ref}`.toLowerCase();
			const before = known.get(key);
			if (before !== undefined) return before;
			const asked = goodCommit(actions, { repository, ref, from: settings.from }, lock?.get(key));
			known.set(key, asked);
			return asked;
		},
	};
}

interface Wanted {
	readonly repository: string;
	readonly ref: string;
	readonly from: string | undefined;
}

/** Never one that is known to steal. */
async function goodCommit(
	actions: Actions,
	wanted: Wanted,
	locked: LockedCommit | undefined,
): Promise<Result<ActionCommit>> {
	const found = await commitOf(actions, wanted, locked);
	if (!found.ok || !isBadCommit(wanted.repository, found.value.sha)) return found;
	const why = whyBad(wanted.repository, wanted.ref, found.value.sha);
	return failed({
		code: 'FB2058',
		what: `${wanted.repository}@${wanted.ref} is code that is known to do harm`,
		...(why === undefined ? {} : { why }),
		next: 'use another version, and change the secrets that it could have read',
	});
}

async function commitOf(
	actions: Actions,
	{ repository, ref, from }: Wanted,
	locked: LockedCommit | undefined,
): Promise<Result<ActionCommit>> {
	const place = from === undefined ? {} : { from };
	const found = await actions.resolve({ ...place, repository, ref });
	if (locked === undefined) return found;
	const isAway = found.ok ? found.value.origin === 'offline' : found.error[0]?.code === 'FB2056';
	if (isAway) {
		// What was locked needs nobody to say what it is.
		const pinned = await actions.known({ ...place, repository, ref: locked.commit });
		if (pinned !== undefined) return checked(actions, { ...pinned, ref }, locked);
	}
	return found.ok ? checked(actions, found.value, locked) : found;
}

async function checked(actions: Actions, commit: ActionCommit, locked: LockedCommit): Promise<Result<ActionCommit>> {
	if (commit.sha !== locked.commit)
		return failed(moved(commit, `it was ${locked.commit.slice(0, 12)} and is now ${commit.sha.slice(0, 12)}`));
	const isSame = (await actions.hash(commit)) === locked.tree;
	return isSame ? ok(commit) : failed(moved(commit, 'it has the name of that commit, and other files'));
}

function moved({ repository, ref }: ActionCommit, why: string): Problem {
	return {
		code: 'FB2057',
		what: `${repository}@${ref} is not what footbridge.lock says`,
		why,
		where: 'footbridge.lock',
		next: 'look at what changed between the two, then: footbridge lock',
	};
}
