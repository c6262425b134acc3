import { chmodSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Kysely, sql, type Transaction } from 'kysely';
import type { Event, Recorded } from '#core/event.ts';
import { type Problem, ProblemError } from '#core/result.ts';
import { nodeSqlite } from './dialect.ts';
import { groupCommit, Refused } from './group-commit.ts';
import { sqliteLists } from './lists.ts';
import { lockWriter } from './lock.ts';
import { emptyProjections, projectInto } from './projections.ts';
import { type EventTable, migrate, type Schema } from './schema.ts';
import { changeRegister, sqliteRegister } from './sqlite-register.ts';
import { type Sample, type Store, StreamMoved, type WallClock } from './store.ts';
import { subscribers } from './subscribers.ts';
import { writeGuard } from './write-guard.ts';

/** Opens (and makes or upgrades) the database file as its one writer; throws FB7001 when another process is that, FB7002 when it is too new. */
export async function sqliteStore(options: { readonly file: string; readonly clock: WallClock }): Promise<Store> {
	mkdirSync(dirname(options.file), { recursive: true });
	const lock = lockWriter(options.file, new Date(options.clock.now()).toISOString());
	const database = new Kysely<Schema>({ dialect: nodeSqlite(openDatabase(options.file)) });
	const close = async () => {
		await database.destroy();
		lock.release();
	};
	try {
		const { isChanged } = await migrate(database, options.file);
		const store = await open(database, options.clock, close);
		// A new projection is filled with what the log has already.
		if (isChanged && (await store.head()) > 0) await store.rebuild();
		return store;
	} catch (error) {
		await close();
		throw error;
	}
}

function openDatabase(file: string): DatabaseSync {
	const database = new DatabaseSync(file, { timeout: 5000, enableForeignKeyConstraints: true });
	// The files beside it get its mode.
	chmodSync(file, 0o600);
	database.exec(
		'pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off; pragma secure_delete = on',
	);
	return database;
}

async function open(database: Kysely<Schema>, clock: WallClock, destroy: () => Promise<void>): Promise<Store> {
	const listeners = subscribers();
	const guard = writeGuard();
	const transact = <T>(work: (tx: Transaction<Schema>) => Promise<T>) =>
		guard.protect(() => database.transaction().execute(work));
	const commits = groupCommit<Transaction<Schema>>({ transact, maxWrites: 256, maxWaitMs: 5 });
	let closing: Promise<void> | undefined;
	const write: typeof commits.write = async (work, onDurable) => {
		if (closing !== undefined) throw new ProblemError(closed);
		return commits.write(work, onDurable);
	};
	return {
		async append(stream, by, events, expected) {
			const batch = {
				stream,
				by,
				bodies: events.map((event) => ({ kind: event.kind, body: JSON.stringify(event) })),
				expected,
			};
			return write((tx) => appendEvents(tx, batch, new Date(clock.now()).toISOString()), listeners.tell);
		},
		async read(stream) {
			const rows = await database
				.selectFrom('event')
				.selectAll()
				.where('stream', '=', stream)
				.orderBy('position')
				.execute();
			return rows.map(recordedOf);
		},
		readAfter: (seq, limit) => readAfter(database, seq, limit),
		head: () => headOf(database),
		subscribe: listeners.subscribe,
		...sqliteLists(database),
		register: {
			...sqliteRegister(database),
			async write(changes, note) {
				const at = new Date(clock.now()).toISOString();
				const work = async (tx: Transaction<Schema>) => {
					await changeRegister(tx, changes);
					if (note === undefined) return [];
					const bodies = note.events.map((event) => ({ kind: event.kind, body: JSON.stringify(event) }));
					return appendEvents(tx, { ...note, bodies, expected: undefined }, at);
				};
				await write(work, listeners.tell);
			},
		},
		nextNumber: (counter) => write((tx) => nextNumber(tx, counter)),
		rebuild: () => write(rebuild),
		async addSamples(samples) {
			if (samples.length > 0) await write((tx) => addSamples(tx, samples));
		},
		async samples(series, fromMinute, toMinute) {
			const query = database.selectFrom('sample').selectAll().where('series', '=', series);
			const rows = await query
				.where('minute', '>=', fromMinute)
				.where('minute', '<=', toMinute)
				.orderBy('minute')
				.execute();
			return rows.map((row) => ({ ...row }));
		},
		close() {
			closing ??= commits.drained().then(destroy);
			return closing;
		},
	};
}

const closed: Problem = { code: 'FB7005', what: 'The event log is closed', next: 'start Footbridge again' };

interface Batch {
	readonly stream: string;
	readonly by: string;
	readonly bodies: readonly Pick<EventTable, 'kind' | 'body'>[];
	readonly expected: number | undefined;
}

async function appendEvents(tx: Transaction<Schema>, batch: Batch, at: string): Promise<readonly Recorded[]> {
	const { stream, by, bodies, expected } = batch;
	const last = await tx
		.selectFrom('event')
		.select('position')
		.where('stream', '=', stream)
		.orderBy('position', 'desc')
		.limit(1)
		.executeTakeFirst();
	const length = last?.position ?? 0;
	if (expected !== undefined && expected !== length) {
		throw new Refused(new StreamMoved(`${stream} has ${length} events, not ${expected}`));
	}
	const head = await headOf(tx);
	const rows = bodies.map(({ kind, body }, index) => ({
		seq: head + 1 + index,
		stream,
		position: length + 1 + index,
		at,
		by,
		kind,
		body,
	}));
	const recorded = rows.map(recordedOf);
	for (const [index, row] of rows.entries()) {
		await tx.insertInto('event').values(row).execute();
		const event = recorded[index];
		if (event !== undefined) await projectInto(tx, event);
	}
	return recorded;
}

/** Parsed from what is on disk, so that who watches live folds exactly what a later reader folds. */
function recordedOf({ seq, at, by, stream, body }: EventTable): Recorded {
	return { seq, at, by, stream, event: JSON.parse(body) as Event };
}

async function headOf(database: Kysely<Schema>): Promise<number> {
	const last = await database.selectFrom('event').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst();
	return last?.seq ?? 0;
}

async function readAfter(database: Kysely<Schema>, seq: number, limit: number): Promise<readonly Recorded[]> {
	const rows = await database
		.selectFrom('event')
		.selectAll()
		.where('seq', '>', seq)
		.orderBy('seq')
		.limit(limit)
		.execute();
	return rows.map(recordedOf);
}

async function nextNumber(tx: Transaction<Schema>, name: string): Promise<number> {
	const row = await tx
		.insertInto('counter')
		.values({ name, value: 1 })
		.onConflict((conflict) => conflict.column('name').doUpdateSet({ value: sql`counter.value + 1` }))
		.returning('value')
		.executeTakeFirstOrThrow();
	return row.value;
}

async function addSamples(tx: Transaction<Schema>, samples: readonly Sample[]): Promise<void> {
	for (const { series, minute, good, bad, sumMs } of samples) {
		await tx
			.insertInto('sample')
			.values({ series, minute, good, bad, sumMs })
			.onConflict((conflict) =>
				conflict.columns(['series', 'minute']).doUpdateSet({
					good: sql`sample.good + excluded.good`,
					bad: sql`sample.bad + excluded.bad`,
					sumMs: sql`sample."sumMs" + excluded."sumMs"`,
				}),
			)
			.execute();
	}
}

const rebuildPage = 1000;

/** In one transaction: whoever reads meanwhile waits, and a crash leaves the old projections. */
async function rebuild(tx: Transaction<Schema>): Promise<void> {
	await emptyProjections(tx);
	let seq = 0;
	while (true) {
		const page = await readAfter(tx, seq, rebuildPage);
		for (const recorded of page) await projectInto(tx, recorded);
		const last = page.at(-1);
		if (last === undefined) return;
		seq = last.seq;
		await nextTurn();
	}
}
