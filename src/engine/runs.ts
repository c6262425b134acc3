import type { RunnerConfiguration } from '#core/configuration.ts';
import type { Event } from '#core/event.ts';
import { type Assignment, assign } from '#core/job/runs-on.ts';
import type { Json, PlannedJob } from '#core/plan.ts';
import { ProblemError } from '#core/result.ts';
import { plannedJob, type Run } from '#core/run.ts';
import { inputsOf, jobContexts, needsContext } from '#core/run-context.ts';
import { evolve } from '#core/run-fold.ts';
import { type RunAction, runMachine } from '#core/run-machine.ts';
import { evaluateTemplate } from '#core/workflow/expression.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import { concurrencyTurns } from './concurrency-turns.ts';
import { type Context, type Driver, drive } from './driver.ts';
import { diagnose, lastGoodOf } from './experiments.ts';
import { attemptJob } from './job-attempt.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';
import { configurationAt } from './project-configuration.ts';
import { actionsAt, type RunActions } from './run-actions.ts';
import { storedValues } from './stored-values.ts';

/** What runs need beside the ports. */
export interface RunsOptions {
	/** Jobs at once. */
	readonly capacity: number;
	/** Values of a run's secrets; they are never in the log, so a restarted Footbridge may have none. */
	readonly secretsOf: (run: string) => { readonly [name: string]: string } | undefined;
	/** `process.platform` of this machine. */
	readonly platform: string;
	/** Begin nothing before the driver's `go`. */
	readonly isPaused: boolean;
}

/** Starts the driver of runs: every queued run happens, every failed job is explained. */
export function startRuns(ports: Ports, options: RunsOptions): Promise<Driver> {
	const room = semaphore(options.capacity);
	const stops = new Map<string, AbortController>();
	const actionsOf = rememberedActions(ports);
	const turns = concurrencyTurns(ports.store, {
		stopJob: (stream, job, why) => stops.get(stopKey(stream, job))?.abort(new Error(why)),
	});

	return drive<Run | undefined, RunAction>({
		store: ports.store,
		prefix: 'run/',
		machine: runMachine,
		isPaused: options.isPaused,
		open: async () => {
			const streams = await openRuns(ports);
			await turns.restore(streams);
			return streams;
		},
		perform: async (action, context) => {
			switch (action.do) {
				case 'take-turn':
					return turns.take(action, context);
				case 'record':
					return context.append(...action.events);
				case 'stop-job':
					return stops.get(stopKey(context.stream, action.job))?.abort(new Error(action.why));
				case 'start-job':
					return startJob(action, context);
				case 'diagnose':
					return room.use(context.signal, () => explain(action, context));
			}
		},
	});

	async function startJob(
		action: Extract<RunAction, { do: 'start-job' }>,
		context: Context<Run | undefined>,
	): Promise<void> {
		const { job, attempt } = action;
		const assignment = await assignmentOf(ports, known(context.state()), job, options.platform);
		if (assignment.skip !== undefined) return context.append({ kind: 'job-skipped', job, why: assignment.skip });
		const stop = new AbortController();
		const signal = AbortSignal.any([stop.signal, context.signal]);
		const key = stopKey(context.stream, job);
		// Before the wait for a free place: a job that waits can be stopped too.
		stops.set(key, stop);
		try {
			await room.use(context.signal, async () => {
				if (stop.signal.aborted) return context.append(cancelled(job, attempt, (stop.signal.reason as Error).message));
				const run = known(context.state());
				const { runner } = assignment;
				const request = await jobRequest(
					ports,
					{ ...options, actionsOf },
					{ run, job, attempt, signal, runner, emit: context.append },
				);
				const end = await attemptJob(ports, request);
				// A job that ended because Footbridge stops is not over: the next start records it as lost and queues it again.
				if (!context.signal.aborted) await context.append(endOf(job, attempt, end));
			});
		} finally {
			stops.delete(key);
		}
	}

	async function explain(
		action: Extract<RunAction, { do: 'diagnose' }>,
		context: Context<Run | undefined>,
	): Promise<void> {
		const run = known(context.state());
		const job = run.jobs.find((other) => other.key === action.job);
		if (job === undefined) return;
		await context.append({ kind: 'diagnosis-started', job: action.job, attempt: action.attempt });
		const request = await jobRequest(
			ports,
			{ ...options, actionsOf },
			{
				run,
				job: action.job,
				attempt: action.attempt,
				signal: context.signal,
				runner: (await assignmentOf(ports, run, action.job, options.platform)).runner,
				emit: async () => {},
			},
		);
		const lastGood = await lastGoodOf(ports, run, job);
		const finding = await diagnose(ports, { request, run, job, ...(lastGood === undefined ? {} : { lastGood }) });
		if (context.signal.aborted) return;
		await context.append({ kind: 'finding-made', job: action.job, attempt: action.attempt, finding });
	}
}

interface Attempt {
	readonly run: Run;
	readonly job: string;
	readonly attempt: number;
	readonly signal: AbortSignal;
	/** What the job's label stands for. */
	readonly runner: RunnerConfiguration | undefined;
	readonly emit: (event: Event) => Promise<void>;
}

interface RequestOptions extends RunsOptions {
	readonly actionsOf: (run: Run, project: ProjectRow) => Promise<RunActions>;
}

/** All jobs of a run's attempt use the same commits of actions; the next attempt asks anew. */
function rememberedActions(ports: Ports): RequestOptions['actionsOf'] {
	const known = new Map<string, Promise<RunActions>>();
	return (run, project) => {
		const key = `${run.id}.${run.attempt}`;
		const before = known.get(key);
		if (before !== undefined) return before;
		const actions = actionsAt(ports, project, run.trigger);
		const oldest = known.keys().next();
		if (known.size >= mostRemembered && !oldest.done) known.delete(oldest.value);
		known.set(key, actions);
		actions.catch(() => known.delete(key));
		return actions;
	};
}

const mostRemembered = 500;

async function jobRequest(ports: Ports, options: RequestOptions, attempt: Attempt): Promise<JobRequest> {
	const { run } = attempt;
	const project = (await ports.store.projects()).find((other) => other.project === run.project);
	if (project === undefined)
		throw new ProblemError({
			code: 'FB2002',
			what: `project ${run.project} is not known any more`,
			next: 'footbridge project add <path>',
		});
	const planned: PlannedJob = plannedJob(run, attempt.job);
	const secrets = options.secretsOf(run.id);
	if (secrets === undefined && run.secrets.length > 0) {
		throw new ProblemError({
			code: 'FB2003',
			what: `the values of the secrets ${run.secrets.join(', ')} are gone`,
			why: 'they were given for this run only and Footbridge was restarted since',
			next: 'start the run again with its secrets',
		});
	}
	const stored = await storedValues(ports, { run, project, job: planned });
	const wide = { ...without(stored.secrets, secrets ?? {}), ...secrets };
	const own = { ...secretsOf(run, planned, wide), ...without(stored.ofEnvironment, secrets ?? {}) };
	return {
		run: { id: run.id, number: run.number, attempt: run.attempt, project: run.project },
		attempt: attempt.attempt,
		repository: {
			path: project.path,
			name: project.project,
			defaultBranch: project.defaultBranch,
			...(run.origin === undefined ? {} : { origin: run.origin }),
		},
		plan: run.plan,
		job: planned,
		trigger: run.trigger,
		commit: run.commit,
		needs: needsContext(run, planned),
		inputs: inputsOf(run, planned),
		workflowEnv: planned.file === undefined ? run.plan.env : (run.plan.called?.[planned.file]?.env ?? null),
		secrets: own,
		hidden: Object.values(wide),
		vars: { ...run.vars, ...stored.vars },
		...(stored.notes.length === 0 ? {} : { notes: stored.notes }),
		actions: await options.actionsOf(run, project),
		allowedPowers: await allowedPowers(ports, project, planned),
		...placeOf(run, attempt.runner),
		extraEnv: {},
		env: run.env,
		...(run.until[planned.id] === undefined ? {} : { until: run.until[planned.id] }),
		logKey: `${run.id}/${attempt.job}.${attempt.attempt}`,
		signal: attempt.signal,
		emit: attempt.emit,
	};
}

/** What reaches beyond a container is allowed by the default branch: nobody allows it to himself on a branch of his own. */
async function allowedPowers(ports: Ports, project: ProjectRow, job: PlannedJob): Promise<readonly string[]> {
	if (job.container === undefined && job.services === undefined) return [];
	const found = await ports.source.resolve(project.path, project.defaultBranch);
	return found.ok ? (await configurationAt(ports, project.path, found.value)).containers.allow : [];
}

/** The secrets that a job may see: in a called workflow those that the call hands over. */
function secretsOf(
	run: Run,
	planned: PlannedJob,
	all: { readonly [name: string]: string },
): { readonly [name: string]: string } {
	if (planned.parent === undefined) return all;
	const caller = plannedJob(run, planned.parent);
	const callers = secretsOf(run, caller, all);
	const handed = caller.call?.secrets;
	if (handed === undefined || handed === 'inherit') return callers;
	const values = evaluateTemplate(handed, { contexts: { ...jobContexts(run, caller), secrets: callers } });
	if (!values.ok) throw new ProblemError(values.error);
	const entries = Object.entries((values.value ?? {}) as { readonly [name: string]: Json });
	return Object.fromEntries(entries.map(([name, value]) => [name, value === null ? '' : String(value)]));
}

/** Values that were not given by hand for this run: those go before what is stored. */
function without(stored: { readonly [name: string]: string }, given: { readonly [name: string]: string }) {
	const names = new Set(Object.keys(given).map((name) => name.toUpperCase()));
	return Object.fromEntries(Object.entries(stored).filter(([name]) => !names.has(name)));
}

/** What was asked for goes before what the label stands for. */
function placeOf(
	run: Run,
	runner: RunnerConfiguration | undefined,
): Pick<JobRequest, 'tier' | 'tierWhy' | 'limits' | 'network'> {
	const tier = run.tier ?? runner?.tier;
	return {
		...(tier === undefined ? {} : { tier }),
		...(runner === undefined || run.tier !== undefined
			? {}
			: { tierWhy: `footbridge.yaml says so of runs-on ${runner.label}` }),
		...(runner?.limits === undefined ? {} : { limits: runner.limits }),
		...(runner?.network === undefined ? {} : { network: runner.network }),
	};
}

/** What the machine does with a job by its labels. What cannot be told yet is not skipped. */
async function assignmentOf(ports: Ports, run: Run, key: string, platform: string): Promise<Assignment> {
	const planned = plannedJob(run, key);
	const runsOn = evaluateTemplate(planned.runsOn, { contexts: jobContexts(run, planned) });
	if (!runsOn.ok) return {};
	const project = (await ports.store.projects()).find((other) => other.project === run.project);
	const runners = project === undefined ? [] : (await configurationAt(ports, project.path, run.commit.sha)).runners;
	return assign(runsOn.value, runners, platform);
}

/** A place to run that could not be made is tried once more, as a job that was lost is. */
function endOf(job: string, attempt: number, end: JobEnd): Event {
	const isWorthAnother = end.isPlatform === true && attempt === 1;
	return isWorthAnother
		? { kind: 'job-lost', job, attempt, why: end.why ?? 'there was no place to run' }
		: finished(job, attempt, end);
}

function finished(job: string, attempt: number, end: JobEnd): Event {
	return {
		kind: 'job-finished',
		job,
		attempt,
		conclusion: end.conclusion,
		outputs: end.outputs,
		leftovers: end.leftovers,
		...(end.why === undefined ? {} : { why: end.why }),
		...(end.environmentUrl === undefined ? {} : { environmentUrl: end.environmentUrl }),
		...(end.problems === undefined ? {} : { problems: end.problems }),
	};
}

function cancelled(job: string, attempt: number, why: string): Event {
	return { kind: 'job-finished', job, attempt, conclusion: 'cancelled', outputs: {}, why };
}

/** Streams of runs that a stopped Footbridge left unfinished, or unexplained. */
async function openRuns(ports: Ports): Promise<readonly string[]> {
	const open = await ports.store.runs({ status: ['queued', 'running'], limit: 10_000 });
	const failed = await ports.store.runs({ status: ['failed'], limit: 20 });
	const unexplained: string[] = [];
	for (const { run } of failed) {
		const state = (await ports.store.read(`run/${run}`)).reduce(evolve, undefined);
		if (!runMachine.isOver(state)) unexplained.push(run);
	}
	return [...open.map(({ run }) => run), ...unexplained].map((run) => `run/${run}`);
}

/** At most `size` works at once, in the order they came. */
function semaphore(size: number) {
	let free = size;
	const waiting: (() => void)[] = [];
	return {
		async use<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
			if (free > 0) free -= 1;
			else await new Promise<void>((resolve) => waiting.push(resolve));
			try {
				signal.throwIfAborted();
				return await work();
			} finally {
				const next = waiting.shift();
				if (next === undefined) free += 1;
				else next();
			}
		},
	};
}

const stopKey = (stream: string, job: string): string => `${stream}/${job}`;

function known(run: Run | undefined): Run {
	if (run === undefined) throw new Error('an action of a run that has no first event');
	return run;
}
