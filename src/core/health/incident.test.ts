import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideIncident, evolveIncident } from './incident.ts';
import type { MinuteCounts } from './objective.ts';

const objective = { name: 'availability', target: 0.995, windowDays: 30 };
const start = Date.UTC(2026, 0, 5, 12) / 60_000;
/** A letter a minute from 12:00 on: `.` good, `x` all bad, `-` half bad, ` ` silence. */
const minutes = (letters: string): readonly MinuteCounts[] =>
	[...letters].flatMap((letter, index) => {
		const bad = letter === 'x' ? 12 : letter === '-' ? 6 : 0;
		return letter === ' ' ? [] : [{ minute: start + index, good: 12 - bad, bad }];
	});
const decide = (letters: string, openSince?: string) =>
	decideIncident({
		objective,
		samples: minutes(letters),
		nowMinute: start + letters.length - 1,
		...(openSince === undefined ? {} : { openSince }),
	});

test('an outage opens an incident from its first bad minute on, and says how bad it is', () => {
	const decision = decide(`${'.'.repeat(20)}xxxxx`);
	assert.ok(decision?.do === 'open');
	assert.equal(decision.impactStart, '2026-01-05T12:20:00.000Z');
	assert.equal(Math.round(decision.burnRate), 200);
	assert.equal(
		decision.what,
		'availability: 60 of 60 requests failed in 5 minutes, which spends the error budget 200 times too fast',
	);
});

test('the streak goes back over short gaps, and not to an outage that was over', () => {
	const decision = decide(`xx${'.'.repeat(18)}x..-...xx-x`);
	assert.ok(decision?.do === 'open');
	assert.equal(decision.impactStart, '2026-01-05T12:20:00.000Z');
});

test('good traffic, silence and one bad minute open nothing', () => {
	for (const letters of ['.'.repeat(60), ' ', '', `${'.'.repeat(10)}x`, `x${' '.repeat(50)}`])
		assert.equal(decide(letters), undefined, letters);
});

test('an open incident ends with its last bad minute, when five minutes were calm and no rule burns', () => {
	const since = '2026-01-05T12:10:00.000Z';
	assert.equal(decide(`${'.'.repeat(10)}xxxxx`, since), undefined, 'still going on');
	assert.equal(decide(`${'.'.repeat(10)}xxxxx...`, since), undefined, 'not calm for long enough');
	assert.deepEqual(decide(`${'.'.repeat(10)}xxxxx${'.'.repeat(35)}`, since), {
		do: 'resolve',
		impactEnd: '2026-01-05T12:15:00.000Z',
	});
});

test('silence after an outage resolves nothing', () => {
	assert.equal(decide(`xxxx${' '.repeat(300)}`, '2026-01-05T12:00:00.000Z'), undefined);
});

test('an incident of which the bad minutes are no longer known ends no earlier than it began', () => {
	assert.deepEqual(decide('.'.repeat(30), '2026-01-05T13:00:00.000Z'), {
		do: 'resolve',
		impactEnd: '2026-01-05T13:00:00.000Z',
	});
});

test('the fold keeps what was opened and when it ended', () => {
	const opened = {
		kind: 'incident-opened',
		project: 'shop',
		environment: 'production',
		number: 1,
		objective: 'availability',
		burnRate: 20,
		what: 'it burns',
		impactStart: '2026-01-05T11:58:00.000Z',
		deployment: 'd1',
	} as const;
	const recorded = (seq: number, event: Parameters<typeof evolveIncident>[1]['event']) => ({
		seq,
		at: '2026-01-05T12:00:00.000Z',
		by: 'engine',
		stream: 'incident/i1',
		event,
	});
	const open = evolveIncident(undefined, recorded(1, opened));
	assert.deepEqual(
		[open?.id, open?.deployment, open?.detectedAt, open?.impactEnd],
		['i1', 'd1', '2026-01-05T12:00:00.000Z', undefined],
	);
	const closed = evolveIncident(
		open,
		recorded(2, { kind: 'incident-resolved', impactEnd: '2026-01-05T12:10:00.000Z' }),
	);
	assert.equal(closed?.impactEnd, '2026-01-05T12:10:00.000Z');
	assert.equal(
		evolveIncident(undefined, recorded(2, { kind: 'incident-resolved', impactEnd: '2026-01-05T12:10:00.000Z' })),
		undefined,
	);
});
