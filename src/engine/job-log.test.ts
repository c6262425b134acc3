import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMasker } from '#core/job/masker.ts';
import type { LogWriter } from '#edge/log/log.ts';
import { openJobLog } from './job-log.ts';

/** A writer that keeps what it is given, and refuses when it is told to. */
function keptLines() {
	const lines: string[] = [];
	const state = { writes: 0, isFull: false, isClosed: false };
	const writer: LogWriter = {
		write: () => assert.fail('the log writes bytes'),
		append(_, block) {
			if (state.isFull) throw new Error('the disk is full');
			state.writes += 1;
			lines.push(...Buffer.from(block).toString().split('\n').slice(0, -1));
			return lines.length;
		},
		async *texts() {
			yield Buffer.from(lines.map((line) => `${line}\n`).join(''));
		},
		get line() {
			return lines.length;
		},
		flush: async () => {},
		close: async () => {
			state.isClosed = true;
		},
	};
	return { lines, state, writer };
}

const clock = { now: () => 0 } as Parameters<typeof openJobLog>[2];
const secret = 'abcdef-123456';
const open = (secrets: readonly string[] = [secret]) => {
	const kept = keptLines();
	const masker = createMasker(secrets);
	return { ...kept, masker, log: openJobLog(kept.writer, masker, clock) };
};

test('what comes in one turn is written together, and told with the numbers that its lines get', async () => {
	const { log, lines, state } = open();
	const stream = log.stream();
	const numbers = Array.from({ length: 500 }, (_, i) => stream.push(`line ${i + 1}`, true));
	assert.equal(state.writes, 0);
	await Promise.resolve();
	assert.equal(state.writes, 1);
	assert.deepEqual(
		numbers,
		Array.from({ length: 500 }, (_, i) => i + 1),
	);
	assert.deepEqual(lines.slice(-1), ['line 500']);
	stream.push('begin ', false);
	assert.equal(stream.push('and end', true), 501);
	assert.equal(log.say('said\ntwice'), 502);
	assert.deepEqual(lines.slice(500), ['begin and end', 'said', 'twice']);
	assert.equal(log.line, 503);
});

test('numbers are right also behind progress bars, lines that wait, bytes and other streams', async () => {
	const { log, lines } = open();
	const [one, two] = [log.stream(), log.stream()];
	const told: (readonly [number, string])[] = [];
	const say = (stream: typeof one, text: string, shown = text) => told.push([stream.push(text, true), shown]);
	say(one, 'first');
	say(one, '10%\r20%\r30%', '10%');
	say(one, 'after the bar');
	say(two, 'another');
	const bytes = two.pushBytes?.(Buffer.from('raw one\nraw two\n'));
	say(two, 'after the bytes');
	say(one, `waits with ${secret.slice(0, 8)}`);
	say(one, 'and goes on');
	one.end();
	two.end();
	for (const [number, text] of told) assert.equal(lines[number - 1], text);
	assert.equal(lines[(bytes ?? 0) - 1], 'raw one');
});

test('a mask hides what is printed after it, and what was not written yet', async () => {
	const { log, lines, masker } = open([]);
	const stream = log.stream();
	stream.push('early hush-hush', true);
	await Promise.resolve();
	masker.add('hush-hush');
	stream.push('late hush-hush', true);
	stream.end();
	assert.deepEqual(lines, ['early hush-hush', 'late ***']);
	await log.close();
	assert.match(lines.at(-1) ?? '', /^Warning: line 1 shows a value that was masked only later/);
});

test('a log in which nothing was printed too early says nothing of it', async () => {
	const { log, lines, masker, state } = open([secret]);
	masker.add('never-shown');
	log.say('text');
	await log.close();
	assert.deepEqual(lines, ['text']);
	assert.ok(state.isClosed);
});

test('a full disk is told by the next call, and the log is closed all the same', async () => {
	const { log, state } = open();
	const stream = log.stream();
	state.isFull = true;
	stream.push('lost', true);
	await Promise.resolve();
	assert.throws(() => stream.push('next', true), /the disk is full/);
	assert.throws(() => log.say('next'), /the disk is full/);
	await assert.rejects(log.close(), /the disk is full/);
	assert.ok(state.isClosed);
});
