import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type ActionsConfiguration, usualActions } from '#core/actions-configuration.ts';
import type { Event, EventKind, EventOf } from '#core/event.ts';
import { runner } from '#core/isolation/accounts.ts';
import type { Json, Plan } from '#core/plan.ts';
import { gitActions } from '#edge/action/git.ts';
import { fileBlobs } from '#edge/blob/files.ts';
import { systemClock } from '#edge/clock/system.ts';
import { dockerEngine } from '#edge/container/docker.ts';
import { fileLogs } from '#edge/log/files.ts';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { httpProbe } from '#edge/probe/http.ts';
import type { Probe } from '#edge/probe/probe.ts';
import { containerSandbox } from '#edge/sandbox/container.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import { gitSource } from '#edge/source/git.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { Store } from '#edge/store/store.ts';
import { fetchedToolchains } from '#edge/toolchain/fetched-toolchains.ts';
import type { JobEnd, JobRequest } from '#engine/job-request.ts';
import { runActions } from '#engine/run-actions.ts';
import type { JobPorts } from '#engine/running-job.ts';
import { runJob } from '#engine/steps.ts';
import { openStorage } from '#engine/storage/storage.ts';
import { toolkitServices } from '#server/toolkit/toolkit.ts';

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

/** Files by `owner/name@tag`. Tags of one repository come in their order. */
export interface Remotes {
	readonly [uses: string]: { readonly [path: string]: string };
}

/** A folder of bare repositories, as a place where actions come from; it is removed when the scope ends. */
export async function tempRemotes(remotes: Remotes): Promise<AsyncDisposable & { readonly folder: string }> {
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-remotes-'));
	const works = new Map<string, TempRepository>();
	for (const [uses, files] of Object.entries(remotes)) {
		const [name = '', tag = ''] = uses.split('@');
		const work = works.get(name) ?? (await tempRepository({}));
		works.set(name, work);
		await work.commit(files, tag);
		work.git('tag', '--force', '--annotate', '--message', tag, tag);
	}
	for (const [name, work] of works) {
		mkdirSync(dirname(join(folder, name)), { recursive: true });
		work.git('clone', '--quiet', '--bare', work.path, join(folder, `${name}.git`));
		await work[Symbol.asyncDispose]();
	}
	return { folder, [Symbol.asyncDispose]: async () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Rig extends AsyncDisposable {
	readonly ports: JobPorts;
	readonly store: Store;
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
	/** Files of other repositories, by `owner/name@tag`. */
	readonly remotes?: Remotes;
	/** What `actions` of footbridge.yaml says. */
	readonly settings?: Partial<ActionsConfiguration>;
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

/** Real ports in a temporary folder; close it with `await using`. `rooms` is where rooms are, when somebody else looks at them later. */
export async function openRig({
	rooms,
	probe = httpProbe(),
}: {
	readonly rooms?: string;
	readonly probe?: Probe;
} = {}): Promise<Rig> {
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-rig-'));
	const place = (name: string) => {
		mkdirSync(join(folder, name), { recursive: true });
		return join(folder, name);
	};
	const clock = systemClock();
	const store = memoryStore(clock);
	const source = gitSource(place('git'));
	const storage = openStorage({ store, blobs: fileBlobs(place('blobs')), clock, newId: () => crypto.randomUUID() });
	const keyFile = join(folder, 'identity-key.pem');
	const services = toolkitServices({ storage, store, source, clock, keyFile });
	const containers = dockerEngine();
	const ports: JobPorts = {
		clock,
		storage,
		services,
		logs: fileLogs(place('logs')),
		source,
		actions: gitActions(place('actions')),
		planner: workerPlanner(),
		probe,
		matchers: workerMatchers(),
		sandboxes: [
			disposableSandbox(),
			isolatedSandbox(),
			hostSandbox(),
			containerSandbox({ engine: containers, folder: place('containers') }),
		],
		containers,
		toolchains: fetchedToolchains(
			process.env['FOOTBRIDGE_TEST_TOOLCHAINS'] ?? place('toolchains'),
			process.getuid?.() === 0 ? { owner: runner } : {},
		),
		places: {
			data: folder,
			rooms: rooms ?? place('rooms'),
			toolCache: place('tool-cache'),
			environments: place('environments'),
			evidence: place('evidence'),
			node: dirname(process.execPath),
		},
	};
	return {
		ports,
		store,
		folder,
		run: (workflow, options = {}) => runInRig(ports, workflow, options),
		[Symbol.asyncDispose]: async () => {
			await services.close();
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
	const { repository: _, files: __, jobKey, event, onEvent, origin, remotes = {}, settings, ...overrides } = options;
	await using others = await tempRemotes(remotes);
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
		actions: runActions(ports.actions, { ...usualActions, from: others.folder, ...settings }),
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
