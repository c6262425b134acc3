import type { ObjectiveConfiguration } from '#core/configuration.ts';
import type { Event, Recorded } from '#core/event.ts';
import { decideIncident } from '#core/health/incident.ts';
import { burnLookbackMinutes } from '#core/health/objective.ts';
import { minuteMs, msOf } from '#core/health/time.ts';
import { type Problem, problemOf } from '#core/result.ts';
import type { Sample } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

/** An environment that is live and watched. */
export interface MonitoredEnvironment {
	readonly project: string;
	readonly environment: string;
	/** Where users reach it, without a slash at the end. */
	readonly url: string;
	readonly probePath: string;
	readonly probeIntervalMs: number;
	readonly objective: ObjectiveConfiguration;
	/** Id of the deployment that serves now. */
	readonly liveDeployment: string;
}

export interface Monitors {
	/** Ends the watching; what is being asked is waited for. */
	stop(): Promise<void>;
}

/** Requests are counted, and objectives judged, this often. */
const collectEveryMs = 5000;
const probeTimeoutMs = 5000;
/** The list of environments is looked at this often. */
const lookEveryMs = 1000;
/** Answers alike in a row that change the verdict. */
const confirmations = 2;

/**
 * Watches environments: asks the probe, counts what the proxy saw, records when health changes, opens and resolves incidents.
 * All state that matters is in the store, so a restart in the middle changes nothing.
 * What goes wrong with one environment (a full disk, a broken proxy) is told to `onProblem` and tried again.
 */
export function startMonitors(
	ports: Ports,
	environments: () => readonly MonitoredEnvironment[],
	onProblem: (problem: Problem) => void = () => {},
): Monitors {
	const stopping = new AbortController();
	const probes = new Map<string, ProbeState>();
	const traffic = trafficCounter(ports);
	const underWay = new Set<Promise<void>>();
	const judging = { dueAt: 0, isUnderWay: false };

	const attempt = (work: Promise<void>) => work.catch((error: unknown) => onProblem(problemOf(error)));
	// Each in its own time: a proxy that hangs must not keep the probe from asking.
	const begin = (timer: Timer, everyMs: number, work: () => Promise<void>) => {
		if (timer.isUnderWay || ports.clock.now() < timer.dueAt) return;
		timer.isUnderWay = true;
		timer.dueAt = ports.clock.now() + everyMs;
		const begun = attempt(work()).then(() => {
			timer.isUnderWay = false;
			underWay.delete(begun);
		});
		underWay.add(begun);
	};
	const judgeAll = async () => {
		await attempt(traffic.save());
		for (const environment of environments()) await attempt(judge(ports, environment));
	};
	const loop = async () => {
		while (!stopping.signal.aborted) {
			begin(judging, collectEveryMs, judgeAll);
			for (const environment of environments()) {
				const state = stateOf(probes, environment);
				begin(state, environment.probeIntervalMs, () => probe(ports, environment, state));
			}
			const timers = [judging, ...environments().map((environment) => stateOf(probes, environment))];
			const waits = timers.map(({ dueAt }) => dueAt - ports.clock.now()).filter((wait) => wait > 0);
			await ports.clock.sleep(Math.min(lookEveryMs, ...waits), stopping.signal).catch(() => {});
		}
	};
	const running = loop();
	return {
		async stop() {
			stopping.abort();
			await running;
			await Promise.all(underWay);
		},
	};
}

interface Timer {
	dueAt: number;
	isUnderWay: boolean;
}

interface ProbeState extends Timer {
	/** The recorded verdict; undefined until it was read from the log, null when there is none. */
	healthy: boolean | null | undefined;
	row: { readonly good: boolean; readonly count: number };
}

function stateOf(probes: Map<string, ProbeState>, environment: MonitoredEnvironment): ProbeState {
	const name = nameOf(environment);
	const state = probes.get(name) ?? { dueAt: 0, isUnderWay: false, healthy: undefined, row: { good: true, count: 0 } };
	probes.set(name, state);
	return state;
}

function nameOf({ project, environment }: MonitoredEnvironment): string {
	return `${project}/${environment}`;
}

async function probe(ports: Ports, environment: MonitoredEnvironment, state: ProbeState): Promise<void> {
	const { project, environment: name, url, probePath } = environment;
	const answer = await ports.probe.ask(url + probePath, probeTimeoutMs);
	const { good, detail } = answer;
	const minute = Math.floor(ports.clock.now() / minuteMs);
	const series = `${nameOf(environment)}/probe`;
	await ports.store.addSamples([{ series, minute, good: good ? 1 : 0, bad: good ? 0 : 1, sumMs: answer.durationMs }]);
	state.row = { good, count: state.row.good === good ? state.row.count + 1 : 1 };
	const stream = `environment/${nameOf(environment)}`;
	state.healthy ??= lastVerdict(await ports.store.read(stream));
	if (state.healthy === good || state.row.count < confirmations) return;
	await ports.store.append(stream, 'engine', [
		{ kind: 'health-changed', project, environment: name, healthy: good, detail },
	]);
	state.healthy = good;
}

function lastVerdict(stream: readonly Recorded[]): boolean | null {
	const last = stream.findLast(({ event }) => event.kind === 'health-changed');
	return last?.event.kind === 'health-changed' ? last.event.healthy : null;
}

/** Moves the proxy's counts into the store; what could not be saved is kept for the next time. */
function trafficCounter(ports: Ports): { save(): Promise<void> } {
	let unsaved: readonly Sample[] = [];
	return {
		async save() {
			const counts = await ports.traffic.collect();
			const samples = counts.map(({ listener, minute, good, bad, sumMs }) => ({
				series: `${listener}/edge`,
				minute,
				good,
				bad,
				sumMs,
			}));
			unsaved = [...unsaved, ...samples];
			if (unsaved.length === 0) return;
			await ports.store.addSamples(unsaved);
			unsaved = [];
		},
	};
}

/** Requests of users and of the probe together: the probe carries an environment that nobody uses just now, and weighs nothing beside real traffic. */
async function judge(ports: Ports, environment: MonitoredEnvironment): Promise<void> {
	const { project, environment: name, objective } = environment;
	const nowMinute = Math.floor(ports.clock.now() / minuteMs);
	const series = ['probe', 'edge'].map((source) => `${nameOf(environment)}/${source}`);
	const samples = (
		await Promise.all(series.map((one) => ports.store.samples(one, nowMinute - burnLookbackMinutes, nowMinute)))
	).flat();
	const [open] = await ports.store.incidents({ project, environment: name, isOpen: true, limit: 1 });
	const since = open === undefined ? {} : { openSince: open.impactStart };
	const decision = decideIncident({ objective, samples, nowMinute, ...since });
	if (decision?.do === 'resolve' && open !== undefined) {
		await ports.store.append(`incident/${open.incident}`, 'engine', [
			{ kind: 'incident-resolved', impactEnd: decision.impactEnd },
		]);
	}
	if (decision?.do === 'open') {
		const { burnRate, what, impactStart } = decision;
		const deployment = await servingAt(ports, environment, msOf(impactStart) + minuteMs);
		const number = await ports.store.nextNumber(`incident/${nameOf(environment)}`);
		const fields = {
			project,
			environment: name,
			number,
			objective: objective.name,
			burnRate,
			what,
			impactStart,
			deployment,
		};
		const opened: Event = { kind: 'incident-opened', ...fields };
		await ports.store.append(`incident/${ports.newId()}`, 'engine', [opened], 0);
	}
}

const recentDeployments = 20;

/** The deployment that traffic went to at a moment (ms since the epoch): counted from the switch, not from the end of its rollout. */
async function servingAt(
	ports: Ports,
	{ project, environment, liveDeployment }: MonitoredEnvironment,
	moment: number,
): Promise<string> {
	const rows = await ports.store.deployments({ project, environment, limit: recentDeployments });
	const ids = new Set(rows.map((row) => row.deployment));
	const streams = await Promise.all(rows.map((row) => ports.store.read(`deployment/${row.deployment}`)));
	const switches = streams
		.flat()
		.toSorted((a, b) => a.seq - b.seq)
		.flatMap(({ at, event }) =>
			event.kind === 'traffic-switched' && ids.has(event.to) ? [{ at: msOf(at), to: event.to }] : [],
		);
	return switches.findLast(({ at }) => at < moment)?.to ?? liveDeployment;
}
