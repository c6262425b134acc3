import type { ExpressionBuilder, Kysely, Transaction } from 'kysely';
import { type Register, type RegisterChange, type RegisterTable, registerKeys } from './register.ts';
import type { Schema } from './schema.ts';

/** Kysely cannot follow the columns of a table that is only known now. */
type AnyTables = { [table: string]: { [column: string]: unknown } };
type Values = { readonly [column: string]: unknown };

/** Reads the register's tables. */
export function sqliteRegister(database: Kysely<Schema>): Pick<Register, 'find'> {
	const tables = database as unknown as Kysely<AnyTables>;
	return {
		async find(table, where = {}) {
			let query = tables.selectFrom(table as string).selectAll();
			if (Object.keys(where).length > 0) query = query.where((eb) => equal(eb, where as Values));
			for (const column of registerKeys[table]) query = query.orderBy(column);
			const rows = await query.execute();
			return rows.map((row) => ({ ...row })) as never;
		},
	};
}

/** Makes the changes, in order. */
export async function changeRegister(tx: Transaction<Schema>, changes: readonly RegisterChange[]): Promise<void> {
	const tables = tx as unknown as Kysely<AnyTables>;
	for (const change of changes) {
		if ('put' in change) await put(tables, change.put, change.row);
		else if ('remove' in change)
			await tables
				.deleteFrom(change.remove)
				.where((eb) => equal(eb, change.where))
				.execute();
		else
			await tables
				.updateTable(change.update)
				.set({ ...change.set })
				.where((eb) => equal(eb, change.where))
				.execute();
	}
}

async function put(tables: Kysely<AnyTables>, table: RegisterTable, row: object): Promise<void> {
	await tables
		.insertInto(table)
		.values({ ...row })
		.onConflict((conflict) => conflict.columns([...registerKeys[table]]).doUpdateSet({ ...row }))
		.execute();
}

function equal(eb: ExpressionBuilder<AnyTables, string>, where: object) {
	return eb.and(
		Object.entries(where as Values).map(([column, value]) =>
			value === null ? eb(column, 'is', null) : eb(column, '=', value),
		),
	);
}
