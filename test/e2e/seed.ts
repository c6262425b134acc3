import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Application, Service } from '#core/compose/application.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import type { Commit, Event } from '#core/event.ts';
import type { PlannedJob, PlannedStep } from '#core/plan.ts';
import { failed, ok } from '#core/result.ts';
import { fileLogs } from '#edge/log/files.ts';
import type { Logs } from '#edge/log/log.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import type { Store } from '#edge/store/store.ts';
import type { Engine } from '#engine/engine.ts';
import { environmentView } from '#engine/environment-view.ts';
import { metricsOf } from '#engine/metrics.ts';
import type { Ports } from '#engine/ports.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** A record on disk with a life in it, and an engine that answers from it. */
export interface Seeded {
	readonly store: Store;
	readonly logs: Logs;
	readonly engine: Engine;
	/** What the engine was asked to do. */
	readonly asked: string[];
	/** Appends now. */
	append(stream: string, ...events: readonly Event[]): Promise<void>;
	close(): Promise<void>;
}

/** An empty record. `at` is how its clock is set. */
export async function emptyRecord(): Promise<Seeded & { at(ms: number): void }> {
	const directory = await mkdtemp(join(tmpdir(), 'footbridge-seed-'));
	let shift: number | undefined;
	const clock = {
		now: () => shift ?? Date.now(),
		monotonic: () => performance.now(),
		sleep: () => Promise.reject(new Error('nobody waits here')),
	};
	const store = await sqliteStore({ file: join(directory, 'footbridge.db'), clock });
	const logs = fileLogs(join(directory, 'logs'));
	const asked: string[] = [];
	const append = async (stream: string, ...events: readonly Event[]) => {
		await store.append(stream, 'system', events);
	};
	const ports = {
		store,
		logs,
		clock: { ...clock, now: () => Date.now() },
		traffic: { observe: async () => routes },
		environments: { isAlive: async ({ pid }: { readonly pid: number }) => pid !== 4242 },
	} as unknown as Ports;
	return {
		...{ store, logs, asked, append },
		at: (ms) => {
			shift = ms === 0 ? undefined : ms;
		},
		engine: engineOn(ports, asked, append),
		async close() {
			await store.close();
			await rm(directory, { recursive: true, force: true });
		},
	};
}

const routes = [
	{ listener: 'shop/production', port: 8080, version: 'd3', target: 43_117 },
	{ listener: 'shop/staging', port: 8081, version: 'd9', target: 43_190 },
];

function engineOn(ports: Ports, asked: string[], append: Seeded['append']): Engine {
	const shop = { project: 'shop', path: '/srv/git/shop.git', defaultBranch: 'main' };
	const views = async () =>
		(await ports.store.projects()).length === 0
			? []
			: Promise.all(configurations.map((configuration) => environmentView(ports, shop, configuration)));
	return {
		ports,
		async addProject(path) {
			if (!path.startsWith('/')) {
				return failed({ code: 'FB2002', what: `${path} is no git repository`, next: 'git init' });
			}
			await append('project/shop', { kind: 'project-added', ...shop, path });
			return ok({ ...shop, path });
		},
		plan: async () =>
			ok({ plans: [plan(ciJobs)], notPlanned: [{ workflow: 'nightly.yml', why: 'not on push' }], broken: [] }),
		async startRuns(request) {
			if (request.project !== 'shop') {
				return failed({
					code: 'FB2001',
					what: `there is no project ${request.project}`,
					next: 'footbridge project add <path>',
				});
			}
			asked.push(`run ${request.at}`);
			return ok({ runs: ['r1'], notPlanned: [], sha: 'a'.repeat(40), isDirty: false });
		},
		async cancelRun(run, why) {
			asked.push(`cancel ${run}: ${why}`);
			await append(`run/${run}`, { kind: 'cancel-requested', why });
			return ok(undefined);
		},
		async deploy(request) {
			asked.push(`deploy ${request.at} to ${request.environment}`);
			if (request.at === 'nowhere') {
				return failed({
					code: 'FB2003',
					what: 'nowhere is no commit of shop',
					why: 'git does not know it',
					next: 'git log',
				});
			}
			await append('deployment/new', requested(4, commits[0] as Commit, request.environment));
			return ok({ deployment: 'new' });
		},
		environments: async (project) =>
			(await views()).filter((view) => project === undefined || view.project === project),
		async metrics(project, environment, days) {
			const configuration = configurations.find(({ name }) => name === environment);
			if (project !== 'shop' || configuration === undefined) {
				return failed({ code: 'FB3001', what: `${project} has no environment ${environment}` });
			}
			return ok(await metricsOf(ports, shop, configuration, days));
		},
		stop: async () => {},
	};
}

const configuration = {
	lifetime: 'always',
	compose: 'compose.yaml',
	env: {},
	objective: { name: 'availability', target: 0.995, windowDays: 28 },
	probePath: '/healthz',
	probeIntervalMs: 10_000,
} as const;
const configurations: readonly EnvironmentConfiguration[] = [
	{ ...configuration, name: 'production', port: 8080 },
	{ ...configuration, name: 'staging', port: 8081, deploys: 'main' },
];

const subjects = [
	'Round prices to the cent in the basket',
	'Show stock in the list of products',
	'Keep the basket for thirty days',
	'Send the receipt after the payment, not before',
	'Index orders by customer',
	'Say which coupon was not accepted',
	'Update the list of countries',
];
const commits: readonly Commit[] = subjects.map((subject, index) => ({
	sha: `${(0xa1b2c3d + index * 0x1f3f5).toString(16)}${'0123456789abcdef0123456789abcdef0'.slice(0, 33)}`,
	subject,
	authoredAt: new Date(Date.now() - (index + 1) * 9 * hour).toISOString(),
}));

/** A shop with a past: runs that passed and failed, deployments, one of them rolled back, an open incident, and a run under way. */
export async function seededRecord(): Promise<Seeded> {
	const record = await emptyRecord();
	const now = Date.now();
	record.at(now - 12 * day);
	await record.append('project/shop', {
		kind: 'project-added',
		project: 'shop',
		path: '/srv/git/shop.git',
		defaultBranch: 'main',
	});
	for (let number = 1; number <= 6; number++) await passedRun(record, number, now - (12 - number) * day);
	await deployments(record, now);
	await codeFailure(record, now - 5 * hour);
	await environmentFailure(record, now - 50 * minute);
	await refusal(record, now - 32 * minute);
	await cancelled(record, now - 20 * minute);
	await underWay(record, now - 100 * second);
	await incident(record, now - 14 * minute);
	await samples(record.store, now);
	record.at(0);
	return record;
}

type Record = Awaited<ReturnType<typeof emptyRecord>>;

function step(name: string, line: number): PlannedStep {
	return {
		...{ id: `s${line}`, name, run: 'true', with: null, env: null, shell: null, workingDirectory: null },
		...{ continueOnError: null, timeoutMinutes: null, line },
	};
}

function job(key: string, needs: readonly string[], steps: readonly string[], id = key): PlannedJob {
	return {
		...{ key, id, name: key, needs, runsOn: 'ubuntu-latest', env: null, outputs: null },
		...{ timeoutMinutes: 360, continueOnError: false, defaults: { shell: null, workingDirectory: null } },
		strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
		steps: steps.map((name, index) => step(name, 10 + index)),
		line: 8,
	};
}

const checkout = 'actions/checkout@v6';
const testSteps = [checkout, 'npm ci', 'npm test'];
const ciJobs = [
	job('lint', [], [checkout, 'npm ci', 'npm run lint']),
	job('types', [], [checkout, 'npm ci', 'npx tsc']),
	job('unit (20)', ['lint'], testSteps, 'unit'),
	job('unit (22)', ['lint'], testSteps, 'unit'),
	job('unit (24)', ['lint'], testSteps, 'unit'),
	job('build', ['lint', 'types'], [checkout, 'npm ci', 'npm run build']),
	job('e2e', ['unit', 'build'], [checkout, 'npm ci', 'Install the browser', 'npm run e2e']),
	job('deploy', ['e2e'], ['footbridge deploy staging']),
];

function plan(jobs: readonly PlannedJob[]) {
	return { workflow: '.github/workflows/ci.yml', name: 'CI', env: null, jobs };
}

function trigger(commit: Commit, ref = 'refs/heads/main') {
	return { event: 'push', ref, sha: commit.sha, payload: {} };
}

function queued(number: number, commit: Commit, jobs: readonly PlannedJob[] = ciJobs, ref?: string): Event {
	return { kind: 'run-queued', project: 'shop', number, trigger: trigger(commit, ref), commit, plan: plan(jobs) };
}

const started = (name: string): Event => ({
	...{ kind: 'job-started', job: name, attempt: 1, tier: 'disposable' },
	reason: 'the machine can give a copy of itself, and runs-on asks for ubuntu',
});

interface StepTold {
	readonly lines: readonly string[];
	readonly ms: number;
	readonly exitCode?: number;
	readonly extra?: Partial<Extract<Event, { kind: 'step-finished' }>>;
}

/** Plays steps of a job into the record and its log; the last one has not ended when `isOpen`. */
async function play(
	record: Record,
	where: { readonly run: string; readonly job: string; readonly at: number; readonly isOpen?: boolean },
	steps: readonly (readonly [name: string, told: StepTold])[],
): Promise<number> {
	const stream = `run/${where.run}`;
	const writer = record.logs.writer(`${where.run}/${where.job}.1`);
	let at = where.at;
	record.at(at);
	await record.append(stream, started(where.job));
	writer.write(at, [`${where.job} runs in disposable: the machine can give a copy of itself`]);
	for (const [index, [name, told]] of steps.entries()) {
		record.at(at);
		const line = writer.write(at, [`▸ ${name}`]);
		await record.append(stream, { kind: 'step-started', job: where.job, attempt: 1, step: index, name, line });
		writer.write(at, told.lines);
		if (where.isOpen === true && index === steps.length - 1) break;
		at += told.ms;
		record.at(at);
		const result = (told.exitCode ?? 0) === 0 ? 'success' : 'failure';
		await record.append(stream, {
			...{ kind: 'step-finished', job: where.job, attempt: 1, step: index, name, outcome: result, conclusion: result },
			...{ exitCode: told.exitCode ?? 0, outputs: {}, durationMs: told.ms, line: writer.line, ...told.extra },
		});
	}
	await writer.close();
	return at;
}

async function finish(record: Record, run: string, name: string, conclusion: 'passed' | 'failed' | 'cancelled') {
	await record.append(`run/${run}`, { kind: 'job-finished', job: name, attempt: 1, conclusion, outputs: {} });
}

const fetched: StepTold = { lines: ['Checked out refs/heads/main at a1b2c3d'], ms: 400 };
const installed: StepTold = {
	lines: ['', 'added 214 packages in 3s', '', '31 packages are looking for funding'],
	ms: 3300,
};

async function passedRun(record: Record, number: number, at: number): Promise<void> {
	const run = `r${number}`;
	record.at(at);
	const jobs = [ciJobs[0] as PlannedJob];
	await record.append(`run/${run}`, queued(number, commits[number % commits.length] as Commit, jobs));
	const end = await play(record, { run, job: 'lint', at: at + 300 }, [
		[checkout, fetched],
		['npm ci', installed],
		['npm run lint', { lines: ['Checked 82 files in 210ms. No fixes applied.'], ms: 1100 }],
	]);
	record.at(end + 50);
	await finish(record, run, 'lint', 'passed');
	await record.append(`run/${run}`, { kind: 'run-finished', conclusion: 'passed' });
}

async function codeFailure(record: Record, at: number): Promise<void> {
	const run = 'code-failure';
	const commit = commits[3] as Commit;
	record.at(at);
	const jobs = [
		job('lint', [], testSteps),
		job('unit', ['lint'], testSteps),
		job('build', ['unit'], ['npm run build']),
	];
	await record.append(`run/${run}`, queued(7, commit, jobs));
	let end = await play(record, { run, job: 'lint', at: at + 200 }, [
		[checkout, fetched],
		['npm ci', installed],
	]);
	await finish(record, run, 'lint', 'passed');
	const passing = Array.from(
		{ length: 1200 },
		(_, index) => `\u001b[32m✔\u001b[39m basket case ${index + 1} \u001b[90m(${(index % 7) + 1}ms)\u001b[39m`,
	);
	const output = [
		'> shop@2.4.0 test',
		'> node --test',
		'',
		...passing,
		'\u001b[31m✖ the receipt is sent after the payment\u001b[39m',
		'  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
		'',
		"  \u001b[32m'paid'\u001b[39m !== \u001b[31m'pending'\u001b[39m",
		'',
		'      at TestContext.<anonymous> (file:///work/test/receipt.test.js:41:10)',
		'\u001b[38;5;238mdim grey on a dark ground would not be seen\u001b[0m \u001b[48;5;226;38;5;15mwhite on yellow\u001b[0m',
		'tests 1201',
		'fail 1',
		'Error: Process completed with exit code 1.',
	];
	const failingLine = 10 + passing.length + 3;
	end = await play(record, { run, job: 'unit', at: end + 80 }, [
		[checkout, fetched],
		['npm ci', installed],
		[
			'npm test',
			{
				lines: output,
				ms: 9400,
				exitCode: 1,
				extra: {
					summary: '## Tests\n\n1201 tests, 1 failed\n\n| suite | failed |\n|---|---|\n| receipt | 1 |',
					annotations: [
						{
							...{
								level: 'error',
								message: "Expected 'paid', got 'pending'",
								title: 'the receipt is sent after the payment',
							},
							...{ file: 'test/receipt.test.js', line: 41, column: 10, logLine: failingLine },
						},
						{ level: 'warning', message: 'Node 20 is not supported after April', logLine: 4 },
					],
				},
			},
		],
	]);
	record.at(end);
	const stream = `run/${run}`;
	await record.append(
		stream,
		{ kind: 'job-finished', job: 'unit', attempt: 1, conclusion: 'failed', outputs: {} },
		{ kind: 'job-skipped', job: 'build', why: 'unit failed' },
		{ kind: 'run-finished', conclusion: 'failed' },
		{ kind: 'diagnosis-started', job: 'unit', attempt: 1 },
	);
	record.at(end + 21 * second);
	await record.append(stream, {
		...{ kind: 'finding-made', job: 'unit', attempt: 1 },
		finding: {
			...{ verdict: 'code', certainty: 'proved', class: 'test-failure', durationMs: 20_800, logLine: failingLine },
			cause: 'The test “the receipt is sent after the payment” fails: it expected ‘paid’ and got ‘pending’.',
			evidence: [
				{ from: 'fact', what: 'node --test reports 1 of 1,201 tests failed; test/receipt.test.js:41' },
				{ from: 'rerun', what: 'The step fails again in a fresh copy of the machine, at the same assertion' },
				{ from: 'last-good-commit', what: 'The commit before it passes in today’s environment' },
			],
			next: 'Correct the order in src/receipt.js, or the test if the new order is what you want.',
			command: 'footbridge run --job unit --at worktree',
			commit: { sha: commit.sha, subject: commit.subject },
		},
	});
}

async function environmentFailure(record: Record, at: number): Promise<void> {
	const run = 'environment-failure';
	record.at(at);
	const jobs = [job('build', [], [checkout, 'npm ci', 'npm run build'])];
	await record.append(`run/${run}`, queued(8, commits[2] as Commit, jobs, 'refs/heads/basket-for-thirty-days'));
	const end = await play(record, { run, job: 'build', at: at + 200 }, [
		[checkout, fetched],
		['npm ci', installed],
		[
			'npm run build',
			{
				lines: [
					'> shop@2.4.0 build',
					'',
					"Error: EACCES: permission denied, mkdir '/opt/cache/shop/v2'",
					'    at mkdirSync (node:fs:1364:26)',
				],
				ms: 700,
				exitCode: 1,
			},
		],
	]);
	record.at(end);
	const stream = `run/${run}`;
	await record.append(
		stream,
		{ kind: 'job-finished', job: 'build', attempt: 1, conclusion: 'failed', outputs: {} },
		{ kind: 'run-finished', conclusion: 'failed' },
	);
	record.at(end + 9 * second);
	await record.append(stream, {
		...{ kind: 'finding-made', job: 'build', attempt: 1 },
		finding: {
			...{ verdict: 'environment', certainty: 'proved', class: 'permission', durationMs: 8900, logLine: 12 },
			cause: 'The step may not write to /opt/cache/shop: it belongs to root (0755), and the step ran as runner.',
			evidence: [
				{ from: 'trace', what: 'mkdir("/opt/cache/shop/v2") = EACCES, by node (pid 812)' },
				{ from: 'snapshot', what: 'path/opt/cache/shop was 0775 root:runner in run 6, and is 0755 root:root now' },
				{ from: 'last-good-commit', what: 'Round prices to the cent in the basket fails today as well' },
			],
			next: 'Give the directory back its group and its write permission.',
			command: 'sudo chgrp runner /opt/cache/shop && sudo chmod 0775 /opt/cache/shop',
		},
	});
}

async function refusal(record: Record, at: number): Promise<void> {
	record.at(at);
	await record.append('run/refused', {
		...{
			kind: 'run-refused',
			project: 'shop',
			number: 9,
			trigger: trigger(commits[1] as Commit),
			commit: commits[1] as Commit,
		},
		workflow: '.github/workflows/release.yml',
		problems: [
			{
				...{
					code: 'FB1001',
					what: 'The job publish needs a job that is not there: buld',
					where: '.github/workflows/release.yml:14:12',
				},
				...{ why: 'the jobs of this workflow are build and publish', next: 'write needs: build' },
			},
			{
				...{
					code: 'FB1002',
					what: 'Unexpected value ‘runs_on’',
					where: '.github/workflows/release.yml:5:5',
					next: 'did you mean runs-on?',
				},
			},
		],
	});
}

async function cancelled(record: Record, at: number): Promise<void> {
	const run = 'cancelled';
	record.at(at);
	await record.append(`run/${run}`, queued(10, commits[4] as Commit, [job('lint', [], testSteps)]));
	const end = await play(record, { run, job: 'lint', at: at + 500 }, [[checkout, fetched]]);
	record.at(end);
	await record.append(
		`run/${run}`,
		{ kind: 'cancel-requested', why: 'a newer push to main' },
		{
			kind: 'job-finished',
			job: 'lint',
			attempt: 1,
			conclusion: 'cancelled',
			outputs: {},
			why: 'a newer push to main',
		},
		{ kind: 'run-finished', conclusion: 'cancelled' },
	);
}

/** The run that goes on while one looks: `lint` passed, `unit (20)` is in its last step. */
export const runningRun = 'running';

async function underWay(record: Record, at: number): Promise<void> {
	const run = runningRun;
	record.at(at);
	await record.append(`run/${run}`, queued(11, commits[0] as Commit));
	for (const [index, name] of ['lint', 'types'].entries()) {
		const end = await play(record, { run, job: name, at: at + 300 + index }, [
			[checkout, fetched],
			['npm ci', installed],
			['check', { lines: ['No problems found.'], ms: 2000 }],
		]);
		record.at(end);
		await finish(record, run, name, 'passed');
	}
	const lines = Array.from({ length: 80 }, (_, index) => `\u001b[32m✔\u001b[39m basket case ${index + 1}`);
	for (const [index, name] of ['unit (20)', 'unit (22)', 'build'].entries()) {
		await play(record, { run, job: name, at: at + 8 * second + index, isOpen: true }, [
			[checkout, fetched],
			['npm ci', installed],
			['npm test', { lines, ms: 0 }],
		]);
	}
}

const service = (name: string, dependsOn: Service['dependsOn'] = []): Service => ({
	...{
		name,
		command: { argv: ['node', `${name}.js`] },
		environment: {},
		workingDirectory: '.',
		ports: ['3000'],
		dependsOn,
	},
	stopGraceMs: 10_000,
});
const application: Application = {
	services: [service('web', [{ service: 'worker', condition: 'service_started' }]), service('worker')],
	volumes: ['orders'],
};

function requested(number: number, commit: Commit, environment = 'production'): Event {
	return {
		...{
			kind: 'deployment-requested',
			project: 'shop',
			environment,
			number,
			purpose: 'release',
			sha: commit.sha,
			commit,
		},
		...{ digest: 'c0ffee', application, traffic: { service: 'web', port: 8080, probePath: '/healthz' } },
		changes: commits.slice(number - 1, number + 1),
	};
}

const instance = (pid: number, port: number) => ({ pid, startTime: 1, ports: { '3000': port } });

async function deployments(record: Record, now: number): Promise<void> {
	const deploy = async (id: string, at: number, first: Event, ...others: readonly (readonly [number, Event])[]) => {
		record.at(at);
		await record.append(`deployment/${id}`, first);
		for (const [ms, event] of others) {
			record.at(at + ms);
			await record.append(`deployment/${id}`, event);
		}
	};
	const up = (pid: number, port: number): readonly (readonly [number, Event])[] => [
		[180, { kind: 'version-prepared', directory: '/var/lib/footbridge/shop' }],
		[260, { kind: 'service-started', service: 'worker', instance: instance(pid, port) }],
		[300, { kind: 'service-checked', service: 'worker', healthy: true, detail: 'port 3000 accepts connections' }],
		[420, { kind: 'service-started', service: 'web', instance: instance(pid + 1, port + 1) }],
	];
	const live = (id: string, from: string | undefined): readonly (readonly [number, Event])[] => [
		[1400, { kind: 'service-checked', service: 'web', healthy: true, detail: 'HTTP 200 in 4 ms' }],
		[1450, { kind: 'traffic-switched', to: id, ...(from === undefined ? {} : { from }) }],
		[1500, { kind: 'traffic-verified', detail: 'HTTP 200 in 3 ms' }],
		[2900, { kind: 'version-drained', deployment: from ?? id, open: 0 }],
		[3100, { kind: 'version-stopped', deployment: from ?? id }],
		[3150, { kind: 'deployment-finished', outcome: 'live', exposed: true }],
	];
	await deploy('d1', now - 6 * day, requested(1, commits[6] as Commit), ...up(3100, 43_001), ...live('d1', undefined));
	const reason = {
		...{ code: 'FB3104', what: 'web did not get healthy within 30 s', where: 'web, pid 3998, port 43051' },
		why: [
			'GET /healthz answered 500 (12 of 12)',
			'listening on 43051',
			'Error: relation "coupons" does not exist',
			'    at Parser.parseErrorMessage (node_modules/pg-protocol/dist/parser.js:285:98)',
			'    at async health (file:///srv/shop/src/health.js:12:3)',
		].join('\n'),
		next: 'run the migration first: footbridge run migrate',
	};
	await deploy(
		...(['d2', now - 3 * day, requested(2, commits[5] as Commit), ...up(3997, 43_050)] as const),
		[30_400, { kind: 'service-checked', service: 'web', healthy: false, detail: 'HTTP 500 in 6 ms' }],
		[30_410, { kind: 'deployment-failing', reason }],
		[30_900, { kind: 'version-stopped', deployment: 'd2' }],
		[31_000, { kind: 'deployment-finished', outcome: 'rolled-back', reason, exposed: false }],
	);
	await deploy('d3', now - 26 * hour, requested(3, commits[4] as Commit), ...up(4301, 43_116), ...live('d3', 'd1'));
	record.at(now - 26 * hour + 3200);
	await record.append('deployment/d1', { kind: 'deployment-superseded', by: 'd3' });
	await record.append('environment/shop/production', {
		...{
			kind: 'health-changed',
			project: 'shop',
			environment: 'production',
			healthy: true,
			detail: 'GET /healthz: 200 in 4 ms',
		},
	});
	await deploy(
		'd9',
		now - 9 * hour,
		requested(1, commits[3] as Commit, 'staging'),
		...up(4241, 43_190),
		...live('d9', undefined),
	);
	await deploy('d10', now - 40 * second, requested(2, commits[0] as Commit, 'staging'), ...up(5200, 43_300));
}

async function incident(record: Record, at: number): Promise<void> {
	record.at(at + 2 * minute);
	await record.append('environment/shop/staging', {
		...{
			kind: 'health-changed',
			project: 'shop',
			environment: 'staging',
			healthy: false,
			detail: 'GET /healthz: connection refused',
		},
	});
	await record.append('incident/i1', {
		...{ kind: 'incident-opened', project: 'shop', environment: 'staging', number: 1, objective: 'availability' },
		...{ burnRate: 31.2, what: 'staging answers 1 of 6 requests with an error', deployment: 'd9' },
		impactStart: new Date(at).toISOString(),
	});
}

async function samples(store: Store, now: number): Promise<void> {
	const nowMinute = Math.floor(now / minute);
	const rows = [];
	for (let ago = 0; ago < 72 * 60; ago += 5) {
		const hourOfDay = ((nowMinute - ago) / 60) % 24;
		const busy = Math.round(40 + 32 * Math.sin((hourOfDay / 24) * 2 * Math.PI));
		const bad = ago > 1500 && ago < 1560 ? 3 : 0;
		rows.push({ series: 'shop/production/edge', minute: nowMinute - ago, good: busy - bad, bad, sumMs: busy * 6 });
		const broken = ago < 15 ? 8 : 0;
		rows.push({
			series: 'shop/staging/edge',
			minute: nowMinute - ago,
			good: 10 - Math.min(broken, 4),
			bad: broken,
			sumMs: 90,
		});
	}
	await store.addSamples(rows);
}
