import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RunView } from '#core/api.ts';
import { type Place, parsePlace, placeHash, shownJob } from './place.ts';

const places: readonly (readonly [hash: string, place: Place])[] = [
	['unit', { job: 'unit' }],
	['unit:L10', { job: 'unit', from: 10, to: 10 }],
	['unit:L10-L20', { job: 'unit', from: 10, to: 20 }],
	['unit:step3', { job: 'unit', step: 3 }],
	['unit:step-1', { job: 'unit', step: -1 }],
	['build%20(a%2Fb%2C%2020%25):L1', { job: 'build (a/b, 20%)', from: 1, to: 1 }],
	['a%3AL5', { job: 'a:L5' }],
];

for (const [hash, place] of places) {
	test(`#${hash} is read as it was written`, () => {
		assert.deepEqual(parsePlace(hash), place);
		const { job = '', ...part } = place;
		assert.equal(placeHash(job, part), hash);
	});
}

test('what an address may hold by mistake breaks nothing', () => {
	assert.deepEqual(parsePlace(''), {});
	assert.deepEqual(parsePlace(':L5'), {});
	assert.deepEqual(parsePlace('unit:L20-L10'), { job: 'unit', from: 10, to: 20 });
	assert.deepEqual(parsePlace('%zz'), { job: '%zz' });
	assert.deepEqual(parsePlace('unit:Lx'), { job: 'unit:Lx' });
});

test('the log that is shown changes only when its job is over and another one needs eyes', () => {
	const run = (...statuses: readonly string[]) =>
		({ jobs: statuses.map((status, index) => ({ key: `j${index}`, status })) }) as unknown as RunView;
	const shown = (view: RunView, asked?: string, before?: string) => shownJob(view, asked, before)?.key;
	assert.equal(shown(run('passed', 'running', 'failed')), 'j2');
	assert.equal(shown(run('passed', 'running', 'running')), 'j1');
	assert.equal(shown(run('queued', 'queued')), 'j0');
	assert.equal(shown(run('running', 'running', 'failed'), undefined, 'j1'), 'j1');
	assert.equal(shown(run('running', 'passed'), undefined, 'j1'), 'j0');
	assert.equal(shown(run('passed', 'passed'), undefined, 'j1'), 'j1');
	assert.equal(shown(run('queued', 'running'), undefined, 'j0'), 'j1');
	assert.equal(shown(run('passed', 'failed'), 'j0', 'j1'), 'j0');
});
