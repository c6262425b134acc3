import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, Trigger } from '../plan.ts';
import { type CacheEntry, cacheKeyProblem, evolveCaches, findCache } from './cache.ts';
import { evictions, usualBudget } from './cache-eviction.ts';
import { cacheScopes } from './cache-scope.ts';

const main = 'refs/heads/main';
let ids = 0;
const entry = (key: string, more: Partial<CacheEntry> = {}): CacheEntry => ({
	id: ++ids,
	key,
	version: 'v',
	scope: main,
	blob: `b${ids}`,
	sizeBytes: 100,
	run: 'r',
	job: 'j',
	savedAt: '2026-01-01T00:00:00.000Z',
	usedAt: '2026-01-01T00:00:00.000Z',
	...more,
});
const caches = (...entries: readonly CacheEntry[]) => new Map(entries.map((one) => [one.id, one]));
const found = (entries: ReadonlyMap<number, CacheEntry>, keys: readonly string[], scopes: readonly string[] = [main]) =>
	findCache(entries, { keys, version: 'v', scopes });

test('the key itself goes before what begins with it, then the beginnings in their order, the newest first', () => {
	const [exact, longer, other, newer] = [entry('deps-1'), entry('deps-12'), entry('deps-x-1'), entry('deps-x-2')];
	const all = caches(exact, longer, other, newer);
	assert.equal(found(all, ['deps-1', 'deps-x']), exact);
	assert.equal(found(all, ['deps-1-2', 'deps-x', 'deps-']), newer);
	assert.equal(found(caches(longer, other), ['deps-1', 'deps-x']), longer);
	assert.equal(found(all, ['nothing']), undefined);
	assert.equal(found(all, ['DEPS-1']), undefined, 'letters are as they are');
	assert.equal(findCache(all, { keys: ['deps-1'], version: 'w', scopes: [main] }), undefined);
});

test('the own branch goes before the default branch, also with a worse match', () => {
	const [theirs, own] = [entry('deps-1'), entry('deps-0', { scope: 'refs/heads/topic' })];
	const all = caches(theirs, own);
	assert.equal(found(all, ['deps-1', 'deps-'], ['refs/heads/topic', main]), own);
	assert.equal(found(all, ['deps-1'], ['refs/heads/topic', main]), theirs);
	assert.equal(found(all, ['deps-0'], [main]), undefined, 'main does not see what a branch saved');
});

const trigger = (event: string, ref: string, payload: Json = {}): Trigger => ({ event, ref, sha: 'a', payload });
const pull = (head: string): Json => ({
	repository: { full_name: 'o/r' },
	pull_request: {
		number: 7,
		base: { ref: 'release', repo: { full_name: 'o/r' } },
		head: { ref: 'x', repo: { full_name: head } },
	},
});

test('a branch reads its own, its base and the default branch, and writes its own', () => {
	assert.deepEqual(cacheScopes(trigger('push', 'refs/heads/topic'), 'main'), {
		write: 'refs/heads/topic',
		read: ['refs/heads/topic', main],
	});
	assert.deepEqual(cacheScopes(trigger('push', main), 'main'), { write: main, read: [main] });
	assert.deepEqual(cacheScopes(trigger('pull_request', 'refs/pull/7/merge', pull('o/r')), 'main'), {
		write: 'refs/pull/7/merge',
		read: ['refs/pull/7/merge', 'refs/heads/release', main],
	});
	const tree = cacheScopes({ ...trigger('push', main), worktreeOf: 'b' }, 'main');
	assert.deepEqual(tree, { write: `worktree:${main}`, read: [`worktree:${main}`, main] });
});

test('CAC-03: what a stranger brings writes where nothing else ever reads', () => {
	const strangers = [
		trigger('pull_request', 'refs/pull/7/merge', pull('evil/r')),
		trigger('pull_request_target', 'refs/heads/release', pull('evil/r')),
		trigger('issue_comment', main, { comment: { author_association: 'NONE' }, issue: { number: 7 } }),
	];
	const scopes = strangers.map((one) => cacheScopes(one, 'main'));
	assert.equal(new Set(scopes.map(({ write }) => write)).size, 3, 'each has its own');
	const others = [
		trigger('push', main),
		trigger('push', 'refs/heads/release'),
		trigger('pull_request', 'refs/pull/7/merge', pull('o/r')),
	];
	for (const { write } of scopes) {
		for (const one of others) assert.ok(!cacheScopes(one, 'main').read.includes(write), write);
		for (const one of scopes)
			assert.equal(one.read.includes(write), one.write === write, `${one.write} reads ${write}`);
	}
	assert.ok(
		scopes.every(({ read }) => read.includes(main)),
		'and profits of what is trusted',
	);
	// Without the rule of trust, the scope of the second would be the release branch itself.
	assert.equal(
		cacheScopes(trigger('pull_request_target', 'refs/heads/release', pull('o/r')), 'main').write,
		'refs/heads/release',
	);
});

test('CAC-03: keys are 1 to 512 characters, without commas and control characters', () => {
	for (const key of ['a', '../../etc', 'x'.repeat(512), 'ünï K']) assert.equal(cacheKeyProblem(key), undefined, key);
	for (const key of ['', 'a,b', 'x'.repeat(513), 'x'.repeat(10_240), 'a\0b', 'a\nb']) assert.ok(cacheKeyProblem(key));
});

test('what was not used for a week goes, then the least recently used until the rest fits', () => {
	const now = Date.parse('2026-01-08T00:00:00.000Z');
	const day = (number: number) => `2026-01-0${number}T12:00:00.000Z`;
	const [old, third, first, second] = [
		entry('old', { usedAt: '2025-12-31T00:00:00.000Z' }),
		entry('c', { usedAt: day(5) }),
		entry('a', { usedAt: day(3) }),
		entry('b', { usedAt: day(4) }),
	];
	const all = caches(old, third, first, second);
	const gone = (sizeBytes: number, count = 100) =>
		evictions(all, now, { ...usualBudget, sizeBytes, count }).map(({ entry: { key } }) => key);
	assert.deepEqual(gone(300), ['old']);
	assert.deepEqual(gone(299), ['old', 'a']);
	assert.deepEqual(gone(100), ['old', 'a', 'b']);
	assert.deepEqual(gone(1000, 1), ['old', 'a', 'b']);
});

test('what strangers save pushes out only what strangers saved', () => {
	const now = Date.parse('2026-01-02T00:00:00.000Z');
	const mine = entry('mine');
	const theirs = Array.from({ length: 20 }, (_, index) =>
		entry(`t${index}`, { scope: 'untrusted:pull_request:7:x', usedAt: `2026-01-01T01:00:${10 + index}.000Z` }),
	);
	const budget = { ...usualBudget, sizeBytes: 1000, untrustedBytes: 500 };
	const out = evictions(caches(mine, ...theirs), now, budget).map(({ entry: one }) => one);
	assert.equal(out.length, 15);
	assert.ok(!out.includes(mine));
	// Without a part of their own, the oldest would go: what is trusted.
	assert.ok(
		evictions(caches(mine, ...theirs), now, { ...budget, untrustedBytes: 1e9 }).some(({ entry: one }) => one === mine),
	);
});

test('the state is what the events say', () => {
	const at = (seconds: number) => `2026-01-01T00:00:0${seconds}.000Z`;
	const recorded = (event: Parameters<typeof evolveCaches>[1]['event'], seconds: number) => ({
		seq: seconds,
		at: at(seconds),
		by: 'engine',
		stream: 'cache/shop',
		event,
	});
	const { savedAt: _, usedAt: __, ...facts } = entry('k');
	const saved = evolveCaches(new Map(), recorded({ kind: 'cache-saved', ...facts }, 1));
	const used = evolveCaches(saved, recorded({ kind: 'cache-used', id: facts.id }, 2));
	assert.deepEqual(used.get(facts.id), { ...facts, savedAt: at(1), usedAt: at(2) });
	assert.equal(evolveCaches(used, recorded({ kind: 'cache-removed', id: facts.id, why: 'old' }, 3)).size, 0);
});
