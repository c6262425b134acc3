import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseTier } from './choice.ts';

const both = [{ tier: 'disposable' }, { tier: 'host' }] as const;
const onlyHost = [{ tier: 'disposable', why: 'Footbridge does not run as root' }, { tier: 'host' }] as const;

test('disposable is chosen where it works, and the reason says so', () => {
	const choice = chooseTier({ available: both });
	assert.ok(choice.ok);
	assert.equal(choice.value.tier, 'disposable');
	assert.equal(
		choice.value.reason,
		'disposable copy of this machine (overlay), sudo where the machine has it: chosen because Footbridge runs as root on Linux',
	);
});

test('host is chosen where disposable does not work, with the reason why not', () => {
	const choice = chooseTier({ available: onlyHost });
	assert.ok(choice.ok);
	assert.equal(choice.value.tier, 'host');
	assert.match(
		choice.value.reason,
		/no isolation.*does not work here \(Footbridge does not run as root\), and a sandbox would not see the tools in your home$/,
	);
});

test('a trusted job gets no sandbox unasked, also where only an ordinary user`s works: its tools may be in the home', () => {
	const available = [...onlyHost, { tier: 'sandbox' }] as const;
	const choice = chooseTier({ available });
	assert.ok(choice.ok && choice.value.tier === 'host');
	const asked = chooseTier({ asked: { tier: 'sandbox', why: 'it was asked for' }, available });
	assert.ok(asked.ok && asked.value.tier === 'sandbox');
	const foreign = chooseTier({ isUntrusted: true, available });
	assert.ok(foreign.ok);
	assert.equal(foreign.value.tier, 'sandbox');
	assert.match(foreign.value.reason, /^sandbox \(.*\), no sudo: chosen because the event comes from a fork/);
});

test('the order in which tiers are offered does not matter', () => {
	const choice = chooseTier({ available: [...both].reverse() });
	assert.ok(choice.ok && choice.value.tier === 'disposable');
});

test('a tier that was asked for is taken where it works', () => {
	const choice = chooseTier({ asked: { tier: 'host', why: 'it was asked for' }, available: both });
	assert.ok(choice.ok);
	assert.deepEqual([choice.value.tier, choice.value.reason.endsWith('because it was asked for')], ['host', true]);
});

test('a tier that was asked for and does not work is a problem that names the others; it is never replaced', () => {
	for (const [asked, why] of [
		['disposable', 'Footbridge does not run as root'],
		['container', 'it is not built in'],
	] as const) {
		const choice = chooseTier({ asked: { tier: asked, why: 'it was asked for' }, available: onlyHost });
		assert.ok(!choice.ok);
		assert.equal(choice.error.code, 'FB2060');
		assert.equal(choice.error.why, why);
		assert.equal(choice.error.next, 'ask for host');
	}
});

test('where nothing works there is no choice', () => {
	const choice = chooseTier({ available: [{ tier: 'host', why: 'Footbridge runs on Linux and macOS' }] });
	assert.ok(!choice.ok);
	assert.equal(choice.error.why, 'Footbridge runs on Linux and macOS');
});

test('an event that is not trusted gets a sandbox, else a disposable copy, and this machine as it is never', () => {
	const all = [...both, { tier: 'sandbox' }] as const;
	const tierOf = (facts: Parameters<typeof chooseTier>[0]) => {
		const choice = chooseTier({ ...facts, isUntrusted: true });
		return choice.ok ? choice.value.tier : choice.error.code;
	};
	assert.equal(tierOf({ available: all }), 'sandbox');
	assert.equal(tierOf({ available: both }), 'disposable');
	assert.equal(tierOf({ available: onlyHost }), 'FB2060');
	assert.equal(tierOf({ available: all, asked: { tier: 'host', why: 'it was asked for' } }), 'FB2060');
	assert.equal(tierOf({ available: all, asked: { tier: 'disposable', why: 'it was asked for' } }), 'disposable');
	const trusted = chooseTier({ available: all, asked: { tier: 'host', why: 'it was asked for' } });
	assert.ok(trusted.ok && trusted.value.tier === 'host', 'from the repository itself it may');
});
