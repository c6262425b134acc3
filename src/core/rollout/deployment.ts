import type { Application } from '../compose/application.ts';
import type { Commit, Instance, Recorded, TrafficConfiguration } from '../event.ts';
import type { Problem } from '../result.ts';

/**
 * A version being put into an environment.
 *
 *   prepare ─► start services ─► healthy ─► switch ─► verify ─► drain old ─► stop old ─► live ─► superseded
 *      └───────────┴───────────────┴──── fails ─┐       │ fails
 *                                               │       └─► route back ─► drain new ─┐
 *                                               └────────────────────────────────────┴─► stop new ─► rolled-back | failed
 *
 * Until `switch` the old version serves; after it, it still runs until the new one was verified. There is no moment without a version.
 */
export interface Deployment {
	readonly id: string;
	readonly seq: number;
	readonly project: string;
	readonly environment: string;
	readonly number: number;
	readonly purpose: 'release' | 'rollback' | 'redeploy';
	readonly sha: string;
	readonly digest: string;
	readonly commit: Commit;
	readonly changes: readonly Commit[];
	readonly application: Application;
	readonly traffic: TrafficConfiguration;
	readonly status: 'running' | 'live' | 'superseded' | 'rolled-back' | 'failed';
	readonly requestedAt: string;
	readonly finishedAt?: string;
	/** Where the version's code is. */
	readonly directory?: string;
	readonly instances: { readonly [service: string]: Instance };
	readonly healthy: readonly string[];
	/** Set once traffic went to it: the version that it came from, or none. */
	readonly switched?: { readonly from?: string };
	readonly isVerified: boolean;
	/** Traffic was taken away from it again. */
	readonly isRoutedBack: boolean;
	/** Versions whose requests have ended, and versions that were stopped. */
	readonly drained: readonly string[];
	readonly stopped: readonly string[];
	readonly failing?: Problem;
	readonly reason?: Problem;
	readonly exposed: boolean;
	/** What happened, for people, oldest first. */
	readonly timeline: readonly Moment[];
}

export interface Moment {
	readonly at: string;
	readonly what: string;
	readonly isGood: boolean;
}

/** Folds one event of a deployment's stream. */
export function evolve(deployment: Deployment | undefined, recorded: Recorded): Deployment | undefined {
	const { event, at } = recorded;
	if (event.kind === 'deployment-requested') return requested(recorded, event);
	if (deployment === undefined) return undefined;
	const note = (what: string, isGood = true): readonly Moment[] => [...deployment.timeline, { at, what, isGood }];
	switch (event.kind) {
		case 'version-prepared':
			return {
				...deployment,
				directory: event.directory,
				timeline: note(`commit ${deployment.sha.slice(0, 8)} is checked out`),
			};
		case 'service-started':
			return {
				...deployment,
				instances: { ...deployment.instances, [event.service]: event.instance },
				// A new instance has to show its health again.
				healthy: deployment.healthy.filter((service) => service !== event.service),
				timeline: note(
					`${event.service} started${deployment.finishedAt === undefined ? '' : ' again'}, pid ${event.instance.pid}`,
				),
			};
		case 'service-checked': {
			const others = deployment.healthy.filter((service) => service !== event.service);
			return {
				...deployment,
				healthy: event.healthy ? [...others, event.service] : others,
				timeline: note(`${event.service} is ${event.healthy ? '' : 'not '}healthy: ${event.detail}`, event.healthy),
			};
		}
		case 'traffic-switched':
			return event.to === deployment.id
				? {
						...deployment,
						switched: event.from === undefined ? {} : { from: event.from },
						exposed: true,
						timeline: note('traffic goes to it'),
					}
				: { ...deployment, isRoutedBack: true, timeline: note('traffic goes back to the version before', false) };
		case 'traffic-verified':
			return { ...deployment, isVerified: true, timeline: note(`users reach it: ${event.detail}`) };
		case 'version-drained':
			return {
				...deployment,
				drained: [...deployment.drained, event.deployment],
				timeline: note(
					`${nameOf(deployment, event.deployment)} has ${event.open === 0 ? 'no' : event.open} open requests`,
					event.open === 0,
				),
			};
		case 'version-stopped':
			return {
				...deployment,
				stopped: [...deployment.stopped, event.deployment],
				timeline: note(`${nameOf(deployment, event.deployment)} is stopped`),
			};
		case 'deployment-failing':
			return { ...deployment, failing: event.reason, timeline: note(event.reason.what, false) };
		case 'deployment-finished':
			return {
				...deployment,
				status: event.outcome,
				finishedAt: at,
				exposed: event.exposed,
				...(event.reason === undefined ? {} : { reason: event.reason }),
				timeline: note(event.outcome === 'live' ? 'live' : event.outcome, event.outcome === 'live'),
			};
		case 'deployment-superseded':
			return { ...deployment, status: 'superseded', timeline: note('a newer version took over') };
		default:
			return deployment;
	}
}

function requested(
	recorded: Recorded,
	event: Extract<Recorded['event'], { kind: 'deployment-requested' }>,
): Deployment {
	const { project, environment, number, purpose, sha, digest, commit, changes, application, traffic } = event;
	return {
		id: recorded.stream.slice('deployment/'.length),
		seq: recorded.seq,
		...{ project, environment, number, purpose, sha, digest, commit, changes, application, traffic },
		status: 'running',
		requestedAt: recorded.at,
		instances: {},
		healthy: [],
		isVerified: false,
		isRoutedBack: false,
		drained: [],
		stopped: [],
		exposed: false,
		timeline: ['requested', ...(event.notes ?? [])].map((what) => ({ at: recorded.at, what, isGood: true })),
	};
}

function nameOf(deployment: Deployment, version: string): string {
	return version === deployment.id ? 'this version' : 'the version before';
}
