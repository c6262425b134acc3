import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type CheckoutInputs, checkoutInputs } from './checkout-inputs.ts';

const read = (inputs: { readonly [name: string]: string }, repository = 'ada/shop'): CheckoutInputs => {
	const result = checkoutInputs(inputs, { repository, workspace: '/work/shop' });
	assert.ok(result.ok, JSON.stringify(result));
	return result.value;
};
const refusals = (inputs: { readonly [name: string]: string }) => {
	const result = checkoutInputs(inputs, { repository: 'ada/shop', workspace: '/work/shop' });
	return result.ok ? [] : result.error.map(({ code, what }) => `${code} ${what}`);
};

describe('the inputs of actions/checkout', () => {
	test('are by default: the commit of the run alone, in the workspace, emptied before, the token kept', () => {
		const usual = {
			server: '',
			token: '',
			path: '',
			cleans: true,
			depth: 1,
			tags: false,
			submodules: 'none',
			lfs: false,
			keepsToken: true,
		};
		assert.deepEqual(read({}), usual);
	});

	test('are taken in any case, with spaces around, and flags as GitHub writes them', () => {
		const asked = read({
			'Fetch-Depth': ' 0 ',
			SUBMODULES: 'Recursive',
			lfs: 'TRUE',
			clean: 'False',
			'persist-credentials': 'false',
		});
		assert.deepEqual(
			[asked.depth, asked.submodules, asked.lfs, asked.cleans, asked.keepsToken],
			[0, 'recursive', true, false, false],
		);
		assert.equal(read({ submodules: 'true' }).submodules, 'direct');
	});

	test('name another repository only when it is another one', () => {
		assert.equal(read({ repository: 'Ada/Shop' }).repository, undefined);
		assert.equal(read({ repository: 'shop' }, 'shop').repository, undefined, 'a project without a forge has no owner');
		assert.equal(read({ repository: 'ada/lib' }).repository, 'ada/lib');
		for (const repository of ['lib', 'a/b/c', '../x', 'a/b c', '--x', 'https://example.test/a/b'])
			assert.equal(refusals({ repository }).length, 1, repository);
	});

	test('take the patterns of a sparse checkout line by line', () => {
		const { sparse } = read({ 'sparse-checkout': 'src\r\n\n  docs/api  \n', 'sparse-checkout-cone-mode': 'false' });
		assert.deepEqual(sparse, { patterns: ['src', 'docs/api'], isConeMode: false });
		assert.equal(read({ 'sparse-checkout': '\n \n' }).sparse, undefined);
	});

	test('are refused all at once, each by its name', () => {
		assert.deepEqual(refusals({ colour: 'red', lfs: 'yes', 'fetch-depth': '-1', 'ssh-key': 'x', path: '..' }), [
			"FB2040 The path '..' of actions/checkout leaves the workspace",
			"FB2040 'fetch-depth: -1' of actions/checkout is not a number",
			"FB2040 'ssh-key' of actions/checkout is not supported",
			"FB2040 'lfs: yes' of actions/checkout is neither true nor false",
			"FB2040 The input 'colour' of actions/checkout is not known",
		]);
	});

	test('take an absolute path inside the workspace, as the original does', () => {
		assert.equal(read({ path: '/work/shop/src/app' }).path, 'src/app');
		assert.equal(read({ path: '/work/shop' }).path, '');
		for (const path of ['/work', '/work/shopping', '/work/shop/../else', '/etc'])
			assert.equal(refusals({ path }).length, 1, path);
	});

	test('never give a path that leaves the workspace, whatever it is made of', () => {
		const part = fc.constantFrom('..', '.', '', 'a', 'b c', '...', '~', '\\', '..\\..');
		fc.assert(
			fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
				const result = checkoutInputs({ path: parts.join('/') }, { repository: 'ada/shop', workspace: '/a' });
				if (!result.ok) return parts.includes('..') || (parts[0] === '' && parts[1] !== 'a');
				return !result.value.path.startsWith('/') && !result.value.path.split('/').includes('..');
			}),
			{ seed: 7 },
		);
	});
});
