import type { EventOf, Recorded } from '../event.ts';
import type { DoraDeployment, DoraIncident, DoraInput } from './dora.ts';
import { evolveIncident, type Incident } from './incident.ts';
import { msOf } from './time.ts';

/** Builds the input of `dora` from the events of deployment and incident streams; other events, environments and unfinished deployments are left out. `now` is ms since the epoch. */
export function doraInput(
	events: readonly Recorded[],
	asked: { readonly project: string; readonly environment: string; readonly now: number; readonly days: number },
): DoraInput {
	const isOurs = (of: { readonly project: string; readonly environment: string }) =>
		of.project === asked.project && of.environment === asked.environment;
	const streams = Map.groupBy(events, ({ stream }) => stream);
	const deployments: DoraDeployment[] = [];
	const incidents: DoraIncident[] = [];
	for (const stream of streams.values()) {
		const requested = stream.find(isRequest);
		if (requested !== undefined && isOurs(requested.event)) deployments.push(...deploymentOf(requested, stream));
		const incident = stream.reduce<Incident | undefined>(evolveIncident, undefined);
		if (incident !== undefined && isOurs(incident)) incidents.push(incidentOf(incident));
	}
	return { deployments, incidents, now: asked.now, days: asked.days };
}

function deploymentOf(
	requested: Recorded<EventOf<'deployment-requested'>>,
	stream: readonly Recorded[],
): readonly DoraDeployment[] {
	const { event, at } = requested;
	const end = stream.find(({ event: { kind } }) => kind === 'deployment-finished');
	if (end?.event.kind !== 'deployment-finished') return [];
	const id = requested.stream.slice(requested.stream.indexOf('/') + 1);
	// The first switch of its own stream is to itself; one that follows takes the traffic back.
	const switched = stream.find((recorded) => recorded.event.kind === 'traffic-switched');
	return [
		{
			id,
			purpose: event.purpose,
			outcome: end.event.outcome,
			exposed: end.event.exposed,
			requestedAt: msOf(at),
			...(switched === undefined ? {} : { exposedAt: msOf(switched.at) }),
			finishedAt: msOf(end.at),
			changes: event.changes.map(({ sha, authoredAt }) => ({ sha, authoredAt: msOf(authoredAt) })),
		},
	];
}

function incidentOf({ deployment, impactStart, impactEnd }: Incident): DoraIncident {
	return {
		impactStart: msOf(impactStart),
		...(deployment === undefined ? {} : { deployment }),
		...(impactEnd === undefined ? {} : { impactEnd: msOf(impactEnd) }),
	};
}

function isRequest(recorded: Recorded): recorded is Recorded<EventOf<'deployment-requested'>> {
	return recorded.event.kind === 'deployment-requested';
}
