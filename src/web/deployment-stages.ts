import type { Deployment, Moment } from '#core/rollout/deployment.ts';

export interface Stage {
	readonly name: string;
	readonly is: 'done' | 'running' | 'failed' | 'ahead' | 'skipped';
	/** When it was reached. ISO 8601. */
	readonly at?: string;
}

/** How far a deployment got, as the five stages that a person thinks in. The first one that was not reached is under way, or is where it failed. */
export function stagesOf(deployment: Deployment): readonly Stage[] {
	const services = deployment.application.services.map(({ name }) => name);
	const moment = (pattern: RegExp) => deployment.timeline.findLast(({ what }) => pattern.test(what))?.at;
	const isUp = services.length > 0 && services.every((name) => deployment.instances[name] !== undefined);
	const isHealthy = services.length > 0 && services.every((name) => deployment.healthy.includes(name));
	const hasSwitched = deployment.switched !== undefined;
	const steps: readonly (readonly [name: string, isDone: boolean, at: string | undefined])[] = [
		['Prepare', deployment.directory !== undefined, moment(/ is checked out$/)],
		['Start', isUp, moment(/ started(,| again)/)],
		['Check', isHealthy || hasSwitched, moment(/ is healthy:/)],
		['Switch', deployment.isVerified, moment(/^users reach it/)],
		['Live', deployment.status === 'live' || deployment.status === 'superseded', ends(deployment.timeline)],
	];
	const reached = steps.findIndex(([, isDone]) => !isDone);
	const isBroken = deployment.failing !== undefined || deployment.reason !== undefined;
	return steps.map(([name, isDone, at], index) => {
		if (isDone) return { name, is: 'done', ...(at === undefined ? {} : { at }) };
		if (index > reached) return { name, is: isBroken ? 'skipped' : 'ahead' };
		return { name, is: isBroken ? 'failed' : 'running' };
	});
}

function ends(timeline: readonly Moment[]): string | undefined {
	return timeline.find(({ what }) => what === 'live')?.at;
}
