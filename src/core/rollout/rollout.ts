import { startOrder } from '../compose/compose-file.ts';
import type { Event, Recorded } from '../event.ts';
import type { Machine } from '../machine.ts';
import type { Problem } from '../result.ts';
import { type Deployment, evolve } from './deployment.ts';

export type RolloutAction =
	| { readonly do: 'prepare'; readonly key: string }
	| { readonly do: 'start-service'; readonly key: string; readonly service: string }
	| { readonly do: 'await-health'; readonly key: string; readonly service: string }
	| { readonly do: 'switch'; readonly key: string }
	| { readonly do: 'verify'; readonly key: string }
	| { readonly do: 'route-back'; readonly key: string; readonly to?: string }
	| { readonly do: 'drain'; readonly key: string; readonly version: string }
	| { readonly do: 'stop'; readonly key: string; readonly version: string }
	| { readonly do: 'finish'; readonly key: string; readonly isGood: boolean };

export const rolloutMachine: Machine<Deployment | undefined, RolloutAction> = {
	initial: () => undefined,
	evolve: (deployment: Deployment | undefined, recorded: Recorded) => evolve(deployment, recorded),
	decide: (deployment) => (deployment === undefined || deployment.finishedAt !== undefined ? [] : decide(deployment)),
	isOver: (deployment) => deployment?.finishedAt !== undefined,
	// What was under way is decided again: every action looks first whether it is done already.
	recover: () => [],
	broke,
};

function decide(deployment: Deployment): readonly RolloutAction[] {
	return deployment.failing === undefined ? forward(deployment) : backward(deployment);
}

function forward(deployment: Deployment): readonly RolloutAction[] {
	if (deployment.directory === undefined) return [{ do: 'prepare', key: 'prepare' }];
	const services = startOrder(deployment.application.services) ?? [];
	const isUp = (name: string, condition: string): boolean =>
		condition === 'service_healthy' ? deployment.healthy.includes(name) : deployment.instances[name] !== undefined;
	const starts = services.flatMap((service): RolloutAction[] => {
		if (deployment.instances[service.name] === undefined) {
			const isReady = service.dependsOn.every((needed) => isUp(needed.service, needed.condition));
			return isReady ? [{ do: 'start-service', key: `start ${service.name}`, service: service.name }] : [];
		}
		return deployment.healthy.includes(service.name)
			? []
			: [{ do: 'await-health', key: `health ${service.name}`, service: service.name }];
	});
	if (starts.length > 0) return starts;
	if (deployment.switched === undefined) return [{ do: 'switch', key: 'switch' }];
	if (!deployment.isVerified) return [{ do: 'verify', key: 'verify' }];
	return [...endOf(deployment, deployment.switched.from), ...finishWhen(deployment, deployment.switched.from, true)];
}

function backward(deployment: Deployment): readonly RolloutAction[] {
	if (deployment.switched !== undefined && !deployment.isRoutedBack) {
		const { from } = deployment.switched;
		return [{ do: 'route-back', key: 'route back', ...(from === undefined ? {} : { to: from }) }];
	}
	const actions =
		deployment.switched === undefined ? stopOf(deployment, deployment.id) : endOf(deployment, deployment.id);
	return [...actions, ...finishWhen(deployment, deployment.id, false)];
}

/** A version's requests end, then its services. */
function endOf(deployment: Deployment, version: string | undefined): readonly RolloutAction[] {
	if (version === undefined) return [];
	if (!deployment.drained.includes(version)) return [{ do: 'drain', key: `drain ${version}`, version }];
	return stopOf(deployment, version);
}

function stopOf(deployment: Deployment, version: string): readonly RolloutAction[] {
	return deployment.stopped.includes(version) ? [] : [{ do: 'stop', key: `stop ${version}`, version }];
}

function finishWhen(deployment: Deployment, stopped: string | undefined, isGood: boolean): readonly RolloutAction[] {
	return stopped === undefined || deployment.stopped.includes(stopped) ? [{ do: 'finish', key: 'finish', isGood }] : [];
}

function broke(deployment: Deployment | undefined, action: RolloutAction, problem: Problem): readonly Event[] {
	switch (action.do) {
		// The way back must be gone to its end, whatever of it breaks: what could not be ended is no reason to stay half-way.
		case 'drain':
			return [{ kind: 'version-drained', deployment: action.version, open: 0 }];
		case 'stop':
			return [{ kind: 'version-stopped', deployment: action.version }];
		case 'finish':
		case 'route-back':
			return [
				{
					kind: 'deployment-finished',
					outcome: 'failed',
					reason: deployment?.failing ?? problem,
					exposed: deployment?.exposed ?? false,
				},
			];
		default:
			return deployment?.failing === undefined ? [{ kind: 'deployment-failing', reason: problem }] : [];
	}
}
