import type { RunItem, RunView } from '#core/api.ts';
import { nearest } from '#core/nearest.ts';
import { type Problem, ProblemError } from '#core/result.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import type { Client } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { changedPaths, gitIgnore, refReader, workTreeOf } from './git-tree.ts';
import { projectHere } from './project-here.ts';
import { type RunOptions, runRequest } from './run/request.ts';
import type { Terminal } from './terminal.ts';
import { type Key, listenToKeys } from './watch/keys.ts';
import { createReport } from './watch/report.ts';
import { createSession, type Session, type SessionOptions } from './watch/session.ts';
import { watchTree } from './watch/tree-watch.ts';
import { type Work, workOf } from './watch/work.ts';

export type WatchOptions = Omit<RunOptions, 'at' | 'changed' | 'eventFile' | 'json' | 'agent'>;

/** Runs of the record that say which job is likeliest to fail. */
const remembered = 12;

/** Runs what a change affects whenever a file is saved, until somebody leaves. */
export async function watchCommand(
	workflow: string | undefined,
	options: WatchOptions,
	context: CommandContext,
): Promise<number> {
	const root = await workTreeOf(process.cwd());
	if (root === undefined) throw new ProblemError(noWorkTree());
	const planner = workerPlanner();
	const asked = { root, event: options.event, ...(workflow === undefined ? {} : { workflow }) };
	try {
		return await withClient(context, async (client) => {
			const { project } = await projectHere(client, context);
			const request = await runRequest(project, undefined, { ...options, at: 'worktree' }, process);
			// Both plan once before they are needed: the first save is then answered as fast as the others.
			const { event, at } = request;
			const warm = client.post('/plans', { project, event, at }).catch(() => {});
			const refNow = await refReader(root);
			const everything = await workOf(planner, { ...asked, ref: await refNow(), records: new Map() });
			checkNames(everything, workflow, request.jobs ?? []);
			await warm;
			const jobs = request.jobs === undefined ? {} : { jobs: request.jobs };
			return watch(
				client,
				context.out,
				{ root, project, workflow },
				{
					request,
					history: await historyOf(client, project),
					workOf: async (about) => workOf(planner, { ...asked, ...about, ...jobs, ref: await refNow() }),
				},
			);
		});
	} finally {
		await planner.close();
	}
}

async function watch(
	client: Client,
	out: Terminal,
	{ root, ...names }: { readonly root: string; readonly project: string; readonly workflow: string | undefined },
	about: Omit<SessionOptions, 'onChange'>,
): Promise<number> {
	const problems: Problem[] = [];
	const report = createReport(out, { ...names, problems });
	const session = createSession(client, { ...about, onChange: report.show });
	const watcher = await watchTree(root, {
		ignore: gitIgnore(root),
		onChange: (paths, at) => session.start({ kind: 'saved', paths, at }),
		onProblem: (problem) => {
			problems.push(problem);
			report.redraw();
		},
	});
	try {
		report.begin(() => watcher.folders);
		const dirty = (await changedPaths(root, 'HEAD', 'worktree')) ?? [];
		if (dirty.length > 0) session.start({ kind: 'saved', paths: dirty, at: performance.now() });
		return await untilLeft(session, report);
	} finally {
		report.end();
		watcher.close();
		await session.stop();
	}
}

/** Resolves with the exit code when somebody leaves. */
async function untilLeft(session: Session, report: ReturnType<typeof createReport>): Promise<number> {
	const { promise, resolve } = Promise.withResolvers<number>();
	const onKey = (key: Key) => {
		if (key === 'leave') resolve(exitCodes.passed.code);
		else if (key === 'interrupt') resolve(exitCodes.interrupted.code);
		else session.start({ kind: key });
	};
	const interrupt = () => onKey('interrupt');
	const unlisten = listenToKeys(process.stdin, onKey);
	report.hasKeys(unlisten !== undefined);
	process.on('SIGINT', interrupt);
	process.on('SIGTERM', interrupt);
	try {
		return await promise;
	} finally {
		unlisten?.();
		process.off('SIGINT', interrupt);
		process.off('SIGTERM', interrupt);
	}
}

/** The newest runs of a project with their jobs. One that is gone meanwhile is left out. */
async function historyOf(client: Client, project: string): Promise<readonly RunView[]> {
	const query = new URLSearchParams({ project, limit: String(remembered) });
	const { items } = await client.get<{ readonly items: readonly RunItem[] }>(`/runs?${query}`);
	const read = items.map((item) => client.get<RunView>(`/runs/${item.run}`).catch(() => undefined));
	return (await Promise.all(read)).filter((run) => run !== undefined);
}

/** What is not there is said at once, and not at the first save. */
function checkNames({ workflows, broken }: Work, workflow: string | undefined, jobs: readonly string[]): void {
	const unknown = broken.flatMap(({ problems }) => problems).find(({ code }) => code === 'FB1007');
	if (workflow !== undefined && unknown !== undefined) throw new ProblemError(unknown);
	const known = workflows.flatMap((one) => one.jobs);
	// A combination of a matrix is named behind its job.
	const missing = jobs.find((job) => !known.some((id) => job === id || job.startsWith(`${id} (`)));
	if (missing === undefined || broken.length > 0) return;
	const near = nearest(missing, known);
	throw new ProblemError({
		code: 'FB1003',
		what: `there is no job ${missing}`,
		why: `there are ${known.join(', ')}`,
		next: near === undefined ? 'name one of these' : `did you mean ${near}?`,
	});
}

function noWorkTree(): Problem {
	return {
		code: 'FB0150',
		what: 'there is no work tree to watch',
		where: process.cwd(),
		next: 'go into a git repository that has one',
	};
}
