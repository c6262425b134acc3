import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { actorOf, seenProjects } from './access.ts';
import { accountName, wrongName, wrongPassword } from './account.ts';
import { accountBackOff, type Failures, failedAgain, waitMs } from './back-off.ts';
import { grantsOfGroups, groupsIn } from './role-map.ts';

describe('who acts, and sees', () => {
	test('an event’s `by` names a person, a person with a token, or Footbridge itself', () => {
		assert.deepEqual(actorOf('p-1'), { person: 'p-1' });
		assert.deepEqual(actorOf('p-1/t-2'), { person: 'p-1', token: 't-2' });
		assert.equal(actorOf('system'), undefined);
		assert.equal(actorOf('engine'), undefined);
	});

	test('one sees one’s own projects; a token those of its own, and nothing without the scope', () => {
		const grants = [{ project: 'shop', role: 'viewer' as const }];
		const everywhere = [{ project: '*', role: 'viewer' as const }];
		assert.deepEqual(seenProjects({ grants }), ['shop']);
		assert.equal(seenProjects({ grants: everywhere }), undefined);
		assert.deepEqual(seenProjects({ grants: everywhere, limits: { scopes: ['read'], projects: ['a'] } }), ['a']);
		assert.deepEqual(seenProjects({ grants, limits: { scopes: ['read'], projects: ['a', 'shop'] } }), ['shop']);
		assert.deepEqual(seenProjects({ grants: everywhere, limits: { scopes: ['run'] } }), []);
	});
});

describe('waiting', () => {
	test('five failures are free, then each wait is twice the one before, to a limit; an hour of peace forgets', () => {
		let failures: Failures | undefined;
		const waits: number[] = [];
		for (let count = 0; count < 20; count++) {
			waits.push(waitMs(failures, accountBackOff, 0) / 1000);
			failures = failedAgain(failures, 0);
		}
		assert.deepEqual(waits.slice(0, 9), [0, 0, 0, 0, 0, 1, 2, 4, 8]);
		assert.equal(waits.at(-1), 15 * 60);
		assert.equal(failedAgain(failures, 61 * 60_000).count, 1);
	});
});

describe('accounts', () => {
	test('a name has one spelling, and says nothing to a shell or a page', () => {
		assert.equal(accountName('  Ana '), 'ana');
		for (const good of ['ana', 'ana@example.org', 'a.b-c_d+e', '7']) assert.equal(wrongName(good), undefined, good);
		for (const bad of ['', '-x', '../x', 'a b', 'a/b', 'анна', 'x'.repeat(65), '<b>', '@file'])
			assert.equal(wrongName(bad)?.code, 'FB6050', bad);
	});

	test('a password that is guessed first is refused', () => {
		for (const bad of ['short', 'aaaaaaaaaaaaaa', 'password123456', 'my name is annabel', 'x'.repeat(300)])
			assert.equal(wrongPassword('annabel', bad)?.code, 'FB6051', bad);
		assert.equal(wrongPassword('annabel', 'three blind mice'), undefined);
	});
});

describe('groups of a provider', () => {
	test('are found where the claim says, in the forms that there are', () => {
		assert.deepEqual(groupsIn({ groups: ['a', 'b', 3] }, 'groups'), ['a', 'b']);
		assert.deepEqual(groupsIn({ realm_access: { roles: ['a'] } }, 'realm_access.roles'), ['a']);
		assert.deepEqual(groupsIn({ groups: 'a  b' }, 'groups'), ['a', 'b']);
		for (const claims of [{}, { groups: null }, { groups: 3 }, { groups: { a: 1 } }])
			assert.deepEqual(groupsIn(claims, 'groups'), []);
		assert.deepEqual(groupsIn({}, '__proto__.constructor'), []);
	});

	test('bring the highest role of each project', () => {
		const map = [
			{ group: 'a', project: 'shop', role: 'viewer' },
			{ group: 'b', project: 'shop', role: 'deployer' },
			{ group: 'a', project: '*', role: 'viewer' },
			{ group: 'c', project: '*', role: 'admin' },
		] as const;
		assert.deepEqual(grantsOfGroups(['a', 'b'], map), [
			{ project: 'shop', role: 'deployer' },
			{ project: '*', role: 'viewer' },
		]);
		assert.deepEqual(grantsOfGroups([], map), []);
	});
});
