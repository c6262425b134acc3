import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ActionLock, type LockedCommit, lockText } from '#core/action/lock.ts';
import { repositoryOf } from '#core/action/uses-reference.ts';
import type { Problem } from '#core/result.ts';
import { isBuiltIn } from '#engine/built-in-actions.ts';
import { runActions } from '#engine/run-actions.ts';
import { actionSettings } from './actions/settings.ts';
import { lockKey, usedActions } from './actions/used.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { clean } from './line-fit.ts';
import { readLintFiles } from './lint/files.ts';
import { problemLines } from './problem-lines.ts';
import { openActions } from './wire.ts';

/** Writes `footbridge.lock`: what the versions of the actions that the present folder's repository uses are now. */
export async function lockCommand(context: CommandContext): Promise<number> {
	const files = await readLintFiles(process.cwd());
	const { settings, lock } = await actionSettings(files.root);
	const actions = openActions({ data: context.data });
	// Without the old lock: what has moved is what is wanted here.
	const { commitOf } = runActions(actions, settings);
	const problems = new Map<string, Problem>();
	const used = await usedActions(files, actions, async (reference) => {
		const { path, ref } = reference;
		const uses = `${[repositoryOf(reference), ...(path === '' ? [] : [path])].join('/')}@${ref}`;
		if (settings.builtins && isBuiltIn(uses)) return undefined;
		const commit = await commitOf(repositoryOf(reference), reference.ref);
		if (commit.ok) return commit.value;
		for (const problem of commit.error) problems.set(problem.what, { ...problem, where: uses });
		return undefined;
	});
	if (problems.size > 0) {
		for (const problem of problems.values()) context.err.print(...problemLines(problem, context.err));
		return exitCodes.notRun.code;
	}
	const locked = new Map<string, LockedCommit>();
	for (const { reference, commit } of used) {
		if (commit === undefined || reference.kind === 'image') continue;
		const uses = `${commit.repository}@${commit.ref}`;
		locked.set(lockKey(reference), { uses, commit: commit.sha, tree: await actions.hash(commit) });
	}
	await writeFile(join(files.root, 'footbridge.lock'), lockText([...locked.values()]));
	context.out.print(...changes(lock ?? new Map(), locked), `footbridge.lock has ${locked.size} versions`);
	return exitCodes.passed.code;
}

function changes(before: ActionLock, after: ActionLock): readonly string[] {
	const news = [...after].flatMap(([key, { uses, commit }]) => {
		const old = before.get(key);
		if (old === undefined) return [`+ ${clean(uses)}  ${commit.slice(0, 12)}`];
		return old.commit === commit ? [] : [`~ ${clean(uses)}  ${old.commit.slice(0, 12)} -> ${commit.slice(0, 12)}`];
	});
	const gone = [...before].filter(([key]) => !after.has(key)).map(([, { uses }]) => `- ${clean(uses)}`);
	return [...news, ...gone];
}
