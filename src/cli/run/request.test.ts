import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { type RunOptions, runRequest } from './request.ts';

let folder: string;
before(() => {
	folder = mkdtempSync(join(tmpdir(), 'run-request-'));
});
after(() => rmSync(folder, { recursive: true }));

const options: RunOptions = { at: 'worktree', event: 'push' };
const around = { env: { TOKEN: 'from-env' }, stdin: process.stdin };
const request = (more: Partial<RunOptions>, workflow?: string) =>
	runRequest('app', workflow, { ...options, ...more }, around);

describe('the options of run', () => {
	test('are a request, with nothing in it that nobody asked for', async () => {
		assert.deepEqual(await request({}), { project: 'app', at: 'worktree', event: 'push', secrets: {} });
		assert.deepEqual(
			await request(
				{
					job: ['build:2', 'test'],
					in: 'host',
					input: ['level=high', 'text=a=b', 'empty='],
					env: ['A=1'],
					matrix: ['os=linux'],
					secret: ['TOKEN'],
					changed: 'main',
					failFast: true,
				},
				'ci.yml',
			),
			{
				project: 'app',
				at: 'worktree',
				event: 'push',
				secrets: { TOKEN: 'from-env' },
				workflow: 'ci.yml',
				jobs: ['build', 'test'],
				until: { build: '2' },
				tier: 'host',
				inputs: { level: 'high', text: 'a=b', empty: '' },
				env: { A: '1' },
				matrix: { os: 'linux' },
				changedSince: 'main',
				failFast: true,
			},
		);
	});

	test('take a payload and secrets from files', async () => {
		const [event, secrets] = [join(folder, 'event.json'), join(folder, 'secrets')];
		writeFileSync(event, '{"action": "opened"}');
		writeFileSync(secrets, '# mine\nKEY="a b"\nexport OTHER=c\n');
		const made = await request({ eventFile: event, secretsFile: secrets, secret: ['TOKEN'] });
		assert.deepEqual(made.payload, { action: 'opened' });
		assert.deepEqual(made.secrets, { KEY: 'a b', OTHER: 'c', TOKEN: 'from-env' });
	});

	test('that cannot be read say which, and how it is written', async () => {
		writeFileSync(join(folder, 'list.json'), '[]');
		writeFileSync(join(folder, 'empty'), '\n');
		const cases: readonly (readonly [Partial<RunOptions>, RegExp])[] = [
			[{ input: ['level'] }, /--input level is not key=value/],
			[{ env: ['=x'] }, /--env =x is not key=value/],
			[{ matrix: ['a b=c'] }, /--matrix a b=c is not key=value/],
			[{ eventFile: join(folder, 'none.json') }, /event file .* cannot be read/],
			[{ eventFile: join(folder, 'list.json') }, /holds no object/],
			[{ secretsFile: join(folder, 'empty') }, /holds none/],
			[{ secretsFile: join(folder, 'none') }, /cannot be read/],
			[{ secret: ['KEY=value'] }, /cannot be the name of a secret/],
		];
		for (const [more, what] of cases) await assert.rejects(request(more), what);
	});
});
