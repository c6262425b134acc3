/** One fact that is not as it was in the last good run. */
export interface Difference {
	readonly fact: string;
	/** Undefined: it was not there. */
	readonly before: string | undefined;
	readonly now: string | undefined;
	/** Higher is more suspicious. */
	readonly weight: number;
}

/** Facts that change by themselves and explain nothing. */
const volatile = /^(port\/|cwd$|kernel\/release$|file\/etc\/hosts$|env\/(GITHUB_|RUNNER_))/;

const weights: readonly (readonly [RegExp, number])[] = [
	[/^path\//, 9],
	[/^(disk|inodes)\//, 9],
	[/^tool\//, 8],
	[/^(umask|user\/)/, 8],
	[/^limit\//, 7],
	[/^cgroup\//, 7],
	[/^(timezone|locale)$/, 6],
	[/^env\//, 5],
	[/^PATH$/, 5],
	[/^(cpus|memory|arch|kernel)/, 4],
];

/** What differs between the surroundings of the last good run and today's, most suspicious first. */
export function differences(
	before: { readonly [fact: string]: string },
	now: { readonly [fact: string]: string },
): readonly Difference[] {
	const facts = new Set([...Object.keys(before), ...Object.keys(now)]);
	return [...facts]
		.filter((fact) => !volatile.test(fact) && before[fact] !== now[fact])
		.map((fact) => ({
			fact,
			before: before[fact],
			now: now[fact],
			weight: weightOf(fact) + (before[fact] !== undefined && now[fact] !== undefined ? 1 : 0),
		}))
		.sort((a, b) => b.weight - a.weight || a.fact.localeCompare(b.fact));
}

function weightOf(fact: string): number {
	return weights.find(([pattern]) => pattern.test(fact))?.[1] ?? 1;
}

/** `path/opt/x: owner 755 dir, was owner 775 dir`. */
export function tellDifference({ fact, before, now }: Difference): string {
	if (before === undefined) return `${fact} is new: ${now}`;
	return now === undefined ? `${fact} is gone, was ${before}` : `${fact} is ${now}, was ${before}`;
}
