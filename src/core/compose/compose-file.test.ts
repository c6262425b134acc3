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

	test('refuses a circle, an unknown dependency, and waiting for health that nobody tells, each with its place', () => {
		const problems = (text: string) => problemsOf(`services:\n${text}`);
		assert.deepEqual(
			problems(
				'  z: { command: x, depends_on: [a] }\n  a: { command: x, depends_on: [b] }\n  b: { command: y, depends_on: [a] }\n',
			),
			[['c.yaml:3:20', 'the services depend on each other in a circle: a → b → a']],
		);
		assert.deepEqual(problems('  a: { command: x, depends_on: [b] }\n'), [
			['c.yaml:2:20', 'service a depends on b, which is not there'],
		]);
		assert.deepEqual(
			problems('  a: { command: x, depends_on: { b: { condition: service_healthy } } }\n  b: { command: y }\n'),
			[['c.yaml:2:20', 'service a waits for b to be healthy, and b has no healthcheck']],
		);
	});

	test('refuses what looks right and is not', () => {
		const inService = (setting: string) => problemsOf(`services:\n  a:\n    command: x\n    ${setting}\n`);
		const cases: readonly (readonly [setting: string, problem: RegExp])[] = [
			['ports: ["3000-3005"]', /3000-3005 is not a port/],
			['ports: ["53:53/udp"]', /is not a port/],
			['ports: ["0"]', /0 is not a port/],
			['ports: 3000', /must be a list/],
			['ports: [{ target: 80, hots_ip: x }]', /no setting hots_ip/],
			['healthcheck: { test: ["curl", "x"] }', /begins with curl/],
			['healthcheck: { test: [CMD] }', /has 0 words after CMD/],
			['healthcheck: { interval: 5s }', /has no test/],
			['healthcheck: { test: x, retries: many }', /retries of .* is many/],
			['healthcheck: { test: x, interval: 5 }', /interval of .* is 5/],
			['environment: { "A=B": c }', /cannot be the name of a variable/],
			['environment: { A: "${B" }', /is not a variable/],
			['environment: { A: "a\\0b" }', /NUL/],
			['environment: { A: [1] }', /must be text/],
			['working_dir: ../x', /must be a folder of the repository/],
			['volumes: ["./src:/app"]', /src:\/app of service a is not supported/],
			['volumes: ["/var/run/docker.sock:/var/run/docker.sock"]', /is not supported/],
			['volumes: ["/cache"]', /is not supported/],
			['volumes: ["data:/proc"]', /is not supported/],
			['volumes: ["data:/a/../etc"]', /is not supported/],
			['volumes: ["data:/data"]', /volume data of service a is not declared/],
			['volumes: [{ type: tmpfs, target: /x }]', /is not supported/],
		];
		for (const [setting, problem] of cases) {
			const [first] = inService(setting);
			assert.match(first?.[1] ?? '', problem, setting);
			assert.match(first?.[0] ?? '', /^c\.yaml:4:\d+$/, setting);
		}
		for (const command of ['', '[]', '""', '["", a]'])
			assert.deepEqual(problemsOf(`services:\n  a:\n    command: ${command}\n`), [
				['c.yaml:3:5', 'service a has no command'],
			]);
		for (const name of ['../x', 'constructor', 'toString', '__proto__', 'a/b', '-a', '"a\\nb"'])
			assert.match(
				problemsOf(`services:\n  ${name}: { command: x }\n`)[0]?.[1] ?? '',
				/cannot be the name of a service/,
			);
	});

	test('says what has no effect, each with its place', () => {
		const read = parseCompose(
			[
				'version: "3"',
				'services:',
				'  a:',
				'    image: x',
				'    command: run $MISSING',
				'    restart: always',
				'    ports: ["8080:3000"]',
				'    environment: [GONE]',
			].join('\n'),
			'c.yaml',
			{},
		);
		assert.ok(read.ok);
		assert.deepEqual(read.value.notes, [
			'version has no effect (c.yaml:1:1)',
			'image of service a has no effect: it runs as a process (c.yaml:4:5)',
			'restart of service a has no effect: it runs as a process (c.yaml:6:5)',
			'the variable MISSING is not set, it is empty in command of service a (c.yaml:5:14)',
			'the variable GONE of service a has no value, it is left out (c.yaml:8:19)',
			'8080 of service a is not opened: users reach the environment at its `port` in footbridge.yaml (c.yaml:7:13)',
		]);
		assert.deepEqual(read.value.application.services[0]?.environment, {});
	});

	test('may share settings by anchors and merges', () => {
		const read = parseCompose(
			[
				'x-usual: &usual { stop_grace_period: 3s, environment: &env { A: "1", B: "2" } }',
				'services:',
				'  a: { <<: *usual, command: x }',
				'  b: { <<: [*usual], command: y, environment: { <<: *env, B: "3" } }',
			].join('\n'),
			'c.yaml',
			{},
		);
		assert.ok(read.ok);
		const [a, b] = read.value.application.services;
		assert.deepEqual([a?.stopGraceMs, a?.environment], [3000, { A: '1', B: '2' }]);
		assert.deepEqual([b?.stopGraceMs, b?.environment], [3000, { A: '1', B: '3' }]);
		assert.match(problemsOf('services:\n  a: &a { <<: *a, command: x }\n')[0]?.[1] ?? '', /must be a mapping/);
		assert.match(problemsOf('services:\n  a: *gone\n')[0]?.[1] ?? '', /gone/);
	});

	test('gives a service its named volumes', () => {
		const read = parseCompose(
			[
				'services:',
				'  a:',
				'    command: x',
				'    volumes: ["data:/var/lib/data/", "seed:/seed:ro", { type: volume, source: data, target: /other }]',
				'volumes: { data: , seed: { driver: local } }',
			].join('\n'),
			'c.yaml',
			{},
		);
		assert.ok(read.ok);
		assert.deepEqual(read.value.application.volumes, ['data', 'seed']);
		assert.deepEqual(read.value.application.services[0]?.volumes, [
			{ name: 'data', path: '/var/lib/data', isReadOnly: false },
			{ name: 'seed', path: '/seed', isReadOnly: true },
			{ name: 'data', path: '/other', isReadOnly: false },
		]);
	});
});

function problemsOf(text: string): readonly (readonly [where: string | undefined, what: string])[] {
	const read = parseCompose(text, 'c.yaml', {});
	return read.ok ? [] : read.error.map(({ where, what }) => [where, what] as const);
}

test('variables are filled as the Compose specification says', () => {
	const variables = { SET: 'x', EMPTY: '' };
	const cases: readonly (readonly [text: string, value: string, ...missing: string[]])[] = [
		['$SET-${SET}', 'x-x'],
		['${MISSING}', '', 'MISSING'],
		['${EMPTY:-d}|${EMPTY-d}|${MISSING-d}', 'd||d'],
		['${SET:+y}|${EMPTY:+y}|${EMPTY+y}', 'y||y'],
		['${MISSING:-${SET}-${EMPTY:-e}}', 'x-e'],
		['${SET:-${MISSING}}', 'x'],
		['${MISSING:-${GONE}}', '', 'GONE'],
		['${constructor}', '', 'constructor'],
		['$$SET $${SET}', '$SET ${SET}'],
		['}', '}'],
	];
	for (const [text, value, ...missing] of cases)
		assert.deepEqual(interpolate(text, variables), { ok: true, value, missing }, text);
	assert.deepEqual(interpolate('${MISSING:?say it}', variables), {
		ok: false,
		error: 'the variable MISSING is missing: say it',
	});
	for (const text of ['$', '${', '${SET', '${SET:-', '$ {A}', '${SET:x}', '${1}'])
		assert.equal(interpolate(text, variables).ok, false, text);
});
