import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { httpProbe } from '#edge/probe/http.ts';
import { openRig, type Rig } from './rig.ts';

const remotes = {
	'codecov/codecov-action@v5': {
		'action.yml': 'name: coverage\nruns: { using: node20, main: main.js, post: main.js }',
		'main.js': "console.log('the action ran')",
	},
	'octo/wrapped@v1': {
		'action.yml':
			'name: wrapped\nruns: { using: composite, steps: [{ run: echo inside, shell: bash }, { uses: codecov/codecov-action@v5 }] }',
	},
};

const upload = '- { name: Upload coverage, id: upload, uses: codecov/codecov-action@v5 }';

/** Asks this port instead of the service: a real connection, made or refused. */
function probeAt(port: number) {
	const { ask } = httpProbe();
	return { ask: (_url: string, timeoutMs: number) => ask(`http://127.0.0.1:${port}/`, timeoutMs) };
}

function workflow(...steps: readonly string[]): string {
	return `on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${steps.map((step) => `      ${step}\n`).join('')}`;
}

describe('a step whose service outside is not reached', () => {
	const server = createServer((_request, response) => response.writeHead(404).end());
	let [reached, unreached]: readonly Rig[] = [];
	let asked = 0;

	before(async () => {
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		const { port } = server.address() as AddressInfo;
		reached = await openRig({ probe: probeAt(port) });
		const closed = createServer();
		await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
		const { port: closedPort } = closed.address() as AddressInfo;
		await new Promise((resolve) => closed.close(resolve));
		const silent = probeAt(closedPort);
		unreached = await openRig({
			probe: {
				ask: (url, timeoutMs) => {
					asked += 1;
					return silent.ask(url, timeoutMs);
				},
			},
		});
	});
	after(async () => {
		await reached?.[Symbol.asyncDispose]();
		await unreached?.[Symbol.asyncDispose]();
		server.close();
	});

	test('is skipped with the reason, its action is not even fetched, and the job goes on', async () => {
		const steps = workflow('- run: echo work', upload, "- run: echo after '${{ steps.upload.outcome }}'");
		const { end, log, of } = (await unreached?.run(steps)) ?? assert.fail();
		assert.equal(end.conclusion, 'passed');
		const [, step] = of('step-finished');
		const logLine = log.findIndex((line) => line.startsWith('Skipped: ')) + 1;
		const why = 'it uploads coverage at codecov.io, which this machine does not reach: connection refused';
		assert.deepEqual(
			[step?.outcome, step?.conclusion, step?.isUnreached, step?.why, step?.annotations],
			[
				...['skipped', 'skipped', true, why],
				[{ level: 'warning', message: `Upload coverage was skipped: ${why}`, logLine }],
			],
		);
		assert.ok(log.includes(`Skipped: ${why}`), log.join('\n'));
		assert.ok(log.includes('after skipped'), log.join('\n'));
	});

	test('is started where the service answers, whatever it says', async () => {
		const { end, log } = (await reached?.run(workflow('- run: echo work', upload), { remotes })) ?? assert.fail();
		assert.equal(end.conclusion, 'passed');
		assert.ok(log.includes('the action ran'), log.join('\n'));
	});

	test('is started where the project wants that, and nobody is asked', async () => {
		const before = asked;
		const { log } =
			(await unreached?.run(workflow(upload), { remotes, settings: { outside: 'run' } })) ?? assert.fail();
		assert.ok(log.includes('the action ran'), log.join('\n'));
		assert.equal(asked, before);
	});

	test('leaves a job that has nothing else to do skipped, and not green', async () => {
		const { end } = (await unreached?.run(workflow('- uses: actions/checkout@v5', upload))) ?? assert.fail();
		assert.equal(end.conclusion, 'skipped');
		assert.match(end.why ?? '', /codecov\.io, which this machine does not reach/);
	});

	test('is skipped inside of a composite action, too, whose other steps run', async () => {
		const { end, log } = (await unreached?.run(workflow('- uses: octo/wrapped@v1'), { remotes })) ?? assert.fail();
		assert.equal(end.conclusion, 'passed');
		assert.ok(log.includes('inside') && !log.includes('the action ran'), log.join('\n'));
		assert.ok(
			log.some((line) => line.startsWith('Skipped: it uploads coverage')),
			log.join('\n'),
		);
	});

	test('is not taken for one when it fails by itself', async () => {
		const failing = {
			'codecov/codecov-action@v5': {
				'action.yml': 'name: coverage\nruns: { using: node20, main: main.js }',
				'main.js': 'process.exit(3)',
			},
		};
		const { end } = (await reached?.run(workflow(upload), { remotes: failing })) ?? assert.fail();
		assert.equal(end.conclusion, 'failed');
	});
});
