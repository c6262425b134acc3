import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { nearestTo, newestIn } from './newest.ts';
import { corepackFor, isNpmNamed, nodeRange, nodeVersionIn, npmFor } from './node-version.ts';

const versions = ['12.22.12', '16.20.2', '18.20.4', '20.9.0', '20.19.0', '22.22.0', '24.5.0', '25.1.0', '26.10.0'];

describe('the version of Node that setup-node means', () => {
	// https://github.com/actions/setup-node#supported-version-syntax
	const cases: readonly (readonly [asked: string, version: string | undefined])[] = [
		['20', '20.19.0'],
		['20.x', '20.19.0'],
		['20.9', '20.9.0'],
		['v20.9.0', '20.9.0'],
		['20.9.0', '20.9.0'],
		['>=18 <21', '20.19.0'],
		['^20.10', '20.19.0'],
		['>=10.15.0', '26.10.0'],
		['16 || 18', '18.20.4'],
		['latest', '26.10.0'],
		['current', '26.10.0'],
		['node', '26.10.0'],
		['lts/*', '24.5.0'],
		['lts/-1', '22.22.0'],
		['lts/-2', '20.19.0'],
		['lts/iron', '20.19.0'],
		['lts/Hydrogen', '18.20.4'],
		['20.99.0', undefined],
		['14', undefined],
		['not a version', undefined],
	];
	for (const [asked, version] of cases)
		test(`${asked} is ${version ?? 'none'}`, () => {
			const wanted = nodeRange(asked);
			assert.ok('range' in wanted);
			assert.equal(newestIn(wanted.range, versions), version);
		});

	for (const asked of ['20-nightly', '20.0.0-rc.1', 'v22-v8-canary', 'lts/lithium-9', 'lts/'])
		test(`${asked} is not had here`, () => {
			const wanted = nodeRange(asked);
			assert.ok('why' in wanted || newestIn(wanted.range, versions) === undefined);
		});

	test('what comes nearest to a version that there is not', () => {
		assert.deepEqual(nearestTo('20.99.0', versions), ['20.19.0', '20.9.0']);
		assert.deepEqual(nearestTo('99', versions), ['26.10.0', '25.1.0', '24.5.0']);
	});
});

describe('a file that names the version of Node', () => {
	// https://github.com/actions/setup-node/blob/main/docs/advanced-usage.md#node-version-file
	const cases: readonly (readonly [title: string, text: string, answer: object])[] = [
		['.nvmrc', 'v20.9.0\n', { version: '20.9.0' }],
		['.nvmrc with an alias', 'lts/iron\n', { version: 'lts/iron' }],
		['.node-version', '18\r\n', { version: '18' }],
		['.tool-versions', 'ruby 3.1.0\nnodejs 16.20.2\npython 3.12.0\n', { version: '16.20.2' }],
		['.tool-versions with node', 'node 22\n', { version: '22' }],
		['engines', '{"engines":{"node":">=18"}}', { version: '>=18' }],
		['volta before engines', '{"engines":{"node":">=18"},"volta":{"node":"20.9.0"}}', { version: '20.9.0' }],
		['volta of another file', '{"volta":{"extends":"../package.json"}}', { from: '../package.json' }],
		[
			'devEngines before engines',
			'{"devEngines":{"runtime":[{"name":"bun","version":"1"},{"name":"Node","version":"^22"}]},"engines":{"node":"18"}}',
			{ version: '^22' },
		],
		['a manifest that names none', '{"name":"x"}', { version: undefined }],
		['mise.toml', '[tools]\nnode = "22"\n', { version: '22' }],
		['mise.toml with a table', '[tools.node]\nversion = "20.9"\n', { version: '20.9' }],
	];
	for (const [title, text, answer] of cases) test(title, () => assert.deepEqual(nodeVersionIn(text), answer));
});

describe('what comes with a version of Node', () => {
	const npms = {
		'6.14.18': '6 >=6.2.0 || 8 || >=9.3.0',
		'8.19.4': '^12.13.0 || ^14.15.0 || >=16.0.0',
		'9.9.4': '^14.17.0 || ^16.13.0 || >=18.0.0',
		'10.9.9': '^18.17.0 || >=20.5.0',
		'11.21.2': '^20.17.0 || >=22.9.0',
		'12.0.0-pre.1': '>=26.0.0',
		'12.2.0': '^22.22.2 || ^24.15.0 || >=26.0.0',
	};
	const cases = [
		['12.22.12', '6.14.18'],
		['16.20.2', '8.19.4'],
		['18.0.0', '9.9.4'],
		['18.20.4', '10.9.9'],
		['20.0.0', '9.9.4'],
		['20.19.0', '10.9.9'],
		['24.5.0', '11.21.2'],
		['26.10.0', '11.21.2'],
		['30.0.0', '12.2.0'],
	] as const;
	for (const [node, npm] of cases) test(`Node ${node} gets npm ${npm}`, () => assert.equal(npmFor(node, npms), npm));

	test('corepack comes with Node 16.9 to 24, in a version that supports it', () => {
		const corepacks = { '0.20.0': '>=14.14.0', '0.34.0': '^20.10.0 || ^22.11.0 || >=24.0.0' };
		assert.equal(corepackFor('16.20.2', corepacks), '0.20.0');
		assert.equal(corepackFor('20.19.0', corepacks), '0.34.0');
		assert.equal(corepackFor('25.1.0', corepacks), undefined);
		assert.equal(corepackFor('12.22.12', corepacks), undefined);
	});

	test('npm as the package manager that a manifest names', () => {
		assert.ok(isNpmNamed('{"packageManager":"npm@10.2.0"}'));
		assert.ok(isNpmNamed('{"devEngines":{"packageManager":{"name":"npm"}}}'));
		assert.ok(!isNpmNamed('{"packageManager":"pnpm@9.0.0"}'));
		assert.ok(!isNpmNamed('nothing'));
	});
});
