import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Event, EventKind, EventOf } from '#core/event.ts';
import type { Json, Plan } from '#core/plan.ts';
import { systemClock } from '#edge/clock/system.ts';
import { fileLogs } from '#edge/log/files.ts';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import { gitSource } from '#edge/source/git.ts';
import type { JobEnd, JobRequest } from '#engine/job-request.ts';
import type { JobPorts } from '#engine/running-job.ts';
import { runJob } from '#engine/steps.ts';

export interface TempRepository extends AsyncDisposable {
	readonly path: string;
	/** The first commit. */
	readonly sha: string;
	/** Writes files (an empty text is an empty file) and commits everything; the commit. */
	commit(files: { readonly [path: string]: string }, message: string): Promise<string>;
	/** Writes files and leaves them uncommitted. */
	write(files: { readonly [path: string]: string }): void;
	git(...args: readonly string[]): string;
}

/** A git repository on branch `main` with these files in its first commit; it is removed when the scope ends. */
export async function tempRepository(files: { readonly [path: string]: string }): Promise<TempRepository> {
	const parent = mkdtempSync(join(tmpdir(), 'footbridge-rig-'));
	const path = join(parent, 'app');
	mkdirSync(path);
	const git = (...args: readonly string[]) =>
		execFileSync('git', args, { cwd: path, env: gitEnv, encoding: 'utf8' }).trim();
	const write = (changed: { readonly [path: string]: string }) => {
		for (const [file, text] of Object.entries(changed)) {
			const target = join(path, file);
			mkdirSync(dirname(target), { recursive: true });
			writeFileSync(target, text, { mode: text.startsWith('#!') ? 0o755 : 0o644 });
		}
	};
	const commit = async (changed: { readonly [path: string]: string }, message: string) => {
		write(changed);
		git('add', '--all');
		git('commit', '--quiet', '--allow-empty', '--message', message);
		return git('rev-parse', 'HEAD');
	};
	git('init', '--quiet', '--initial-branch=main');
	const sha = await commit(files, 'first');
	return {
		path,
		sha,
		commit,
		write,
		git,
		[Symbol.asyncDispose]: async () => rmSync(parent, { recursive: true, force: true }),
	};
}

/** Nothing of the machine's own git configuration, and the same author everywhere. */
const gitEnv = {
	PATH: process.env['PATH'],
	HOME: '/nonexistent',
	GIT_CONFIG_NOSYSTEM: '1',
	GIT_AUTHOR_NAME: 'Rig',
	GIT_AUTHOR_EMAIL: 'rig@example.com',
	GIT_COMMITTER_NAME: 'Rig',
	GIT_COMMITTER_EMAIL: 'rig@example.com',
};

export interface Rig extends AsyncDisposable {
	readonly ports: JobPorts;
	/** Folder with everything that the rig writes. */
	readonly folder: string;
	/** Runs one job of a workflow text with the real planner, room, log and git. */
	run(workflow: string, options?: RunOptions): Promise<Happened>;
}

export interface RunOptions extends Partial<Omit<JobRequest, 'plan' | 'job' | 'repository' | 'emit'>> {
	/** Absent: a repository with `files`. */
	readonly repository?: TempRepository;
	readonly files?: { readonly [path: string]: string };
	/** Key of the job; absent: the first. */
	readonly jobKey?: string;
	readonly origin?: string;
	readonly event?: Json;
	/** Told of every event as it happens. */
	readonly onEvent?: (event: Event) => void | Promise<void>;
}

/** What became of a job. */
export interface Happened {
	readonly end: JobEnd;
	/** Without times. */
	readonly log: readonly string[];
	readonly events: readonly Event[];
	readonly plan: Plan;
	/** Events of one kind, in order. */
	of<Kind extends EventKind>(kind: Kind): readonly EventOf<Kind>[];
}

/** Real ports in a temporary folder; close it with `await using`. */
export async function openRig(): Promise<Rig> {
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-rig-'));
	const place = (name: string) => {
		mkdirSync(join(folder, name), { recursive: true });
		return join(folder, name);
	};
	const ports: JobPorts = {
		clock: systemClock(),
		logs: fileLogs(place('logs')),
		source: gitSource(place('git')),
		planner: workerPlanner(),
		matchers: workerMatchers(),
		sandboxes: [disposableSandbox(), isolatedSandbox(), hostSandbox()],
		places: {
			data: folder,
			rooms: place('rooms'),
			toolCache: place('tool-cache'),
			environments: place('environments'),
			evidence: place('evidence'),
			node: dirname(process.execPath),
		},
	};
	return {
		ports,
		folder,
		run: (workflow, options = {}) => runInRig(ports, workflow, options),
		[Symbol.asyncDispose]: async () => {
			await ports.planner.close();
			await ports.matchers.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

let runs = 0;

async function runInRig(ports: JobPorts, workflow: string, options: RunOptions): Promise<Happened> {
	await using own =
		options.repository === undefined ? await tempRepository({ 'README.md': 'rig\n', ...options.files }) : undefined;
	const repository = options.repository ?? own;
	if (repository === undefined) throw new Error('there is a repository either way');
	const { repository: _, files: __, jobKey, event, onEvent, origin, ...overrides } = options;
	const sha = repository.git('rev-parse', 'HEAD');
	const trigger = options.trigger ?? {
		event: 'push',
		ref: 'refs/heads/main',
		sha,
		payload: event ?? { ref: 'refs/heads/main', after: sha },
	};
	const path = '.github/workflows/rig.yml';
	const { plans, broken, notPlanned } = await ports.planner.plan(new Map([[path, workflow]]), trigger, {
		vars: options.vars ?? {},
	});
	const plan = plans[0];
	if (plan === undefined) throw new Error(`the workflow gives no plan: ${JSON.stringify({ broken, notPlanned })}`);
	const job = jobKey === undefined ? plan.jobs[0] : plan.jobs.find((other) => other.key === jobKey);
	if (job === undefined) throw new Error(`the plan has no job ${jobKey}`);
	const events: Event[] = [];
	runs += 1;
	const request: JobRequest = {
		run: { id: `run-${runs}`, number: runs, attempt: 1, project: 'app' },
		attempt: 1,
		repository: {
			path: repository.path,
			name: basename(repository.path),
			defaultBranch: 'main',
			...(origin === undefined ? {} : { origin }),
		},
		plan,
		job,
		trigger,
		commit: { sha, subject: 'rig', authoredAt: '2026-01-01T00:00:00.000Z' },
		needs: {},
		inputs: plan.inputs ?? {},
		workflowEnv: plan.env,
		secrets: {},
		hidden: [],
		vars: {},
		env: {},
		tier: 'host',
		extraEnv: {},
		logKey: `run-${runs}/${job.key}.1`,
		signal: new AbortController().signal,
		...overrides,
		emit: async (emitted) => {
			events.push(emitted);
			await onEvent?.(emitted);
		},
	};
	const end = await runJob(ports, request);
	const { lines } = await ports.logs.read(request.logKey, 1, 1_000_000);
	const of = <Kind extends EventKind>(kind: Kind) =>
		events.filter((emitted) => emitted.kind === kind) as unknown as readonly EventOf<Kind>[];
	return { end, log: lines.map((line) => line.text), events, plan, of };
}
