import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { type Happened, openRig, type Rig } from './rig.ts';

let rig: Rig;
before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const passed = ({ end, log }: Happened) => assert.equal(end.conclusion, 'passed', log.join('\n'));

const matrix = (version: string) => `on: push
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        node: [${version}]
    outputs:
      version: \${{ steps.node.outputs.node-version }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        id: node
        with:
          node-version: \${{ matrix.node }}
      - run: node --version && npm --version && npx --version
      - run: npm ci && node index.js
      - run: npm install --global is-odd-or-even && npm prefix --global
`;
const lock = {
	name: 'app',
	version: '1.0.0',
	lockfileVersion: 3,
	requires: true,
	packages: {
		'': { name: 'app', version: '1.0.0', dependencies: { ms: '2.1.3' } },
		'node_modules/ms': {
			version: '2.1.3',
			integrity: 'sha512-6FlzubTLZG3J2a/NVCAleEhjzq5oxgHyaCU9yYXvcLsvoVaHJq/s5xXI6/XXP6tz7R9xAOtHnSO/tXtF3WRTlA==',
		},
	},
};
const files = {
	'package.json': JSON.stringify({ name: 'app', version: '1.0.0', dependencies: { ms: '2.1.3' } }),
	'package-lock.json': JSON.stringify(lock),
	'index.js': "console.log('an hour is', require('ms')('1h'), 'for', process.version);\n",
};

describe('setup-node', () => {
	for (const tier of ['host', 'disposable'] as const)
		for (const version of ['18.20.4', '22'])
			test(
				`Node ${version} in the tier ${tier}: its npm installs a project and a package for everybody`,
				needs('network', ...(tier === 'host' ? [] : (['overlay'] as const))),
				async () => {
					const happened = await rig.run(matrix(version), { files, tier });
					passed(happened);
					const { log, end } = happened;
					const wanted = version === '22' ? /^v22\.\d+\.\d+$/ : /^v18\.20\.4$/;
					assert.match(end.outputs['version'] ?? '', wanted, log.join('\n'));
					assert.ok(log.includes(end.outputs['version'] ?? ''), log.join('\n'));
					assert.ok(
						log.some((line) => line === `an hour is 3600000 for ${end.outputs['version']}`),
						log.join('\n'),
					);
					assert.ok(
						log.some((line) => /^10\.\d+\.\d+$/.test(line)),
						log.join('\n'),
					);
				},
			);

	test('keeps the downloads of npm from one run to the next', needs('network'), async () => {
		const cached = (id: string) => `on: push
jobs:
  test:
    runs-on: ubuntu-latest
    outputs:
      hit: \${{ steps.node.outputs.cache-hit }}
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        id: node
        with: { node-version: 22, cache: npm }
      - run: echo ${id}; npm ci --prefer-offline && ls "$(npm config get cache)/_cacache"
`;
		const run = { run: { id: 'cached', number: 1, attempt: 1, project: 'cached' }, tier: 'disposable' as const };
		const first = await rig.run(cached('one'), { ...run, files, logKey: 'cached/one.1' });
		passed(first);
		assert.equal(first.end.outputs['hit'], 'false', first.log.join('\n'));
		assert.ok(
			first.log.includes('npm cache is not found') &&
				first.log.some((line) => line.startsWith('Cache saved with the key: node-cache-Linux-')),
			first.log.join('\n'),
		);
		const second = await rig.run(cached('two'), { ...run, files, logKey: 'cached/two.1' });
		passed(second);
		assert.equal(second.end.outputs['hit'], 'true', second.log.join('\n'));
		assert.ok(
			second.log.some((line) => line.startsWith('Cache hit occurred on the primary key')),
			second.log.join('\n'),
		);
	});

	test('a job that changes its Node changes it for itself alone (ISO-14)', needs('network', 'overlay'), async () => {
		const job = (script: string) => `on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/setup-node@v4
        with: { node-version: 18.20.4 }
      - run: |
          ${script}
`;
		const poison = await rig.run(job('printf \'#!/bin/sh\\necho poison\\n\' >"$(which node)" && node --version'), {
			tier: 'disposable',
		});
		passed(poison);
		assert.ok(poison.log.includes('poison'), poison.log.join('\n'));
		const next = await rig.run(job('node --version'), { tier: 'disposable' });
		passed(next);
		assert.ok(next.log.includes('v18.20.4') && !next.log.includes('poison'), next.log.join('\n'));
	});
});
