import { randomUUID } from 'node:crypto';
import { shownBytes } from '#core/isolation/cgroup-files.ts';
import { chooseTier, tierOrder } from '#core/isolation/choice.ts';
import { type JobFacts, jobContexts, runnerVariables } from '#core/job/contexts.ts';
import { createMasker, type Masker } from '#core/job/masker.ts';
import { whyForeign } from '#core/job/trust.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import type { Room, Sandbox } from '#edge/sandbox/sandbox.ts';
import { askAhead, prepareActions } from './action-prepare.ts';
import { runAction } from './action-step.ts';
import { askedContainers } from './container-values.ts';
import { Hashes } from './hashes.ts';
import { type JobContainers, noEngine, openJobContainers, withContainers } from './job-containers.ts';
import { type JobLog, openJobLog } from './job-log.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import { openJobServices, reachServices, withToken } from './job-services.ts';
import { takeSteps } from './job-steps.ts';
import { type JobStop, watchForStop } from './job-stop.ts';
import { maskedEnd, maskedEvents } from './masked-events.ts';
import { takeSnapshot } from './room-snapshot.ts';
import type { Frame, JobPorts, RunningJob } from './running-job.ts';
import type { JobServices } from './services.ts';
import { valuesAt } from './step-values.ts';

/** GitHub's limit for a job that names none. */
const defaultMinutes = 360;

/**
 * Makes one attempt of a job happen: a room, its steps one after another, and nothing left behind. Everything a program could
 * tell wrong is in the answer; it rejects only when events cannot be recorded or the log cannot be written.
 */
export async function runJob(ports: JobPorts, given: JobRequest): Promise<JobEnd> {
	const masker = createMasker([...Object.values(given.secrets), ...given.hidden]);
	const request = { ...given, emit: maskedEvents(given.emit, masker) };
	const log = openJobLog(ports.logs.writer(request.logKey), masker, ports.clock);
	try {
		return maskedEnd(await inRoom(ports, request, { log, masker }), masker);
	} finally {
		await log.close();
	}
}

interface Voice {
	readonly log: JobLog;
	readonly masker: Masker;
}

async function inRoom(ports: JobPorts, given: JobRequest, voice: Voice): Promise<JobEnd> {
	const asked = askedContainers(given);
	if (!asked.ok) return neverStarted(voice, ...asked.error);
	const { container } = asked.value;
	const tierWhy = `the job names the container ${container?.image}`;
	const request: JobRequest = container === undefined ? given : { ...given, tier: 'container', tierWhy };
	const chosen = await choose(ports, request);
	if (!chosen.ok) return neverStarted(voice, chosen.error);
	const { sandbox } = chosen;
	const reason = `${chosen.reason}${termsOf(request)}`;
	voice.log.say(reason);
	for (const note of request.notes ?? []) voice.log.say(note);
	warnOfShortSecrets(request, voice);
	await request.emit({
		kind: 'job-started',
		job: request.job.key,
		attempt: request.attempt,
		tier: sandbox.tier,
		reason,
	});
	askAhead(request);
	const nodes = await pinnedNodes(ports, request);
	if (!nodes.ok) return neverStarted(voice, ...nodes.error);
	const id = `${request.job.id.slice(0, 24)}-${randomUUID().slice(-12)}`;
	for (const { credentials } of [
		...(container === undefined ? [] : [container]),
		...asked.value.services.map(({ definition }) => definition),
	])
		voice.masker.add(credentials?.password ?? '');
	const containers = await openJobContainers({
		engine: ports.containers,
		clock: ports.clock,
		log: voice.log,
		request,
		signal: request.signal,
		id,
		asked: asked.value,
		directory: `${ports.places.rooms}/${id}`,
	});
	if (!containers.ok) return neverStarted(voice, ...containers.error);
	try {
		const place = { id, sandbox, nodes: nodes.value, containers: containers.value };
		return await inPreparedRoom(ports, request, { ...voice, ...place });
	} finally {
		await containers.value.close();
	}
}

interface Preparing extends Voice {
	/** Of the room. */
	readonly id: string;
	readonly sandbox: Sandbox;
	/** Folders with other versions of Node. */
	readonly nodes: readonly string[];
	readonly containers: JobContainers;
}

async function inPreparedRoom(ports: JobPorts, request: JobRequest, preparing: Preparing): Promise<JobEnd> {
	const { id, sandbox, nodes, containers, ...voice } = preparing;
	const directory = `${ports.places.rooms}/${id}`;
	let room: Room;
	try {
		room = await sandbox.prepare({
			id,
			directory,
			repository: request.repository.name,
			// What anybody's code leaves there, a job with more rights would run.
			toolCache: whyForeign(request.trigger) === undefined ? ports.places.toolCache : `${directory}/tools`,
			hidden: [ports.places.data],
			shown: [ports.places.node, ...nodes],
			lent: request.job.steps.some(({ uses }) => uses !== undefined) ? [ports.toolchains.folder] : [],
			...(request.limits === undefined ? {} : { limits: request.limits }),
			...(request.network === undefined ? {} : { network: request.network }),
			...(containers.room === undefined ? {} : { container: containers.room }),
		});
	} catch (error) {
		return { ...neverStarted(voice, problemOf(error)), isPlatform: true };
	}
	if (room.unkept !== undefined && room.unkept.length > 0) {
		const names = room.unkept.map((name) => limitNames[name]).join(', ');
		voice.log.say(`Warning: nobody limits ${names} here: \`footbridge doctor\` says why`);
	}
	let end: JobEnd;
	try {
		end = await stepsIn(ports, request, { ...voice, room, directory, containers });
		await request.beforeDestroy?.(room);
	} catch (error) {
		// The room must go first, whatever broke.
		await room.destroy();
		throw error;
	}
	const { leftovers } = await room.destroy();
	if (leftovers > 0)
		voice.log.say(`Ended ${leftovers} ${leftovers === 1 ? 'process' : 'processes'} that the job left behind`);
	return { ...end, leftovers };
}

const limitNames = { memoryBytes: 'memory', cpus: 'processors', processes: 'processes' } as const;

/** Folders with other versions of Node that were asked for; a job without actions has no use for them. */
async function pinnedNodes(
	{ actions }: JobPorts,
	{ actions: { settings }, job }: JobRequest,
): Promise<Result<readonly string[]>> {
	if (!job.steps.some(({ uses }) => uses !== undefined)) return ok([]);
	const folders = await Promise.all([...new Set(Object.values(settings.node))].map((version) => actions.node(version)));
	const problems = folders.flatMap((folder) => (folder.ok ? [] : folder.error));
	return problems.length > 0 ? failed(...problems) : ok(folders.flatMap((folder) => (folder.ok ? [folder.value] : [])));
}

type Choice =
	| { readonly ok: true; readonly sandbox: Sandbox; readonly reason: string }
	| { readonly ok: false; readonly error: Problem };

async function choose({ sandboxes, containers }: JobPorts, { tier, tierWhy, trigger }: JobRequest): Promise<Choice> {
	const isHere = async (sandbox: Sandbox) => {
		const why = await sandbox.available();
		return { tier: sandbox.tier, ...(why === undefined ? {} : { why }) };
	};
	const isUntrusted = whyForeign(trigger) !== undefined;
	let available: Awaited<ReturnType<typeof isHere>>[] = [];
	// Each look is a room that is made: those of tiers that do not come into question are spared.
	for (const wanted of tier === undefined ? tierOrder(isUntrusted) : [tier]) {
		if (available.some(({ why }) => why === undefined)) break;
		available.push(...(await Promise.all(sandboxes.filter((sandbox) => sandbox.tier === wanted).map(isHere))));
	}
	if (!available.some(({ why }) => why === undefined)) available = await Promise.all(sandboxes.map(isHere));
	const asked = tier === undefined ? {} : { asked: { tier, why: tierWhy ?? 'it was asked for' } };
	const choice = chooseTier({ ...asked, isUntrusted, available });
	if (!choice.ok) {
		const why = tier === 'container' ? await containers.available() : undefined;
		return why === undefined ? choice : { ok: false, error: noEngine(why) };
	}
	const sandbox = sandboxes.find((other) => other.tier === choice.value.tier);
	if (sandbox === undefined) throw new Error(`tier ${choice.value.tier} was chosen and nobody offers it`);
	return { ok: true, sandbox, reason: choice.value.reason };
}

/** What else the room's first line says: its network and its limits. */
function termsOf({ network, limits = {} }: JobRequest): string {
	const terms = [
		network === 'private' ? 'a network of its own' : '',
		limits.memoryBytes === undefined ? '' : `at most ${shownBytes(limits.memoryBytes)} of memory`,
		limits.cpus === undefined ? '' : `${limits.cpus} processors`,
		limits.processes === undefined ? '' : `${limits.processes} processes`,
	].filter((term) => term !== '');
	return terms.length === 0 ? '' : `; ${terms.join(', ')}`;
}

function neverStarted({ log, masker }: Voice, ...problems: readonly Problem[]): JobEnd {
	for (const problem of problems) log.problem(problem);
	const why = problems[0]?.what ?? 'it could not begin';
	return { conclusion: 'failed', outputs: {}, why: masker.redact(why), leftovers: 0, problems };
}

function warnOfShortSecrets(request: JobRequest, { log, masker }: Voice): void {
	for (const [name, value] of Object.entries(request.secrets)) {
		if (value !== '' && !masker.add(value))
			log.say(`Warning: the secret ${name} is too short to be hidden in this log`);
	}
}

interface Place extends Voice {
	readonly room: Room;
	/** The room's folder on this machine. */
	readonly directory: string;
	readonly containers: JobContainers;
}

async function stepsIn(ports: JobPorts, request: JobRequest, place: Place): Promise<JobEnd> {
	const stop = watchForStop(ports.clock, request.signal);
	let services: JobServices | undefined;
	try {
		const job = await startedJob(ports, request, { ...place, stop });
		services = job.services;
		const frame = jobFrame(request);
		const problem = setEnvironment(job, frame);
		if (problem !== undefined) return neverStarted(place, problem);
		const minutes = valuesAt(job, frame, { env: job.env }).number(request.job.timeoutMinutes);
		if (!minutes.ok) return neverStarted(place, minutes.error);
		stop.limit(minutes.value ?? defaultMinutes);
		const before = await prepareActions(job, frame);
		return before.ok ? await takeSteps(job, frame, before.value) : neverStarted(place, ...before.error);
	} finally {
		await services?.close();
		stop.release();
	}
}

async function startedJob(
	ports: JobPorts,
	request: JobRequest,
	{ room, directory, log, masker, stop, containers }: Place & { readonly stop: JobStop },
): Promise<RunningJob> {
	const eventPath = `${room.temp}/_github_workflow/event.json`;
	const [facts] = await Promise.all([
		takeSnapshot(ports, { request, room, directory, masker }),
		room.put(eventPath, JSON.stringify(request.trigger.payload, null, 2)),
	]);
	const { workspace, temp, toolCache } = room;
	const places = {
		workspace,
		temp,
		toolCache,
		eventPath,
		kernel: facts['kernel'] ?? 'Linux',
		machine: facts['arch'] ?? 'x86_64',
	};
	const own = withContainers(jobContexts(request satisfies JobFacts, places), containers, room);
	const services = await openJobServices(ports.services, request, { contexts: own, log });
	for (const secret of services?.secrets ?? []) masker.add(secret);
	await reachServices(room, services);
	const contexts = withToken(own, request, services);
	return {
		ports,
		request,
		room,
		log,
		masker,
		stop,
		matchers: ports.matchers.open(workspace),
		contexts,
		variables: { ...runnerVariables(contexts.github, contexts.runner), ...services?.stepEnv },
		...(services === undefined ? {} : { services }),
		hasBash: facts['tool/bash'] !== undefined,
		env: { ...request.extraEnv },
		path: [],
		made: {},
		containers,
		actions: { trees: new Map(), states: new Map(), posts: new Map(), told: new Set() },
		runAction,
	};
}

function jobFrame(request: JobRequest): Frame {
	return {
		file: request.job.file ?? request.plan.workflow,
		depth: 0,
		key: '',
		...originOf(request),
		steps: {},
		hasFailed: false,
		contexts: {},
		github: {},
		env: {},
		trace: undefined,
		hashes: new Hashes(),
	};
}

/** The repository that the job's file is from, where that is not the run's own. */
function originOf({ job, plan }: JobRequest): Pick<Frame, 'origin'> {
	const from = job.file === undefined ? undefined : plan.called?.[job.file]?.from;
	return from === undefined ? {} : { origin: { ...from, origin: 'cached' } };
}

/** The workflow's `env`, then the job's over it. */
function setEnvironment(job: RunningJob, frame: Frame): Problem | undefined {
	for (const template of [job.request.workflowEnv, job.request.job.env]) {
		const env = valuesAt(job, frame, { env: job.env }).texts(template);
		if (!env.ok) return env.error;
		Object.assign(job.env, env.value);
	}
	Object.assign(job.env, job.request.env);
	return undefined;
}
