import { type Register, type RegisterChange, type RegisterTable, registerKeys } from './register.ts';

type Values = { readonly [column: string]: unknown };
type Tables = { readonly [T in RegisterTable]: Map<string, Values> };

/** The register in memory: `find`, and `change`, which the store calls when it appends the events that go with it. */
export function memoryRegister(): Pick<Register, 'find'> & { change(changes: readonly RegisterChange[]): void } {
	const names = Object.keys(registerKeys) as RegisterTable[];
	const tables = Object.fromEntries(names.map((name) => [name, new Map()])) as unknown as Tables;
	return {
		find: async (table, where = {}) => {
			const found = [...tables[table]].filter(([, row]) => isLike(row, where as Values));
			const inOrder = found.sort(([a], [b]) => (a < b ? -1 : 1));
			return inOrder.map(([, row]) => ({ ...row })) as never;
		},
		change(changes) {
			for (const change of changes) apply(tables, change);
		},
	};
}

function apply(tables: Tables, change: RegisterChange): void {
	if ('put' in change) {
		tables[change.put].set(keyOf(change.put, change.row as unknown as Values), { ...change.row });
		return;
	}
	const table = 'remove' in change ? change.remove : change.update;
	for (const [key, row] of [...tables[table]]) {
		if (!isLike(row, change.where as Values)) continue;
		if ('remove' in change) tables[table].delete(key);
		else tables[table].set(key, { ...row, ...change.set });
	}
}

function keyOf(table: RegisterTable, row: Values): string {
	return JSON.stringify(registerKeys[table].map((column) => row[column]));
}

function isLike(row: Values, where: Values): boolean {
	return Object.entries(where).every(([column, value]) => row[column] === value);
}
