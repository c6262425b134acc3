import { randomUUID } from 'node:crypto';
import { shownBytes } from '#core/isolation/cgroup-files.ts';
import { chooseTier } from '#core/isolation/choice.ts';
import { type JobFacts, jobContexts, runnerVariables } from '#core/job/contexts.ts';
import { createMasker, type Masker } from '#core/job/masker.ts';
import { whyForeign } from '#core/job/trust.ts';
import { type Problem, problemOf } from '#core/result.ts';
import type { Room, Sandbox } from '#edge/sandbox/sandbox.ts';
import { runComposite } from './composite.ts';
import { Hashes } from './hashes.ts';
import { type JobLog, openJobLog } from './job-log.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import { takeSteps } from './job-steps.ts';
import { type JobStop, watchForStop } from './job-stop.ts';
import { maskedEnd, maskedEvents } from './masked-events.ts';
import { takeSnapshot } from './room-snapshot.ts';
import type { Frame, JobPorts, RunningJob } from './running-job.ts';
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

async function inRoom(ports: JobPorts, request: JobRequest, voice: Voice): Promise<JobEnd> {
	const chosen = await choose(ports.sandboxes, request);
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
	const id = `${request.job.id.slice(0, 24)}-${randomUUID().slice(-12)}`;
	const directory = `${ports.places.rooms}/${id}`;
	let room: Room;
	try {
		room = await sandbox.prepare({
			id,
			directory,
			repository: request.repository.name,
			toolCache: ports.places.toolCache,
			hidden: [ports.places.data],
			shown: [ports.places.node],
			...(request.limits === undefined ? {} : { limits: request.limits }),
			...(request.network === undefined ? {} : { network: request.network }),
		});
	} catch (error) {
		return { ...neverStarted(voice, problemOf(error)), isPlatform: true };
	}
	let end: JobEnd;
	try {
		end = await stepsIn(ports, request, { ...voice, room, directory });
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

type Choice =
	| { readonly ok: true; readonly sandbox: Sandbox; readonly reason: string }
	| { readonly ok: false; readonly error: Problem };

async function choose(sandboxes: readonly Sandbox[], { tier, tierWhy, trigger }: JobRequest): Promise<Choice> {
	const isHere = async (sandbox: Sandbox) => {
		const why = await sandbox.available();
		return { tier: sandbox.tier, ...(why === undefined ? {} : { why }) };
	};
	const wanted = await Promise.all(sandboxes.filter((sandbox) => sandbox.tier === tier).map(isHere));
	const isSettled = wanted.some(({ why }) => why === undefined);
	const available = isSettled ? wanted : await Promise.all(sandboxes.map(isHere));
	const asked = tier === undefined ? {} : { asked: { tier, why: tierWhy ?? 'it was asked for' } };
	const choice = chooseTier({ ...asked, isUntrusted: whyForeign(trigger) !== undefined, available });
	if (!choice.ok) return choice;
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

function neverStarted({ log, masker }: Voice, problem: Problem): JobEnd {
	log.problem(problem);
	return { conclusion: 'failed', outputs: {}, why: masker.redact(problem.what), leftovers: 0, problems: [problem] };
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
}

async function stepsIn(ports: JobPorts, request: JobRequest, place: Place): Promise<JobEnd> {
	const stop = watchForStop(ports.clock, request.signal);
	try {
		const job = await startedJob(ports, request, { ...place, stop });
		const frame = jobFrame(request);
		const problem = setEnvironment(job, frame);
		if (problem !== undefined) return neverStarted(place, problem);
		const minutes = valuesAt(job, frame, { env: job.env }).number(request.job.timeoutMinutes);
		if (!minutes.ok) return neverStarted(place, minutes.error);
		stop.limit(minutes.value ?? defaultMinutes);
		return await takeSteps(job, frame);
	} finally {
		stop.release();
	}
}

async function startedJob(
	ports: JobPorts,
	request: JobRequest,
	{ room, directory, log, masker, stop }: Place & { readonly stop: JobStop },
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
	const contexts = jobContexts(request satisfies JobFacts, places);
	return {
		ports,
		request,
		room,
		log,
		masker,
		stop,
		matchers: ports.matchers.open(workspace),
		contexts,
		variables: runnerVariables(contexts.github, contexts.runner),
		hasBash: facts['tool/bash'] !== undefined,
		env: { ...request.extraEnv },
		path: [],
		made: {},
		runAction: runComposite,
	};
}

function jobFrame(request: JobRequest): Frame {
	return {
		file: request.job.file ?? request.plan.workflow,
		depth: 0,
		steps: {},
		hasFailed: false,
		contexts: {},
		github: {},
		env: {},
		trace: undefined,
		hashes: new Hashes(),
	};
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
