import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { goVersionIn, pickGo } from './go-version.ts';
import { packageManagerIn } from './package-manager.ts';
import { pickPython, pythonVersionsIn, whyNoPython } from './python-version.ts';

describe('the version of Go that setup-go means', () => {
	// https://github.com/actions/setup-go#supported-version-syntax
	const versions = ['1.9.7', '1.20', '1.20.14', '1.21.0', '1.22.5', '1.23rc1', '1.26.8', '1.27.4', '1.28rc1'];
	const cases: readonly (readonly [string, string | undefined])[] = [
		['1.22.5', '1.22.5'],
		['1.22', '1.22.5'],
		['go1.22.5', '1.22.5'],
		['1.22.x', '1.22.5'],
		['1.20.0', '1.20'],
		['^1.21', '1.27.4'],
		['>=1.20 <1.22', '1.21.0'],
		['stable', '1.27.4'],
		['oldstable', '1.26.8'],
		['1.23.0-rc.1', '1.23rc1'],
		['1.23rc1', '1.23rc1'],
		['1.23', undefined],
		['1.99', undefined],
	];
	for (const [asked, version] of cases)
		test(`${asked} is ${version ?? 'none'}`, () => assert.equal(pickGo(asked, versions), version));

	test('a file that names it', () => {
		const mod = 'module x\n\ngo 1.21\n\ntoolchain go1.22.5\n';
		assert.equal(goVersionIn('go.mod', mod, false), '1.22.5');
		assert.equal(goVersionIn('sub/go.mod', mod, true), '1.21');
		assert.equal(goVersionIn('go.work', 'go 1.22.5\nuse .\n', false), '1.22.5');
		assert.equal(goVersionIn('.go-version', '1.22\n', false), '1.22');
		assert.equal(goVersionIn('.tool-versions', 'nodejs 20\ngolang 1.23.1 # here\n', false), '1.23.1');
		assert.equal(goVersionIn('go.mod', 'module x\n', false), '');
	});
});

describe('the version of Python that setup-python means', () => {
	// https://github.com/actions/setup-python/blob/main/docs/advanced-usage.md#using-the-python-version-input
	const versions = ['3.8.18', '3.9.2', '3.11.7', '3.12.1', '3.13.0-rc.1', '3.14.0-b2'];
	const cases: readonly (readonly [string, string | undefined])[] = [
		['3.12', '3.12.1'],
		['3.12.1', '3.12.1'],
		['3.x', '3.12.1'],
		['3', '3.12.1'],
		['>=3.9 <3.12', '3.11.7'],
		['3.13-dev', '3.13.0-rc.1'],
		['3.13.0rc.1', '3.13.0-rc.1'],
		['3.13', undefined],
		['2.7', undefined],
	];
	for (const [asked, version] of cases)
		test(`${asked} is ${version ?? 'none'}`, () => assert.equal(pickPython(asked, versions), version));

	test('prereleases count where they are allowed and nothing else is there', () => {
		assert.equal(pickPython('3.14', versions, { allowsPrereleases: true }), '3.14.0-b2');
		assert.equal(pickPython('3.12', versions, { allowsPrereleases: true }), '3.12.1');
	});

	test('what is no CPython is told apart', () => {
		for (const asked of ['pypy-3.10', 'pypy3.10-v7.3', 'graalpy-24', '3.13t', '3.14.0t'])
			assert.ok(whyNoPython(asked) !== undefined, asked);
		for (const asked of ['3.12', '3.x', '3.14-dev']) assert.equal(whyNoPython(asked), undefined);
	});

	test('a file that names it', () => {
		assert.deepEqual(pythonVersionsIn('.python-version', '# ours\n3.12\n3.11.7\n'), ['3.12', '3.11.7']);
		assert.deepEqual(pythonVersionsIn('.tool-versions', 'nodejs 20\npython 3.12.1 3.11\n'), ['3.12.1', '3.11']);
		const pyproject = (specifier: string) =>
			pythonVersionsIn('pyproject.toml', `[project]\nrequires-python = "${specifier}"\n`);
		assert.deepEqual(pyproject('>=3.9,<3.12'), ['>=3.9 <3.12']);
		assert.equal(pickPython(pyproject('~=3.9')[0] ?? '', versions), '3.12.1');
		assert.equal(pickPython(pyproject('==3.11.*')[0] ?? '', versions), '3.11.7');
		assert.deepEqual(pythonVersionsIn('pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.11"\n'), ['^3.11']);
		assert.deepEqual(pythonVersionsIn('Pipfile', '[requires]\npython_version = "3.11"\n'), ['3.11']);
		assert.deepEqual(pythonVersionsIn('pyproject.toml', '[broken'), []);
	});
});

describe('the package manager that a manifest names', () => {
	test('packageManager goes before devEngines, and its hash is no part of the version', () => {
		assert.deepEqual(packageManagerIn('{"packageManager":"pnpm@9.1.0+sha256.abc"}'), {
			name: 'pnpm',
			version: '9.1.0',
		});
		assert.deepEqual(packageManagerIn('{"devEngines":{"packageManager":{"name":"pnpm","version":"^10"}}}'), {
			name: 'pnpm',
			version: '^10',
		});
		assert.equal(packageManagerIn('{"packageManager":"pnpm"}'), undefined);
		assert.equal(packageManagerIn('no json'), undefined);
	});
});
