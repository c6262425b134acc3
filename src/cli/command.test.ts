import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { ProblemError } from '#core/result.ts';
import { RefusedError } from './client.ts';
import { exitCodeOf } from './command.ts';
import { openTerminal } from './terminal.ts';

async function ended(command: () => Promise<number>) {
	let text = '';
	const stream = new Writable({
		write: (chunk, _encoding, done) => {
			text += String(chunk);
			done();
		},
	});
	const terminal = openTerminal(stream);
	const code = await exitCodeOf({ out: terminal, err: terminal, data: undefined, project: undefined }, command);
	return { code, text };
}

const rejects = (error: Error) => async () => {
	throw error;
};

describe('a command', () => {
	test('ends with its own code', async () => {
		assert.deepEqual(await ended(async () => 20), { code: 20, text: '' });
	});

	test('tells every problem of a refusal, and ends by the first', async () => {
		const refusal = new RefusedError([
			{ code: 'FB1501', what: 'first', where: 'footbridge.yaml:2:3', next: 'mend it' },
			{ code: 'FB1501', what: 'second' },
		]);
		assert.deepEqual(await ended(rejects(refusal)), {
			code: 6,
			text: '✕ FB1501 first\n  where  footbridge.yaml:2:3\n  next   mend it\n✕ FB1501 second\n',
		});
	});

	test('ends with 2 for what is not there, and with 3 for what could not be done', async () => {
		assert.equal((await ended(rejects(new ProblemError({ code: 'FB2004', what: 'there is no run 7' })))).code, 2);
		assert.equal((await ended(rejects(new ProblemError({ code: 'FB7001', what: 'another one' })))).code, 3);
	});

	test('that has a bug says so with its stack, and ends with 3', async () => {
		const { code, text } = await ended(rejects(new TypeError('x is not a function')));
		assert.equal(code, 3);
		assert.match(
			text,
			/✕ FB0000 Footbridge itself failed\n {2}why {4}x is not a function[\s\S]*at .*command\.test\.ts/,
		);
	});
});
