import { type Kysely, sql, type Transaction } from 'kysely';
import type { Recorded } from '#core/event.ts';
import { type ProjectionTable, project, type RowChange } from '#core/projection.ts';
import type { Schema } from './schema.ts';

/** Brings the projection tables up to an event, in the transaction that records it. */
export async function projectInto(tx: Transaction<Schema>, recorded: Recorded): Promise<void> {
	for (const change of project(recorded)) await apply(tx, change);
}

/** Empties every projection table. */
export async function emptyProjections(tx: Transaction<Schema>): Promise<void> {
	for (const table of tables) await tx.deleteFrom(table).execute();
}

const tables: readonly ProjectionTable[] = ['project', 'run', 'deployment', 'incident', 'audit'];

async function apply(tx: Transaction<Schema>, change: RowChange): Promise<void> {
	// A table's key column has the table's name; Kysely cannot follow columns of a table that is only known now.
	const anyTable = tx as unknown as Kysely<{ [table: string]: { [column: string]: unknown } }>;
	if (change.do === 'put') {
		const row = { ...change.row };
		await anyTable
			.insertInto(change.table)
			.values(row)
			.onConflict((conflict) => conflict.column(change.table).doUpdateSet(row))
			.execute();
		return;
	}
	const filled = Object.entries(change.fill).map(([column, value]) => [
		column,
		sql`coalesce(${sql.ref(column)}, ${value})`,
	]);
	await anyTable
		.updateTable(change.table)
		.set({ ...change.set, ...Object.fromEntries(filled) })
		.where(change.table, '=', change.id)
		.execute();
}
