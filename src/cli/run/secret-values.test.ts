import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { describe, test } from 'node:test';
import { secretValues } from './secret-values.ts';

const around = (env: { readonly [name: string]: string }, input?: string) => ({
	env,
	stdin: Object.assign(Readable.from(input === undefined ? [] : [input]), {
		isTTY: input === undefined,
	}) as unknown as NodeJS.ReadStream,
});

describe('the value of a secret', () => {
	test('comes from the environment, from a pipe for one name alone, or from the pipe that NAME=- names', async () => {
		assert.deepEqual(await secretValues(['A', 'B'], around({ A: '1', B: '2' })), { A: '1', B: '2' });
		assert.deepEqual(await secretValues(['A'], around({}, 'piped\n')), { A: 'piped' });
		assert.deepEqual(await secretValues(['A', 'B=-'], around({ A: '1', B: 'not this' }, 'x=y\nz\n')), {
			A: '1',
			B: 'x=y\nz',
		});
	});

	test('is never taken from the command line', async () => {
		await assert.rejects(secretValues(['A=value'], around({})), {
			problem: {
				code: 'FB0105',
				what: 'A cannot be the name of a secret',
				why: 'a value on the command line can be read by every user of the machine',
				next: 'put the value into the environment or pipe it in, and write --secret A',
			},
		});
	});

	test('that is missing is a problem, and two names cannot share one pipe', async () => {
		await assert.rejects(secretValues(['A', 'B'], around({ A: '1' }, 'piped')), /the secret B has no value/);
		await assert.rejects(secretValues(['A=-'], around({}, '')), /the secret A has no value/);
		await assert.rejects(secretValues(['A=-', 'B=-'], around({}, 'x')), /cannot both be read/);
	});
});
