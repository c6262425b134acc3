import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type Pattern, readPattern, takesIn } from './pattern.ts';

function pattern(source: string): Pattern {
	const read = readPattern(source);
	if (typeof read === 'string') assert.fail(`${source}: ${read}`);
	return read;
}

describe('a filter pattern', () => {
	test('matches what the cheat sheet of the documentation says', () => {
		const table: readonly (readonly [string, readonly string[], readonly string[]])[] = [
			['feature/*', ['feature/my-branch', 'feature/'], ['feature/a/b', 'feature']],
			['feature/**', ['feature/beta-a/my-branch', 'feature/x'], ['feature', 'afeature/x']],
			['*', ['main', 'releases'], ['all/the/branches']],
			['**', ['main', 'all/the/branches', ''], []],
			['*feature', ['mona-feature', 'feature', 'ver-10-feature'], ['x/feature']],
			['v2*', ['v2', 'v2.0', 'v2.9'], ['v1', 'v2/x']],
			['v[12].[0-9]+.[0-9]+', ['v1.10.1', 'v2.0.0'], ['v3.0.0', 'v1..1', 'v1.10']],
			['*.jsx?', ['page.js', 'page.jsx'], ['page.jsxx', 'src/page.js']],
			['**.js', ['index.js', 'js/index.js', 'src/js/app.js'], ['index.jsx']],
			['docs/*', ['docs/README.md'], ['docs/mona/octocat.txt']],
			[
				'docs/**/*.md',
				['docs/README.md', 'docs/mona/hello.md', 'docs/a/markdown/file.md'],
				['docs/x.txt', 'x/docs/y.md'],
			],
			['**/docs/**', ['docs/hello.md', 'dir/docs/my-file.txt', 'space/docs/plan/space.doc'], ['mydocs/x']],
			['**/README.md', ['README.md', 'js/README.md'], ['OLD-README.md']],
			['**/*src/**', ['a/src/app.js', 'my-src/code/js/app.js'], ['src']],
			['**/*-post.md', ['my-post.md', 'path/their-post.md'], ['post.md']],
			['v1\\.*', ['v1.2'], ['v12']],
			['a\\*b', ['a*b'], ['aab', 'axb']],
		];
		for (const [source, matching, other] of table) {
			for (const text of matching) assert.ok(pattern(source).matches(text), `${source} matches ${text}`);
			for (const text of other) assert.ok(!pattern(source).matches(text), `${source} does not match ${text}`);
		}
	});

	test('says what is wrong with it', () => {
		for (const source of ['', '!', '?', '*+', 'a++', '[', '[]', '[!a]', '[a-]', 'x/**/?']) {
			assert.equal(typeof readPattern(source), 'string', source);
		}
	});

	test('in a list, the last one that matches decides', () => {
		const list = ['releases/**', '!releases/**-alpha', 'releases/10-alpha'].map(pattern);
		assert.deepEqual(
			['releases/1', 'releases/1-alpha', 'releases/10-alpha', 'main'].map((name) => takesIn(list, name)),
			[true, false, true, false],
		);
	});

	test('takes time linear in the text', () => {
		const slow = pattern(`${'**a'.repeat(40)}b`);
		const start = performance.now();
		assert.ok(!slow.matches('a'.repeat(5_000)));
		assert.ok(performance.now() - start < 2_000);
	});

	test('agrees with a regular expression made from the same parts', () => {
		const part = fc.oneof(
			fc.constantFrom('a', 'b', '-', '/').map((text) => ({ text, regex: text })),
			fc.constant({ text: '*', regex: '[^/]*' }),
			fc.constant({ text: '[a-b]', regex: '[a-b]' }),
			fc.constant({ text: 'a?', regex: 'a?' }),
			fc.constant({ text: 'b+', regex: 'b+' }),
		);
		const name = fc.string({ unit: fc.constantFrom('a', 'b', '-', '/'), maxLength: 8 });
		fc.assert(
			fc.property(fc.array(part, { minLength: 1, maxLength: 6 }), name, (parts, text) => {
				const source = parts.map((one) => one.text).join('');
				fc.pre(!source.includes('**'));
				const regex = new RegExp(`^${parts.map((one) => one.regex).join('')}$`);
				assert.equal(pattern(source).matches(text), regex.test(text), `${source} on ${text}`);
			}),
			{ numRuns: 500 },
		);
	});
});
