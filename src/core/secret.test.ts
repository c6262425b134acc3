import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
	projectOfScope,
	scopeKey,
	scopeOf,
	scopesFor,
	settingName,
	whyNoEnvironmentSecrets,
	whyNoSecrets,
	wrongSetting,
} from './secret.ts';

const push = { event: 'push', ref: 'refs/heads/main', payload: {} };

describe('scopes', () => {
	test('have words that no name can forge', () => {
		const keys = [
			scopeOf(undefined, undefined),
			scopeOf('shop', undefined),
			scopeOf('shop', 'production'),
			scopeOf('shop/production', undefined),
			scopeOf('environment/shop', 'x'),
			scopeOf('server', undefined),
		].map(scopeKey);
		assert.equal(new Set(keys).size, keys.length, keys.join(' '));
		assert.equal(projectOfScope(scopeKey(scopeOf('a/b', 'c'))), 'a/b');
		assert.equal(projectOfScope('server'), undefined);
	});

	test('go from the wide to the narrow', () => {
		assert.deepEqual(scopesFor('shop', 'staging').map(scopeKey), [
			'server',
			'project/shop',
			'environment/shop/staging',
		]);
		assert.deepEqual(scopesFor('shop', undefined).map(scopeKey), ['server', 'project/shop']);
	});

	test('names are those of variables, values are not empty and not endless', () => {
		assert.equal(settingName(' npm_token '), 'NPM_TOKEN');
		for (const bad of ['', '1A', 'A-B', 'GITHUB_TOKEN', 'A=B', 'A'.repeat(101)])
			assert.equal(wrongSetting(bad, 'x')?.code, 'FB6060', bad);
		for (const bad of ['', 'a\0b', 'x'.repeat(70_000)]) assert.equal(wrongSetting('A', bad)?.code, 'FB6061');
		assert.equal(wrongSetting('NPM_TOKEN', 'x'), undefined);
	});
});

describe('who gets secrets', () => {
	test('nothing of a fork', () => {
		const pull = (name: string) => ({
			...{ event: 'pull_request', ref: 'refs/pull/1/merge' },
			payload: { pull_request: { head: { repo: { full_name: name } }, base: { repo: { full_name: 'team/shop' } } } },
		});
		assert.match(whyNoSecrets({ trigger: pull('eve/shop'), isOnRef: true }) ?? '', /fork/);
		assert.equal(whyNoSecrets({ trigger: pull('team/shop'), isOnRef: true }), undefined, 'control');
		assert.equal(whyNoSecrets({ trigger: push, isOnRef: true }), undefined);
	});

	test('those of an environment go to the branches that may use it, to what was really pushed there', () => {
		const ask = (more: object = {}) =>
			whyNoEnvironmentSecrets({ trigger: push, environment: 'production', branches: ['main'], isOnRef: true, ...more });
		assert.equal(ask(), undefined, 'control');
		assert.match(ask({ trigger: { ...push, ref: 'refs/heads/feature' } }) ?? '', /this is refs\/heads\/feature/);
		assert.match(ask({ trigger: { ...push, ref: 'refs/tags/main' } }) ?? '', /refs\/tags/);
		assert.match(ask({ trigger: { ...push, worktreeOf: 'x' } }) ?? '', /uncommitted/);
		assert.match(ask({ isOnRef: false }) ?? '', /not pushed/, 'a bare commit of another branch');
		assert.equal(ask({ branches: undefined }), undefined);
	});
});
