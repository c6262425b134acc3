import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { bunVersionIn } from './bun-version.ts';
import { isDistribution, javaSemver, javaVersionIn, pickJdk } from './java-version.ts';
import { isMoving, isRustToolchain, rustToolchain, rustToolchainIn } from './rust-toolchain.ts';
import { pickUv, uvVersionIn } from './uv-version.ts';

describe('the toolchain of Rust that is meant', () => {
	// https://github.com/dtolnay/rust-toolchain#toolchain-expressions; 1.75.0 came out on 2023-12-28, six weeks after 1.74
	const now = Date.parse('2024-01-10T00:00:00Z');
	const cases = [
		['stable', 'stable'],
		['1.70.0', '1.70.0'],
		['nightly-2023-12-01', 'nightly-2023-12-01'],
		['stable minus 1 release', '1.74'],
		['stable minus 8 releases', '1.67'],
		['stable 18 months ago', '1.62'],
		['stable 6 weeks ago', '1.74'],
	] as const;
	for (const [asked, toolchain] of cases)
		test(`${asked} is ${toolchain}`, () => assert.equal(rustToolchain(asked, now), toolchain));

	test('a name that rustup may be given is no option and no path', () => {
		for (const name of [
			'stable',
			'nightly-2024-01-01',
			'1.75',
			'1.75.0',
			'stable-x86_64-unknown-linux-gnu',
			'1.80.0-beta.1',
		])
			assert.ok(isRustToolchain(name), name);
		for (const name of ['', '--help', '../x', 'stable/..', 'v1', 'master', 'stable; true', 'a'.repeat(40)])
			assert.ok(!isRustToolchain(name), name);
		assert.ok(isMoving('stable') && isMoving('nightly') && isMoving('1.75'));
		assert.ok(!isMoving('1.75.0') && !isMoving('nightly-2024-01-01'));
	});

	test('a file that names it', () => {
		assert.deepEqual(rustToolchainIn('1.75.0\n'), { toolchain: '1.75.0' });
		assert.deepEqual(
			rustToolchainIn('[toolchain]\nchannel = "nightly"\nprofile = "minimal"\ncomponents = ["rustfmt"]\n'),
			{ toolchain: 'nightly', profile: 'minimal', components: ['rustfmt'], targets: [] },
		);
		assert.deepEqual(rustToolchainIn('[toolchain'), { toolchain: '[toolchain' });
		assert.ok(!isRustToolchain('[toolchain'));
	});
});

describe('the JDK that is meant', () => {
	const here = [
		{ version: '17.0.15', vendor: 'Debian' },
		{ version: '17.0.9', vendor: 'Eclipse Adoptium' },
		{ version: '25.0.3', vendor: 'Eclipse Adoptium' },
		{ version: '1.8.0_402', vendor: 'Azul Systems, Inc.' },
	];
	const cases = [
		['17', 'temurin', '17.0.9', false],
		['17', 'zulu', '17.0.15', true],
		['8', 'zulu', '1.8.0_402', false],
		['1.8', 'zulu', '1.8.0_402', false],
		['17.0.15', 'temurin', '17.0.15', true],
		['25.0.3+9', 'temurin', '25.0.3', false],
		['21', 'temurin', undefined, undefined],
	] as const;
	for (const [asked, distribution, version, isOther] of cases)
		test(`${asked} of ${distribution} is ${version ?? 'none'}`, () => {
			const found = pickJdk(asked, distribution, here);
			assert.deepEqual([found?.jdk.version, found?.isOther], [version, isOther]);
		});

	test('versions and files', () => {
		assert.deepEqual(['1.8.0_402', '17', '21.0.2+13'].map(javaSemver), ['8.0.402', '17.0.0', '21.0.2']);
		assert.ok(isDistribution('temurin') && !isDistribution('jdkfile') && !isDistribution('constructor'));
		assert.equal(javaVersionIn('.java-version', '17.0.2\n'), '17.0.2');
		assert.equal(javaVersionIn('.tool-versions', 'java temurin-21.0.1+12.0.LTS\n'), '21.0.1');
		assert.equal(javaVersionIn('.sdkmanrc', 'java=21.0.5-tem\n'), '21.0.5');
	});
});

describe('the version of uv and of Bun that is meant', () => {
	const versions = ['0.4.30', '0.5.0', '0.5.9', '0.9.9'];
	const cases = [
		['latest', '0.9.9'],
		['0.5.0', '0.5.0'],
		['0.5.x', '0.5.9'],
		['>=0.4.25,<0.6', '0.5.9'],
		['1', undefined],
	] as const;
	for (const [asked, version] of cases)
		test(`uv ${asked} is ${version ?? 'none'}`, () => assert.equal(pickUv(asked, versions, false), version));

	test('the lowest that there is, and files', () => {
		assert.equal(pickUv('>=0.5', versions, true), '0.5.0');
		assert.equal(uvVersionIn('uv.toml', 'required-version = ">=0.5"\n'), '>=0.5');
		assert.equal(uvVersionIn('pyproject.toml', '[tool.uv]\nrequired-version = "0.5.9"\n'), '0.5.9');
		assert.equal(uvVersionIn('requirements.txt', 'ruff==1\nuv==0.5.9 # pinned\n'), '==0.5.9');
		assert.equal(uvVersionIn('.tool-versions', 'uv 0.5.9\n'), '0.5.9');
		assert.equal(bunVersionIn('package.json', '{"packageManager":"bun@1.2.3"}'), '1.2.3');
		assert.equal(bunVersionIn('package.json', '{"engines":{"bun":"^1.1"}}'), '^1.1');
		assert.equal(bunVersionIn('.tool-versions', 'bun 1.0.0\n'), '1.0.0');
		assert.equal(bunVersionIn('.bun-version', '1.0.1\n'), '1.0.1');
	});
});
