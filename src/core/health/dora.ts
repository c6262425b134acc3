import type { DoraView, Measure } from '../api.ts';
import { dayMinutes, minuteMs } from './time.ts';

/** One environment's deployments and incidents, since ever, and the days that are asked about. Times are ms since the epoch. */
export interface DoraInput {
	readonly deployments: readonly DoraDeployment[];
	readonly incidents: readonly DoraIncident[];
	readonly now: number;
	readonly days: number;
}

export interface DoraDeployment {
	readonly id: string;
	readonly purpose: 'release' | 'rollback' | 'redeploy';
	readonly outcome: 'live' | 'rolled-back' | 'failed';
	/** Whether any request could reach it. */
	readonly exposed: boolean;
	readonly requestedAt: number;
	/** When requests could first reach it. */
	readonly exposedAt?: number;
	readonly finishedAt: number;
	readonly changes: readonly { readonly sha: string; readonly authoredAt: number }[];
}

export interface DoraIncident {
	/** The deployment that it names as its cause. */
	readonly deployment?: string;
	readonly impactStart: number;
	/** Absent while it is open. */
	readonly impactEnd?: number;
}

/** A release that traffic reached, with what became of it. */
interface Release extends DoraDeployment {
	/** End of the rollback that took it back. */
	readonly rolledBackAt?: number;
	readonly incidents: readonly DoraIncident[];
	readonly failed: boolean;
}

/** The four delivery metrics of an environment. Only releases count: not rollbacks, not redeployments, not what a check stopped before traffic reached it. */
export function dora(input: DoraInput): DoraView {
	const since = input.now - input.days * dayMinutes * minuteMs;
	const all = releases(input);
	const recent = all.filter((release) => release.finishedAt > since && release.finishedAt <= input.now);
	return {
		deploymentFrequency: frequency(all, recent, { since, now: input.now }),
		leadTime: leadTime(all, { since, now: input.now }),
		changeFailRate: changeFailRate(recent),
		recoveryTime: recoveryTime(recent, input.now),
	};
}

function releases({ deployments, incidents }: DoraInput): readonly Release[] {
	const ordered = deployments.toSorted((a, b) => a.finishedAt - b.finishedAt || compare(a.id, b.id));
	const wentLive = ordered.filter((deployment) => deployment.outcome === 'live' && deployment.purpose !== 'redeploy');
	return ordered
		.filter((deployment) => deployment.purpose === 'release' && deployment.exposed)
		.map((deployment) => {
			// What follows a live release decides: a rollback takes it back, anything else builds on it.
			const next = deployment.outcome === 'live' ? wentLive[wentLive.indexOf(deployment) + 1] : undefined;
			const rollback = next?.purpose === 'rollback' ? next : undefined;
			const named = incidents.filter((incident) => incident.deployment === deployment.id);
			const failed = deployment.outcome !== 'live' || rollback !== undefined || named.length > 0;
			return {
				...deployment,
				incidents: named,
				failed,
				...(rollback === undefined ? {} : { rolledBackAt: rollback.finishedAt }),
			};
		});
}

interface Window {
	readonly since: number;
	readonly now: number;
}

const weekMs = 7 * dayMinutes * minuteMs;

function frequency(all: readonly Release[], recent: readonly Release[], { since, now }: Window): Measure {
	const completed = recent.filter((release) => release.outcome === 'live');
	const first = all.find((release) => release.outcome === 'live');
	const weeks = first === undefined ? 0 : Math.max(1, (now - Math.max(since, first.finishedAt)) / weekMs);
	return {
		value: first === undefined ? null : completed.length / weeks,
		n: completed.length,
		definition:
			'Releases that went live, a week; counted from the first one ever when that is within the period, over one week at least.',
		detail:
			first === undefined ? 'no release yet' : `${plural(completed.length, 'release')} in ${weeks.toFixed(1)} weeks`,
	};
}

function leadTime(all: readonly Release[], { since, now }: Window): Measure {
	const completed = all.filter((release) => release.outcome === 'live');
	const seen = new Set<string>(
		completed[0]?.rolledBackAt === undefined ? completed[0]?.changes.map((change) => change.sha) : [],
	);
	const times: number[] = [];
	let skewed = 0;
	for (const release of completed.slice(1)) {
		if (release.rolledBackAt !== undefined) continue;
		for (const { sha, authoredAt } of release.changes) {
			if (seen.has(sha)) continue;
			seen.add(sha);
			if (release.finishedAt <= since || release.finishedAt > now) continue;
			if (authoredAt > release.finishedAt) skewed++;
			times.push(Math.max(0, release.finishedAt - authoredAt));
		}
	}
	const skew = skewed === 0 ? '' : `; clock skew: ${skewed} written after they went live`;
	return {
		value: median(times),
		n: times.length,
		definition:
			'Median time from writing a change (author date) to the release that brought it into production for good. The first release ever is the baseline, and a release that was rolled back does not count.',
		detail:
			times.length === 0
				? 'no change released since the first release'
				: `median of ${plural(times.length, 'change')}${skew}`,
	};
}

function changeFailRate(recent: readonly Release[]): Measure {
	const failed = recent.filter((release) => release.failed).length;
	return {
		value: recent.length === 0 ? null : failed / recent.length,
		n: recent.length,
		definition:
			'Releases that were rolled back, given up under traffic or named by an incident, of all releases that traffic reached.',
		detail: recent.length === 0 ? 'no release in this period' : `${failed} of ${recent.length}`,
	};
}

function recoveryTime(recent: readonly Release[], now: number): Measure {
	const recoveries = recent.filter((release) => release.failed).map((release) => recovery(release, now));
	const open = recoveries.filter((one) => one.isOpen).length;
	const stillOpen = open === 0 ? '' : `, at least: ${open} still open`;
	return {
		value: median(recoveries.map((one) => one.ms)),
		n: recoveries.length,
		definition:
			'Median time that users felt a failed release: from the first impact to the end of the last, or to the end of its rollback.',
		detail:
			recoveries.length === 0
				? 'no failed release in this period'
				: `median of ${plural(recoveries.length, 'failed release')}${stillOpen}`,
	};
}

function recovery(release: Release, now: number): { readonly ms: number; readonly isOpen: boolean } {
	const { incidents, outcome, rolledBackAt } = release;
	if (incidents.length > 0) {
		const start = Math.min(...incidents.map((incident) => incident.impactStart));
		const isOpen = incidents.some((incident) => incident.impactEnd === undefined);
		const end = isOpen ? now : Math.max(...incidents.map((incident) => incident.impactEnd ?? now));
		return { ms: Math.max(0, end - start), isOpen };
	}
	if (outcome === 'live') return { ms: (rolledBackAt ?? now) - release.finishedAt, isOpen: false };
	return { ms: release.finishedAt - (release.exposedAt ?? release.requestedAt), isOpen: false };
}

/** Interpolated between the middle two (type 7), null of nothing. */
export function median(values: readonly number[]): number | null {
	if (values.length === 0) return null;
	const sorted = values.toSorted((a, b) => a - b);
	const middle = (sorted.length - 1) / 2;
	const low = sorted[Math.floor(middle)] ?? 0;
	const high = sorted[Math.ceil(middle)] ?? 0;
	return (low + high) / 2;
}

function plural(count: number, noun: string): string {
	return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
