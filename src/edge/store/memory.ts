import type { Event, Recorded } from '#core/event.ts';
import { type ProjectionRows, type ProjectionTable, project, type RowChange } from '#core/projection.ts';
import { ProblemError } from '#core/result.ts';
import { memoryRegister } from './memory-register.ts';
import { type Sample, type Store, StreamMoved, type WallClock } from './store.ts';
import { subscribers } from './subscribers.ts';

type Rows = { readonly [T in ProjectionTable]: Map<string, ProjectionRows[T]> };

/** The store of tests and simulations: keeps everything in memory, and is as strict as the real one. */
export function memoryStore(clock: WallClock): Store {
	const log: Recorded[] = [];
	const streams = new Map<string, Recorded[]>();
	const counters = new Map<string, number>();
	const measured = new Map<string, Map<number, Sample>>();
	const listeners = subscribers();
	const rows: Rows = {
		...{ project: new Map(), run: new Map(), deployment: new Map() },
		...{ incident: new Map(), audit: new Map() },
	};
	let isClosed = false;

	const write = async <T>(work: () => T): Promise<T> => {
		if (isClosed) throw new ProblemError({ code: 'FB7005', what: 'The event log is closed' });
		// A listener that appends must not get its event in between the listeners of the first one.
		await Promise.resolve();
		return work();
	};

	const register = memoryRegister();
	const record = (stream: string, by: string, kept: readonly Event[], expected?: number): readonly Recorded[] => {
		const known = streams.get(stream) ?? [];
		const length = known.length;
		if (expected !== undefined && expected !== length)
			throw new StreamMoved(`${stream} has ${length} events, not ${expected}`);
		const at = new Date(clock.now()).toISOString();
		const recorded = kept.map((event, index) => ({ seq: log.length + 1 + index, at, by, stream, event }));
		log.push(...recorded);
		known.push(...recorded);
		streams.set(stream, known);
		for (const event of recorded) projectInto(rows, event);
		listeners.tell(recorded);
		return recorded;
	};

	return {
		append: (stream, by, events, expected) => {
			const kept = jsonOf(events);
			return write(() => record(stream, by, kept, expected));
		},
		register: {
			find: register.find,
			write: (changes, note) => {
				const kept = jsonOf(note?.events ?? []);
				return write(() => {
					register.change(changes);
					if (note !== undefined) record(note.stream, note.by, kept);
				});
			},
		},
		read: async (stream) => [...(streams.get(stream) ?? [])],
		readAfter: async (seq, limit) => log.slice(seq, seq + limit),
		head: async () => log.length,
		subscribe: listeners.subscribe,
		projects: async () => [...rows.project.values()].reverse(),
		runs: async (query) => page(rows.run, query, (row) => matches(row, query, ['project', 'workflow', 'ref', 'sha'])),
		deployments: async (query) =>
			page(rows.deployment, query, (row) => matches(row, query, ['project', 'environment'])),
		incidents: async (query) =>
			page(rows.incident, query, (row) => {
				const isWanted = query.isOpen === undefined || query.isOpen === (row.impactEnd === null);
				return isWanted && matches(row, query, ['project', 'environment']);
			}),
		audit: async (query) => {
			const ofProject = (run: string | null) => run !== null && rows.run.get(run)?.project === query.project;
			const found = page(rows.audit, query, ({ project, run, by, person }) => {
				if (query.person !== undefined && by !== query.person && person !== query.person) return false;
				return query.project === undefined || project === query.project || ofProject(run);
			});
			return found.map(({ audit: _, ...item }) => item);
		},
		nextNumber: (counter) =>
			write(() => {
				const next = (counters.get(counter) ?? 0) + 1;
				counters.set(counter, next);
				return next;
			}),
		rebuild: () =>
			write(() => {
				for (const table of Object.values(rows)) table.clear();
				for (const recorded of log) projectInto(rows, recorded);
			}),
		addSamples: (samples) => write(() => addUp(measured, samples)),
		samples: async (series, fromMinute, toMinute) =>
			[...(measured.get(series)?.values() ?? [])]
				.filter(({ minute }) => minute >= fromMinute && minute <= toMinute)
				.sort((a, b) => a.minute - b.minute),
		close: async () => {
			isClosed = true;
		},
	};
}

/** What is kept is what JSON keeps, as in a database. */
function jsonOf(events: readonly Event[]): readonly Event[] {
	return events.map((event) => JSON.parse(JSON.stringify(event)) as Event);
}

function projectInto(rows: Rows, recorded: Recorded): void {
	for (const change of project(recorded)) apply(rows[change.table], change);
}

function apply(table: Map<string, object>, change: RowChange): void {
	if (change.do === 'put') {
		table.set(change.id, change.row);
		return;
	}
	const row = table.get(change.id);
	if (row === undefined) return;
	const isEmpty = (column: string) => (row as { readonly [column: string]: unknown })[column] === null;
	const filled = Object.entries(change.fill).filter(([column]) => isEmpty(column));
	table.set(change.id, { ...row, ...change.set, ...Object.fromEntries(filled) });
}

interface PageQuery {
	readonly status?: readonly string[];
	readonly before?: number;
	readonly limit: number;
}

/** Every filter of the query that is set is met; `columns` are those that must be equal. */
function matches<Row extends object>(row: Row, query: object, columns: readonly string[]): boolean {
	const wanted = query as { readonly [name: string]: unknown };
	const has = row as { readonly [name: string]: unknown };
	const projects = wanted['projects'] as readonly unknown[] | undefined;
	if (projects !== undefined && !projects.includes(has['project'])) return false;
	return columns.every((column) => wanted[column] === undefined || wanted[column] === has[column]);
}

function page<Row extends { readonly seq: number; readonly status?: string }>(
	table: ReadonlyMap<string, Row>,
	{ status, before, limit }: PageQuery,
	isWanted: (row: Row) => boolean,
): readonly Row[] {
	const fits = (row: Row) =>
		(before === undefined || row.seq < before) && (status === undefined || status.includes(row.status ?? ''));
	return [...table.values()]
		.filter((row) => fits(row) && isWanted(row))
		.sort((a, b) => b.seq - a.seq)
		.slice(0, limit);
}

function addUp(measured: Map<string, Map<number, Sample>>, samples: readonly Sample[]): void {
	for (const sample of samples) {
		const minutes = measured.get(sample.series) ?? new Map<number, Sample>();
		measured.set(sample.series, minutes);
		const old = minutes.get(sample.minute);
		minutes.set(sample.minute, {
			...sample,
			good: sample.good + (old?.good ?? 0),
			bad: sample.bad + (old?.bad ?? 0),
			sumMs: sample.sumMs + (old?.sumMs ?? 0),
		});
	}
}
