import type { Metrics } from '#core/api.ts';
import type { EnvironmentConfiguration } from '#core/configuration.ts';
import { dora } from '#core/health/dora.ts';
import { doraInput } from '#core/health/dora-input.ts';
import { objectiveView } from '#core/health/objective.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const streamLimit = 1000;

/** The numbers of one environment over the last `days`, folded from the events and the counted requests. */
export async function metricsOf(
	ports: Pick<Ports, 'store' | 'clock'>,
	{ project }: ProjectRow,
	environment: EnvironmentConfiguration,
	days: number,
): Promise<Metrics> {
	const now = ports.clock.now();
	const where = { project, environment: environment.name, limit: streamLimit };
	const [deployments, incidents] = await Promise.all([ports.store.deployments(where), ports.store.incidents(where)]);
	const streams = [
		...deployments.map(({ deployment }) => `deployment/${deployment}`),
		...incidents.map(({ incident }) => `incident/${incident}`),
	];
	const events = (await Promise.all(streams.map((stream) => ports.store.read(stream)))).flat();
	const nowMinute = Math.floor(now / minuteMs);
	const from = nowMinute - environment.objective.windowDays * 1440;
	const series = [`${project}/${environment.name}/edge`, `${project}/${environment.name}/probe`];
	const samples = (await Promise.all(series.map((name) => ports.store.samples(name, from, nowMinute)))).flat();
	return {
		days,
		since: new Date(now - days * dayMs).toISOString(),
		objective: objectiveView(environment.objective, samples, nowMinute),
		dora: dora(doraInput(events, { project, environment: environment.name, now, days })),
	};
}
