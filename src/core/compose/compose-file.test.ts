import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseCompose, startOrder } from './compose-file.ts';
import { interpolate } from './interpolate.ts';

describe('a Compose file', () => {
	test('gives services with command, environment, ports, healthcheck and dependencies', () => {
		const read = parseCompose(
			[
				'services:',
				'  web:',
				'    image: node:26',
				'    command: ["node", "server.js"]',
				'    environment: { GREETING: "${GREETING:-hello}", LIMIT: 5 }',
				'    ports: ["8080:3000", 9229]',
				'    depends_on: { store: { condition: service_healthy } }',
				'    stop_grace_period: 5s',
				'  store:',
				'    command: ./store --port $$PORT',
				'    environment: [ "A=b=c", "INHERITED" ]',
				'    healthcheck: { test: ["CMD-SHELL", "nc -z localhost $$PORT"], interval: 500ms, retries: 5, start_period: 1m }',
			].join('\n'),
			'compose.yaml',
			{ INHERITED: 'yes' },
		);
		assert.ok(read.ok);
		const [web, store] = read.value.application.services;
		assert.deepEqual(web?.command, { argv: ['node', 'server.js'] });
		assert.deepEqual(web?.environment, { GREETING: 'hello', LIMIT: '5' });
		assert.deepEqual(web?.ports, ['3000', '9229']);
		assert.deepEqual(web?.dependsOn, [{ service: 'store', condition: 'service_healthy' }]);
		assert.equal(web?.stopGraceMs, 5000);
		assert.deepEqual(store?.command, { shell: './store --port $PORT' });
		assert.deepEqual(store?.environment, { A: 'b=c', INHERITED: 'yes' });
		assert.deepEqual(store?.healthcheck, {
			test: { shell: 'nc -z localhost $PORT' },
			intervalMs: 500,
			timeoutMs: 30_000,
			retries: 5,
			startPeriodMs: 60_000,
		});
		assert.deepEqual(
			startOrder(read.value.application.services)?.map((service) => service.name),
			['store', 'web'],
		);
		assert.match(read.value.notes.join('\n'), /image of service web has no effect/);
	});

	test('refuses what it cannot do, with the line, and never ignores it', () => {
		const read = parseCompose(
			'services:\n  db:\n    image: postgres\n  web:\n    command: x\n    network_mode: host\nnetworks: {}\n',
			'compose.yaml',
			{},
		);
		assert.ok(!read.ok);
		assert.deepEqual(
			read.error.map((problem) => [problem.where, problem.what]),
			[
				['compose.yaml:7:1', 'networks is not supported'],
				['compose.yaml:2:3', 'service db has no command'],
				['compose.yaml:6:5', 'network_mode of service web is not supported'],
			],
		);
	});

	test('refuses a circle, an unknown dependency, and waiting for health that nobody tells', () => {
		const circle = parseCompose(
			'services:\n  a: { command: x, depends_on: [b] }\n  b: { command: x, depends_on: [a] }\n',
			'c.yaml',
			{},
		);
		assert.ok(!circle.ok && /circle/.test(circle.error[0]?.what ?? ''));
		const unknown = parseCompose('services:\n  a: { command: x, depends_on: [b] }\n', 'c.yaml', {});
		assert.ok(!unknown.ok && /not there/.test(unknown.error[0]?.what ?? ''));
		const health = parseCompose(
			'services:\n  a: { command: x, depends_on: { b: { condition: service_healthy } } }\n  b: { command: y }\n',
			'c.yaml',
			{},
		);
		assert.ok(!health.ok && /no healthcheck/.test(health.error[0]?.what ?? ''));
	});
});

test('variables are filled as the Compose specification says', () => {
	const variables = { SET: 'x', EMPTY: '' };
	const cases: readonly (readonly [string, string])[] = [
		['$SET-${SET}', 'x-x'],
		['${MISSING}', ''],
		['${EMPTY:-d}|${EMPTY-d}|${MISSING-d}', 'd||d'],
		['${SET:+y}|${EMPTY:+y}|${EMPTY+y}', 'y||y'],
		['$$SET', '$SET'],
	];
	for (const [text, expected] of cases)
		assert.deepEqual(interpolate(text, variables), { ok: true, value: expected }, text);
	assert.deepEqual(interpolate('${MISSING:?say it}', variables), {
		ok: false,
		error: 'the variable MISSING is missing: say it',
	});
});
