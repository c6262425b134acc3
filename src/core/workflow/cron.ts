/** One field of a cron expression: the values that it takes. */
interface Field {
	readonly name: string;
	readonly least: number;
	readonly most: number;
	readonly names?: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const weekdays = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: readonly Field[] = [
	{ name: 'minute', least: 0, most: 59 },
	{ name: 'hour', least: 0, most: 23 },
	{ name: 'day of the month', least: 1, most: 31 },
	{ name: 'month', least: 1, most: 12, names: months },
	{ name: 'day of the week', least: 0, most: 6, names: weekdays },
];

/** A cron expression of five fields as sets of values; POSIX `crontab`, with steps and names as GitHub takes them. */
export interface Cron {
	readonly minutes: ReadonlySet<number>;
	readonly hours: ReadonlySet<number>;
	readonly days: ReadonlySet<number>;
	readonly months: ReadonlySet<number>;
	readonly weekdays: ReadonlySet<number>;
	/** With both fields restricted, either of the two is enough. */
	readonly isEitherDay: boolean;
}

/** Reads `minute hour day-of-month month day-of-week`. A text instead says what is wrong. */
export function readCron(source: string): Cron | string {
	const parts = source.trim().split(/\s+/);
	if (source.trim().startsWith('@')) return `${source.trim()} is not one of the five fields that GitHub takes`;
	if (parts.length !== fields.length) return `it has ${parts.length} fields instead of five`;
	const sets: ReadonlySet<number>[] = [];
	for (const [index, field] of fields.entries()) {
		const set = readField(parts[index] ?? '', field);
		if (typeof set === 'string') return set;
		sets.push(set);
	}
	const [minutes, hours, days, inMonths, inWeek] = sets as [
		Set<number>,
		Set<number>,
		Set<number>,
		Set<number>,
		Set<number>,
	];
	const isEitherDay = !parts[2]?.startsWith('*') && !parts[4]?.startsWith('*');
	return { minutes, hours, days, months: inMonths, weekdays: inWeek, isEitherDay };
}

function readField(text: string, field: Field): ReadonlySet<number> | string {
	const values = new Set<number>();
	for (const item of text.split(',')) {
		const [, range = '', step] = /^([^/]*)(?:\/(.*))?$/.exec(item) ?? [];
		const every = step === undefined ? 1 : Number(step);
		if (!Number.isInteger(every) || every < 1) return `the ${field.name} has the step '${step}'`;
		const [from, to] = range === '*' ? [field.least, field.most] : boundsOf(range, field, step !== undefined);
		if (from === undefined || to === undefined)
			return `the ${field.name} '${range}' is not within ${field.least}-${field.most}`;
		if (from > to) return `the ${field.name} '${range}' ends before it begins`;
		for (let value = from; value <= to; value += every) values.add(value);
	}
	return values;
}

/** `5`, `1-5`, `MON-FRI`; `5/10` goes on to the end. */
function boundsOf(range: string, field: Field, hasStep: boolean): readonly (number | undefined)[] {
	const [first = '', last, ...rest] = range.split('-');
	if (rest.length > 0) return [];
	const from = fieldValue(first, field);
	return [from, last === undefined ? (hasStep ? field.most : from) : fieldValue(last, field)];
}

function fieldValue(text: string, { least, most, names }: Field): number | undefined {
	const named = names?.indexOf(text.toLowerCase()) ?? -1;
	if (named >= 0) return named + least;
	const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
	return value >= least && value <= most ? value : undefined;
}

const [minuteMs, hourMs, dayMs] = [60_000, 3_600_000, 86_400_000];
/** Every date, the 29th of February too, comes again within eight years; a date that never comes is given up then. */
const horizonMs = 8 * 366 * dayMs;

/** The first minute after a time at which the expression holds; both in ms since 1970, UTC. Undefined when no such time comes. */
export function nextTime(cron: Cron, after: number): number | undefined {
	const startOf = (unit: number, time: number) => Math.floor(time / unit) * unit;
	let time = startOf(minuteMs, after) + minuteMs;
	while (time <= after + horizonMs) {
		if (!isDay(cron, Math.floor(time / dayMs))) time = startOf(dayMs, time) + dayMs;
		else if (!cron.hours.has(Math.floor((time % dayMs) / hourMs))) time = startOf(hourMs, time) + hourMs;
		else if (!cron.minutes.has(Math.floor((time % hourMs) / minuteMs))) time += minuteMs;
		else return time;
	}
	return undefined;
}

/** Whether the expression holds on a day, counted from 1970-01-01. */
function isDay(cron: Cron, dayNumber: number): boolean {
	const { month, day } = dateOf(dayNumber);
	// 1970-01-01 was a Thursday.
	const [byDay, byWeekday] = [cron.days.has(day), cron.weekdays.has((dayNumber + 4) % 7)];
	return cron.months.has(month) && (cron.isEitherDay ? byDay || byWeekday : byDay && byWeekday);
}

/** Month and day of a day counted from 1970-01-01, in the Gregorian calendar: years are counted from March, so that leap days come last. */
function dateOf(dayNumber: number): { readonly month: number; readonly day: number } {
	const sinceEra = dayNumber + 719_468;
	const dayOfEra = sinceEra - Math.floor(sinceEra / 146_097) * 146_097;
	const year = Math.floor(
		(dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
	);
	const dayOfYear = dayOfEra - (365 * year + Math.floor(year / 4) - Math.floor(year / 100));
	const fromMarch = Math.floor((5 * dayOfYear + 2) / 153);
	return { month: ((fromMarch + 2) % 12) + 1, day: dayOfYear - Math.floor((153 * fromMarch + 2) / 5) + 1 };
}
