import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseConfiguration } from './configuration-file.ts';

describe('footbridge.yaml', () => {
	test('needs no more than the names of the environments', () => {
		const read = parseConfiguration('environments:\n  test: { lifetime: run }\n  production:\n', 'footbridge.yaml');
		assert.ok(read.ok);
		assert.deepEqual(read.value.environments[1], {
			name: 'production',
			lifetime: 'always',
			compose: 'compose.yaml',
			port: 0,
			env: {},
			objective: { name: 'availability', target: 0.995, windowDays: 28 },
			probePath: '/',
			probeIntervalMs: 15_000,
		});
		assert.equal(read.value.environments[0]?.lifetime, 'run');
	});

	test('says all that can be set', () => {
		const text = [
			'environments:',
			'  production:',
			'    compose: deploy/compose.yaml',
			'    service: web',
			'    port: 4400',
			'    deploys: main',
			'    env: { GREETING: hello, LIMIT: 5 }',
			'    objective: { availability: 99.9%, window: 30d }',
			'    probe: { path: /healthz, interval: 5s }',
		].join('\n');
		const read = parseConfiguration(text, 'footbridge.yaml');
		assert.ok(read.ok);
		const [production] = read.value.environments;
		assert.equal(production?.deploys, 'main');
		assert.deepEqual(production?.env, { GREETING: 'hello', LIMIT: '5' });
		assert.ok(Math.abs((production?.objective.target ?? 0) - 0.999) < 1e-12);
		assert.equal(production?.probeIntervalMs, 5000);
	});

	test('has the variables of workflows', () => {
		const read = parseConfiguration('vars: { REGION: eu, LIMIT: 5 }\n', 'footbridge.yaml');
		assert.ok(read.ok);
		assert.deepEqual(read.value.vars, { REGION: 'eu', LIMIT: '5' });
	});

	test('tells every mistake with its line and column', () => {
		const text =
			'environments:\n  test:\n    lifetime: always\n    deplys: main\n  prod:\n    port: 99999\n    objective: { availability: 100% }\n';
		const read = parseConfiguration(text, 'footbridge.yaml');
		assert.ok(!read.ok);
		assert.deepEqual(
			read.error.map((problem) => problem.where),
			['footbridge.yaml:4:5', 'footbridge.yaml:6:11', 'footbridge.yaml:7:32'],
		);
		assert.match(read.error[0]?.next ?? '', /deploys/);
	});

	test('gives no port to two environments, and no variable a name that cannot be one', () => {
		const text =
			'environments:\n  a: { port: 4400 }\n  b: { port: 4400, env: { "A=B": x } }\n  c: { lifetime: run, port: 4400 }\n';
		const read = parseConfiguration(text, 'footbridge.yaml');
		assert.ok(!read.ok);
		assert.deepEqual(
			read.error.map(({ where, what }) => [where, what]),
			[
				['footbridge.yaml:3:27', 'A=B of environment b cannot be a variable'],
				['footbridge.yaml:3:14', 'port 4400 of environment b is the port of environment a'],
			],
		);
	});

	test('that is not YAML is one clear problem', () => {
		const read = parseConfiguration('environments: [', 'footbridge.yaml');
		assert.ok(!read.ok);
		assert.match(read.error[0]?.what ?? '', /not YAML/);
	});

	test('says where actions come from and what runs them', () => {
		const text =
			'actions:\n  from: /srv/actions\n  builtins: off\n  outside: run\n  node: { 20: pinned, 16: 16.20.2 }\n';
		const read = parseConfiguration(text, 'footbridge.yaml');
		assert.ok(read.ok);
		assert.deepEqual(read.value.actions, {
			from: '/srv/actions',
			builtins: false,
			outside: 'run',
			node: { 16: '16.20.2', 20: '20' },
		});
		const usual = parseConfiguration('environments:\n', 'footbridge.yaml');
		assert.ok(usual.ok);
		assert.deepEqual(usual.value.actions, { builtins: true, outside: 'ask', node: {} });
	});

	test('takes no other place of actions than a URL or an absolute path, and no other settings', () => {
		const text =
			'actions:\n  from: ../up\n  builtins: maybe\n  node: { 18: pinned, 20: newest }\n  colour: red\n  outside: no\n';
		const read = parseConfiguration(text, 'footbridge.yaml');
		assert.ok(!read.ok);
		assert.deepEqual(
			read.error.map(({ where }) => where),
			[
				'footbridge.yaml:5:3',
				'footbridge.yaml:2:9',
				'footbridge.yaml:3:13',
				'footbridge.yaml:6:12',
				'footbridge.yaml:4:11',
				'footbridge.yaml:4:23',
			],
		);
		for (const from of ['ext::sh', 'ssh://host/x', 'file:///srv', 'https://user:token@host'])
			assert.ok(!parseConfiguration(`actions: { from: "${from}" }`, 'footbridge.yaml').ok, from);
	});
});
