import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import { type SqliteDatabase, SqliteDialect, type SqliteStatement } from 'kysely';

/** Lets Kysely speak to an open `node:sqlite` database; the caller keeps the handle and Kysely's `destroy` closes it. */
export function nodeSqlite(database: DatabaseSync): SqliteDialect {
	return new SqliteDialect({ database: adapt(database) });
}

const cachedStatements = 200;

function adapt(database: DatabaseSync): SqliteDatabase {
	const cache = new Map<string, SqliteStatement>();
	// SQLite ends the transaction by itself when the disk is full; a second rollback would hide why.
	const rollback = inert(() => {
		if (database.isTransaction) database.exec('rollback');
	});
	return {
		close: () => database.close(),
		prepare(sql) {
			if (sql === 'rollback') return rollback;
			const known = cache.get(sql);
			if (known !== undefined) {
				cache.delete(sql);
				cache.set(sql, known);
				return known;
			}
			const statement = adaptStatement(database.prepare(sql));
			cache.set(sql, statement);
			if (cache.size > cachedStatements) cache.delete(cache.keys().next().value ?? sql);
			return statement;
		},
	};
}

function adaptStatement(statement: StatementSync): SqliteStatement {
	return {
		reader: statement.columns().length > 0,
		all: (parameters) => statement.all(...parameters.map(bind)),
		run: (parameters) => statement.run(...parameters.map(bind)),
		iterate: (parameters) => statement.iterate(...parameters.map(bind)),
	};
}

function bind(value: unknown): SQLInputValue {
	if (value === undefined) return null;
	if (typeof value === 'boolean') return value ? 1 : 0;
	return value as SQLInputValue;
}

function inert(run: () => void): SqliteStatement {
	const nothing = () => {
		run();
		return { changes: 0, lastInsertRowid: 0 };
	};
	return { reader: false, all: () => [], iterate: () => [].values(), run: nothing };
}
