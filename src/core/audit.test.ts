import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { auditColumns, auditCsv, auditOf } from './audit.ts';
import type { Event, Recorded } from './event.ts';

const at = '2026-01-05T12:00:00.000Z';
const recorded = (event: Event, by = 'p-1', stream = 'access/p-1'): Recorded => ({ seq: 7, at, by, stream, event });

describe('the audit trail', () => {
	test('has what people do, with the token that they used, and not what Footbridge does', () => {
		const cancel: Event = { kind: 'cancel-requested', why: 'x' };
		const line = auditOf(recorded(cancel, 'p-1/t-2', 'run/r1'));
		assert.deepEqual([line?.by, line?.token, line?.what, line?.run], ['p-1', 't-2', 'cancelled a run', 'r1']);
		assert.equal(auditOf(recorded(cancel, 'system', 'run/r1')), undefined);
		assert.equal(auditOf(recorded({ kind: 'run-finished', conclusion: 'passed' })), undefined);
	});

	test('has sign-ins that failed, although nobody is known', () => {
		const failed: Event = {
			kind: 'sign-in-failed',
			way: 'password',
			why: 'wrong name or password',
			from: 'the internet',
		};
		const line = auditOf(recorded(failed, 'system', 'access/server'));
		assert.deepEqual([line?.by, line?.from, line?.person], ['system', 'the internet', null]);
	});

	test('says where a setting was changed', () => {
		const set: Event = { kind: 'secret-set', scope: 'environment/my%20shop/production', name: 'A' };
		const line = auditOf(recorded(set));
		assert.deepEqual([line?.project, line?.what], ['my shop', 'set the secret A of environment/my shop/production']);
	});

	test('as a table keeps its columns, and starts no formula in a spreadsheet', () => {
		const set: Event = { kind: 'provider-set', provider: 'x', issuer: 'a","b\n', clientId: 'x', claim: 'g', map: [] };
		const line = auditOf(recorded(set, '=cmd|calc'));
		assert.ok(line !== undefined);
		const row = auditCsv(line);
		assert.ok(row.includes(",'=cmd|calc,"), row);
		assert.ok(row.includes('"set the sign-in provider x to a"",""b\n"'), row);
		assert.equal(auditColumns.length, 10);
	});
});
