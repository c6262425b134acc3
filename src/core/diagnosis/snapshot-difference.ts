/** One fact that is not as it was in the last good run. */
export interface Difference {
	readonly fact: string;
	/** Undefined: it was not there. */
	readonly before: string | undefined;
	readonly now: string | undefined;
	/** Higher is more suspicious. */
	readonly weight: number;
}

/** From here on a difference may be named as the cause without an experiment. */
export const strongWeight = 8;

/** Facts that change by themselves and explain nothing. */
const volatile = /^(port\/|cwd$|kernel\/release$|file\/etc\/hosts$|env\/(GITHUB_|RUNNER_|PATH$))/;

/** How suspicious a fact is that changed, that is gone, and that is new. */
const weights: readonly (readonly [fact: RegExp, changed: number, gone: number, added: number])[] = [
	[/^tier$/, 9, 0, 0],
	// Jobs put things into the tool cache and take them away: what counts is a right that changed.
	[/^path\//, 9, 4, 1],
	[/^(disk|inodes)\//, 9, 1, 1],
	[/^tool\//, 8, 9, 2],
	[/^(umask$|user\/)/, 8, 8, 2],
	[/^limit\//, 7, 2, 2],
	[/^cgroup\//, 7, 2, 5],
	[/^(timezone|locale)$/, 6, 6, 6],
	[/^env\//, 5, 7, 3],
	[/^PATH$/, 6, 6, 6],
	[/^file\//, 4, 4, 2],
	[/^(cpus|memory|arch|kernel)/, 4, 1, 1],
];

/** The log itself speaks of it. */
const mentioned = 6;
/** A difference of this weight is one that the log speaks of. */
export const toldWeight = 10;

/** What differs between the surroundings of the last good run and today's, most suspicious first. What the log speaks of is more so. */
export function differences(
	before: { readonly [fact: string]: string },
	now: { readonly [fact: string]: string },
	logTail = '',
): readonly Difference[] {
	const facts = new Set([...Object.keys(before), ...Object.keys(now)]);
	return [...facts]
		.filter((fact) => !volatile.test(fact) && before[fact] !== now[fact])
		.map((fact) => ({
			fact,
			before: before[fact],
			now: now[fact],
			weight: weightOf(fact, before[fact], now[fact]) + (isIn(logTail, fact) ? mentioned : 0),
		}))
		.filter(({ weight }) => weight > 0)
		.sort((a, b) => b.weight - a.weight || a.fact.localeCompare(b.fact));
}

function weightOf(fact: string, before: string | undefined, now: string | undefined): number {
	const [, changed = 1, gone = 1, added = 1] = weights.find(([pattern]) => pattern.test(fact)) ?? [];
	// A disk that has room again stops nothing.
	if (/^(disk|inodes)\//.test(fact) && now === 'ok') return 0;
	if (before === undefined) return added;
	return now === undefined ? gone : changed;
}

/** Whether a text speaks of a fact: of the tool, the variable or the path by its name. */
function isIn(text: string, fact: string): boolean {
	const [, kind, name = ''] = /^(tool|env|path)(?:\/)(.*)$/.exec(fact) ?? [];
	if (kind === undefined || name.length < 2) return false;
	if (kind === 'path') return text.includes(`/${name}`);
	const at = new RegExp(`(?<![\\w-])${name.replaceAll(/[^\w]/g, '\\$&')}(?![\\w-])`);
	return at.test(text);
}

/** A sentence's part: `node is gone, was /usr/bin/node ...`; `the rights of /opt/x are a:a 555, were a:a 755`. */
export function tellDifference({ fact, before, now }: Difference): string {
	const slash = fact.indexOf('/');
	const [kind, name] = slash < 0 ? [fact, fact] : [fact.slice(0, slash), fact.slice(slash + 1)];
	if (kind === 'path') return change(`/${name}`.replace(/^\/\$/, '$'), rights(before), rights(now));
	if (kind === 'tool') return change(`the program ${name}`, before, now);
	if (kind === 'env') return change(`the variable ${name}`, before, now);
	if (kind === 'disk') return change(`free space for the ${name}`, before, now);
	if (kind === 'inodes') return change(`free inodes for the ${name}`, before, now);
	return change(fact, before, now);
}

function rights(state: string | undefined): string | undefined {
	return state?.replace(/ (dir|file|link)$/, '');
}

function change(what: string, before: string | undefined, now: string | undefined): string {
	if (before === undefined) return `${what} is new: ${now}`;
	return now === undefined ? `${what} is gone, was ${before}` : `${what} is ${now}, was ${before}`;
}
