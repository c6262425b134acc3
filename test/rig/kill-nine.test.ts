import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killNine } from './kill-nine.ts';

test('a server killed ten times while it takes runs loses none that it acknowledged', {
	timeout: 240_000,
}, async (t) => {
	const seed = Number(process.env['FOOTBRIDGE_SEED'] ?? Date.now() % 1_000_000);
	t.diagnostic(`seed ${seed}`);
	const report = await killNine(10, seed);
	t.diagnostic(JSON.stringify(report));
	assert.ok(report.acknowledged >= 5, 'most posts must have been acknowledged, or the test shows nothing');
	assert.ok((report.conclusions['passed'] ?? 0) > 0);
});
