import type {
	EnvironmentView,
	MakePlan,
	Metrics,
	PlanView,
	Rerun,
	StartDeployment,
	StartedRuns,
	StartRuns,
} from '#core/api.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { isEnded, type Run } from '#core/run.ts';
import { evolve } from '#core/run-fold.ts';
import { jobsToRerun } from '#core/run-rerun.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import { autoDeploy } from './auto-deploy.ts';
import { watchChanges } from './changes.ts';
import { environmentView } from './environment-view.ts';
import { sweepContainers } from './job-containers.ts';
import { metricsOf } from './metrics.ts';
import { type MonitoredEnvironment, startMonitors } from './monitors.ts';
import { occasionAt, occasionOf } from './occasion.ts';
import { planView } from './plan-view.ts';
import type { Ports } from './ports.ts';
import { queueRuns } from './queue-runs.ts';
import { startRollouts } from './rollouts.ts';
import { startRuns } from './runs.ts';
import { keepTidy } from './storage/keep-tidy.ts';

/** What Footbridge can be asked to do. The API is this, over HTTP. `by` is who asks, as events have it; absent: Footbridge itself. */
export interface Engine {
	readonly ports: Ports;
	addProject(path: string, by?: string): Promise<Result<ProjectRow>>;
	plan(request: MakePlan): Promise<Result<PlanView>>;
	startRuns(request: StartRuns, by?: string): Promise<Result<StartedRuns>>;
	cancelRun(run: string, why: string, by?: string): Promise<Result<void>>;
	rerun(run: string, request: Rerun, by?: string): Promise<Result<void>>;
	deploy(request: StartDeployment, by?: string): Promise<Result<{ readonly deployment: string }>>;
	environments(project?: string): Promise<readonly EnvironmentView[]>;
	metrics(project: string, environment: string, days: number): Promise<Result<Metrics>>;
	/** What the next start finds unfinished is recovered then. */
	stop(): Promise<void>;
}

export interface EngineOptions {
	/** Jobs at once. */
	readonly capacity: number;
	/** Watch repositories and environments: what a server does and a single command does not. */
	readonly watch: boolean;
	/** `process.platform` of this machine. */
	readonly platform: string;
}

/** Brings Footbridge to life on its ports: recovers what was under way, and takes requests until `stop`. */
export async function startEngine(ports: Ports, options: EngineOptions): Promise<Engine> {
	const secrets = new Map<string, { readonly [name: string]: string }>();
	for (const sandbox of ports.sandboxes)
		await sweepContainers(ports.containers, await sandbox.sweep(ports.places.rooms));
	const rollouts = await startRollouts(ports);
	const runs = await startRuns(ports, {
		capacity: options.capacity,
		platform: options.platform,
		// A command that only looks must not begin a job that it would cut off again when it ends.
		isPaused: !options.watch,
		secretsOf: (run) => secrets.get(run),
	});
	const releases = autoDeploy(ports, (request) => deploy(request, 'release'));
	const watching = options.watch ? watch() : undefined;
	const tidying = options.watch ? keepTidy(ports) : undefined;

	const engine: Engine = {
		ports,
		addProject: (path, by) => addProject(ports, path, by),
		plan: async (request) => {
			const occasion = await findOccasion(request);
			return occasion.ok
				? planView(ports, occasion.value, { workflow: request.workflow, platform: options.platform })
				: occasion;
		},
		startRuns: async (request, by) => {
			const occasion = await findOccasion(request);
			if (!occasion.ok) return occasion;
			runs.go();
			return queueRuns(ports, occasion.value, request, keepSecrets, by);
		},
		cancelRun: (run, why, by) => {
			runs.go();
			return cancelRun(ports, run, why, by);
		},
		rerun: async (run, request, by) => {
			runs.go();
			if (Object.keys(request.secrets).length > 0) secrets.set(run, request.secrets);
			return rerunRun(ports, run, request, by);
		},
		deploy: (request, by) => deploy(request, 'release', by),
		environments: async (project) => {
			const projects = (await ports.store.projects()).filter((row) => project === undefined || row.project === project);
			return (await Promise.all(projects.map(viewsOf))).flat();
		},
		metrics: (project, environment, days) => metricsFor(project, environment, days),
		stop: async () => {
			await releases.stop();
			await watching?.stop();
			await tidying?.stop();
			await runs.stop();
			await rollouts.stop();
		},
	};
	return engine;

	async function findOccasion(request: MakePlan) {
		const project = await findProject(ports, request.project);
		return project.ok ? occasionOf(ports, project.value, request) : project;
	}

	function keepSecrets(run: string, values: { readonly [name: string]: string }): void {
		if (Object.keys(values).length > 0) secrets.set(run, values);
	}

	async function deploy(
		request: StartDeployment,
		purpose: 'release',
		by = 'system',
	): Promise<Result<{ readonly deployment: string }>> {
		const project = await findProject(ports, request.project);
		if (!project.ok) return project;
		const sha = await ports.source.resolve(project.value.path, request.at);
		if (!sha.ok) return sha;
		const environment = await environmentAt(ports, project.value, sha.value, request.environment);
		if (!environment.ok) return environment;
		const deployment = await rollouts.deploy({
			project: project.value,
			environment: environment.value,
			sha: sha.value,
			purpose,
			by,
		});
		return deployment.ok ? ok({ deployment: deployment.value }) : deployment;
	}

	async function viewsOf(project: ProjectRow): Promise<readonly EnvironmentView[]> {
		const lasting = (await environmentsOf(ports, project)).filter((environment) => environment.lifetime === 'always');
		return Promise.all(lasting.map((environment) => environmentView(ports, project, environment)));
	}

	async function metricsFor(name: string, environmentName: string, days: number): Promise<Result<Metrics>> {
		const project = await findProject(ports, name);
		if (!project.ok) return project;
		const environment = (await environmentsOf(ports, project.value)).find((other) => other.name === environmentName);
		return environment === undefined
			? failed(noEnvironment(environmentName))
			: ok(await metricsOf(ports, project.value, environment, days));
	}

	function watch(): { stop(): Promise<void> } {
		let monitored: readonly MonitoredEnvironment[] = [];
		const stopping = new AbortController();
		const refreshing = refresh();
		const changes = watchChanges(ports, async (project, change) => {
			const already = await ports.store.runs({
				project: project.project,
				sha: change.after,
				ref: change.ref,
				limit: 1,
			});
			if (already.length > 0) return;
			const occasion = await occasionAt(ports, project, { event: 'push', ...change });
			await queueRuns(ports, occasion, { secrets: {} }, keepSecrets);
		});
		const monitors = startMonitors(ports, () => monitored);
		return {
			stop: async () => {
				stopping.abort();
				await Promise.all([changes.stop(), monitors.stop(), refreshing]);
			},
		};

		async function refresh(): Promise<void> {
			while (!stopping.signal.aborted) {
				monitored = (
					await Promise.all((await ports.store.projects()).map((project) => monitoredOf(ports, project)))
				).flat();
				await ports.clock.sleep(2000, stopping.signal).catch(() => {});
			}
		}
	}
}

async function addProject(ports: Ports, path: string, by = 'system'): Promise<Result<ProjectRow>> {
	const described = await ports.source.describe(path);
	if (!described.ok) return described;
	const projects = await ports.store.projects();
	const same = projects.find((row) => row.path === described.value.path);
	if (same !== undefined) return ok(same);
	const project = freeName(
		described.value.name,
		projects.map((row) => row.project),
	);
	const row: ProjectRow = { project, path: described.value.path, defaultBranch: described.value.defaultBranch };
	await ports.store.append(`project/${project}`, by, [{ kind: 'project-added', ...row }]);
	return ok(row);
}

/** Two repositories of one name are told apart by a number; a name is also a path segment and part of a URL. */
function freeName(wanted: string, taken: readonly string[]): string {
	const name = wanted.replaceAll(/[^A-Za-z0-9._-]/g, '-').replace(/^[.-]+/, '') || 'project';
	if (!taken.includes(name)) return name;
	let count = 2;
	while (taken.includes(`${name}-${count}`)) count += 1;
	return `${name}-${count}`;
}

async function findProject(ports: Ports, name: string): Promise<Result<ProjectRow>> {
	const projects = await ports.store.projects();
	const project = projects.find((row) => row.project === name);
	if (project !== undefined) return ok(project);
	return failed({
		code: 'FB2001',
		what: `there is no project ${name}`,
		why:
			projects.length === 0
				? 'no project was added yet'
				: `Footbridge knows ${projects.map((row) => row.project).join(', ')}`,
		next: 'footbridge project add <path>',
	});
}

async function cancelRun(ports: Ports, id: string, why: string, by = 'system'): Promise<Result<void>> {
	const run = (await ports.store.read(`run/${id}`)).reduce<Run | undefined>(evolve, undefined);
	if (run === undefined) return failed({ code: 'FB2004', what: `there is no run ${id}`, next: 'footbridge runs' });
	if (isEnded(run.status)) return ok(undefined);
	await ports.store.append(`run/${id}`, by, [{ kind: 'cancel-requested', why }]);
	return ok(undefined);
}

async function rerunRun(ports: Ports, id: string, request: Rerun, by = 'system'): Promise<Result<void>> {
	const run = (await ports.store.read(`run/${id}`)).reduce<Run | undefined>(evolve, undefined);
	if (run === undefined) return failed({ code: 'FB2004', what: `there is no run ${id}`, next: 'footbridge runs' });
	if (run.finishedAt === undefined) {
		return failed({
			code: 'FB2005',
			what: `run ${run.number} has not ended`,
			next: `footbridge cancel ${run.number}, or wait`,
		});
	}
	const jobs =
		request.jobs === undefined ? jobsToRerun(run, request.failed ? 'failed' : 'all') : named(run, request.jobs);
	if (jobs.length === 0) {
		const what =
			run.jobs.length === 0 ? `run ${run.number} has no jobs to run again` : `no job of run ${run.number} did not pass`;
		return failed({
			code: 'FB2006',
			what,
			next: run.jobs.length === 0 ? 'footbridge run' : 'without --failed all jobs run again',
		});
	}
	await ports.store.append(`run/${id}`, by, [{ kind: 'rerun-requested', jobs }]);
	return ok(undefined);
}

function named(run: Run, names: readonly string[]): readonly string[] {
	return run.jobs.filter((job) => names.includes(job.id) || names.includes(job.key)).map((job) => job.key);
}

/** The environments that the project's default branch names; none when the file is missing or broken. */
async function environmentsOf(ports: Ports, project: ProjectRow): Promise<readonly EnvironmentConfiguration[]> {
	const head = await ports.source.resolve(project.path, project.defaultBranch);
	if (!head.ok) return [];
	const text = await ports.source.file(project.path, head.value, 'footbridge.yaml');
	const configuration = text === undefined ? undefined : parseConfiguration(text, 'footbridge.yaml');
	return configuration?.ok === true ? configuration.value.environments : [];
}

async function environmentAt(
	ports: Ports,
	project: ProjectRow,
	sha: string,
	name: string,
): Promise<Result<EnvironmentConfiguration>> {
	const text = await ports.source.file(project.path, sha, 'footbridge.yaml');
	if (text === undefined) {
		return failed({
			code: 'FB3001',
			what: 'there is nothing that says what to deploy',
			why: `${project.project} has no footbridge.yaml at ${sha.slice(0, 8)}`,
			next: 'write one: docs/footbridge-yaml.md',
		});
	}
	const configuration = parseConfiguration(text, 'footbridge.yaml');
	if (!configuration.ok) return configuration;
	const environment = configuration.value.environments.find((other) => other.name === name);
	if (environment === undefined) return failed(noEnvironment(name));
	if (environment.lifetime === 'run') {
		return failed({
			code: 'FB3003',
			what: `${name} is made for one run and cannot be deployed to`,
			where: 'footbridge.yaml',
			next: 'deploy to an environment with `lifetime: always`',
		});
	}
	return ok(environment);
}

function noEnvironment(name: string): Problem {
	return {
		code: 'FB3002',
		what: `footbridge.yaml names no environment ${name}`,
		where: 'footbridge.yaml',
		next: `add it below \`environments:\``,
	};
}

async function monitoredOf(ports: Ports, project: ProjectRow): Promise<readonly MonitoredEnvironment[]> {
	const live = await ports.store.deployments({ project: project.project, status: ['live'], limit: 50 });
	if (live.length === 0) return [];
	const routes = await ports.traffic.observe();
	return (await environmentsOf(ports, project)).flatMap((environment) => {
		const deployment = live.find((row) => row.environment === environment.name);
		const route = routes.find((other) => other.listener === `${project.project}/${environment.name}`);
		if (deployment === undefined || route === undefined) return [];
		return {
			project: project.project,
			environment: environment.name,
			url: `http://127.0.0.1:${route.port}`,
			probePath: environment.probePath,
			probeIntervalMs: environment.probeIntervalMs,
			objective: environment.objective,
			liveDeployment: deployment.deployment,
		};
	});
}
