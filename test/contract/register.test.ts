import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, describe, test } from 'node:test';
import type { Recorded } from '#core/event.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { PersonRow, RoleRow } from '#edge/store/register.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';
import type { Store } from '#edge/store/store.ts';

const directory = mkdtempSync(join(tmpdir(), 'fb-register-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const clock = { now: () => Date.UTC(2026, 0, 5, 12) };
let files = 0;
const newFile = () => join(directory, `${files++}.db`);

const ana: PersonRow = {
	person: 'p-1',
	name: 'ana',
	password: null,
	issuer: null,
	subject: null,
	state: 'active',
	madeAt: 1,
};
const role = (project: string, word = 'viewer'): RoleRow => ({ person: 'p-1', project, source: '', role: word });
const added = { kind: 'person-added', person: 'p-1', way: 'invited' } as const;

const stores: { readonly [name: string]: () => Promise<Store> } = {
	memory: async () => memoryStore(clock),
	sqlite: () => sqliteStore({ file: newFile(), clock }),
};

for (const [name, open] of Object.entries(stores)) {
	describe(`the register of the ${name} store`, () => {
		const using = (title: string, body: (store: Store) => Promise<void>) =>
			test(title, async () => {
				const store = await open();
				await body(store).finally(() => store.close());
			});

		using('puts, finds, changes and removes rows by their columns, null among them', async ({ register }) => {
			await register.write([
				{ put: 'person', row: ana },
				{ put: 'role', row: role('b') },
				{ put: 'role', row: role('a') },
			]);
			assert.deepEqual(await register.find('person', { name: 'ana', password: null }), [ana]);
			assert.deepEqual(await register.find('person', { name: 'ben' }), []);
			assert.deepEqual(await register.find('role'), [role('a'), role('b')], 'in the order of their keys');
			await register.write([
				{ put: 'role', row: role('a', 'admin') },
				{ update: 'person', where: { person: 'p-1' }, set: { name: null, state: 'erased' } },
				{ remove: 'role', where: { project: 'b' } },
			]);
			assert.deepEqual(await register.find('role', { person: 'p-1' }), [role('a', 'admin')]);
			assert.deepEqual(await register.find('person', { name: null }), [{ ...ana, name: null, state: 'erased' }]);
		});

		using('writes a change and its event together, and tells those who listen', async (store) => {
			const heard: Recorded[] = [];
			store.subscribe((recorded) => heard.push(recorded));
			await store.register.write([{ put: 'person', row: ana }], { stream: 'access/p-1', by: 'local', events: [added] });
			assert.deepEqual(
				heard.map(({ by, event }) => [by, event.kind]),
				[['local', 'person-added']],
			);
			assert.deepEqual(await store.read('access/p-1'), heard);
		});

		using('keeps the audit trail: by person, by project with its runs, newest first', async (store) => {
			const trigger = { event: 'push', ref: 'refs/heads/main', sha: 'a', payload: {} };
			const commit = { sha: 'a', subject: 'x', authoredAt: '2026-01-05T11:00:00.000Z' };
			const plan = { workflow: 'ci.yml', name: 'ci', env: null, jobs: [] };
			await store.append('run/r1', 'p-2', [{ kind: 'run-queued', project: 'shop', number: 1, trigger, commit, plan }]);
			await store.append('run/r1', 'system', [{ kind: 'cancel-requested', why: 'superseded' }]);
			await store.append('run/r1', 'p-1/t-1', [{ kind: 'cancel-requested', why: 'x' }]);
			await store.append('access/p-1', 'local', [added]);
			await store.append('settings/project/other', 'p-2', [{ kind: 'secret-set', scope: 'project/other', name: 'A' }]);
			const kinds = async (query: object) => (await store.audit({ limit: 10, ...query })).map(({ did }) => did);
			assert.deepEqual(await kinds({}), ['secret-set', 'person-added', 'cancel-requested', 'run-queued']);
			assert.deepEqual(await kinds({ project: 'shop' }), ['cancel-requested', 'run-queued']);
			assert.deepEqual(await kinds({ person: 'p-1' }), ['person-added', 'cancel-requested']);
			assert.deepEqual(await kinds({ limit: 1, before: 4 }), ['cancel-requested']);
			const before = await store.audit({ limit: 10 });
			await store.rebuild();
			assert.deepEqual(await store.audit({ limit: 10 }), before, 'it is a fold of the log');
		});
	});
}

describe('a database file', () => {
	test('may be read by its owner alone', async () => {
		const file = newFile();
		const store = await sqliteStore({ file, clock });
		await store.register.write([{ put: 'person', row: ana }]);
		for (const name of [file, `${file}-wal`, `${file}-shm`]) assert.equal(statSync(name).mode & 0o777, 0o600, name);
		await store.close();
	});

	test('of the version before has the new tables, its log, and an audit trail of what it has already', async () => {
		const file = newFile();
		const first = await sqliteStore({ file, clock });
		await first.append('project/shop', 'p-1', [
			{ kind: 'project-added', project: 'shop', path: '/x', defaultBranch: 'main' },
		]);
		await first.close();
		// As version 001 left it.
		const database = new DatabaseSync(file);
		for (const table of ['audit', 'person', 'role', 'session', 'token', 'link', 'secret', 'variable'])
			database.exec(`drop table ${table}`);
		database.exec("delete from kysely_migration where name = '002-access-and-settings'");
		database.close();
		const store = await sqliteStore({ file, clock });
		assert.deepEqual(
			(await store.audit({ limit: 10 })).map(({ what }) => what),
			['added the project shop'],
		);
		assert.deepEqual(
			(await store.projects()).map(({ project }) => project),
			['shop'],
		);
		await store.register.write([{ put: 'person', row: ana }]);
		assert.deepEqual(await store.register.find('person'), [ana]);
		await store.close();
	});

	test('forgets what was erased: it is in no page of the file', async () => {
		const file = newFile();
		const store = await sqliteStore({ file, clock });
		const name = 'zacharias-of-the-long-name';
		await store.register.write([{ put: 'person', row: { ...ana, name } }]);
		await store.register.write([{ update: 'person', where: { person: 'p-1' }, set: { name: null } }]);
		await store.close();
		const { readFileSync } = await import('node:fs');
		assert.ok(!readFileSync(file).includes(name));
	});
});
