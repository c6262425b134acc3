import '#edge/planner/json-hook.ts';
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { effects } from './affected.ts';

const { planWorkflow } = await import('./workflow/plan-workflow.ts');

const path = '.github/workflows/ci.yml';
const checkout = '- uses: actions/checkout@v4';

function jobsOf(jobs: { readonly [id: string]: string }): string {
	const lines = Object.entries(jobs).map(([id, body]) => `  ${id}:\n    runs-on: any\n${indent(body, 4)}`);
	return `on: {push: , workflow_call: }\njobs:\n${lines.join('\n')}\n`;
}

function indent(text: string, by: number): string {
	return text.replaceAll(/^/gm, ' '.repeat(by));
}

/** `is: why` of each job of a file, for a change of these paths. */
function told(text: string, changed: readonly string[], callable: { readonly [path: string]: string } = {}) {
	const planned = planWorkflow(path, text, {
		trigger: { event: 'push', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: {} },
		vars: {},
		isAskedFor: true,
		callable: new Map(Object.entries(callable)),
	});
	assert.equal(planned.is, 'planned', JSON.stringify(planned));
	if (planned.is !== 'planned') return {};
	return Object.fromEntries([...effects(planned.plan, changed)].map(([key, { is, why }]) => [key, `${is}: it ${why}`]));
}

/** What a change means for one job with these steps. */
function step(steps: string, ...changed: readonly string[]): string | undefined {
	return told(jobsOf({ a: `steps:\n${indent(steps, 2)}` }), changed)['a'];
}

describe('a change', () => {
	test('is open for a job that checks everything out, and sure for one that names what changed', () => {
		assert.equal(step(`${checkout}\n- run: make`, 'src/a.ts'), 'open: it checks the whole repository out');
		assert.equal(step(`${checkout}\n- run: cat src/a.ts`, 'src/a.ts'), 'affected: it names src/a.ts');
		assert.equal(
			step(`${checkout}\n- run: tsc -p ./packages/web`, 'packages/web/x/y.ts'),
			'affected: it names packages/web/',
		);
		assert.equal(
			step(`${checkout}\n- run: make\n  working-directory: web`, 'README.md', 'web/a.ts'),
			'affected: it names web/',
		);
	});

	test('is not named by a word that happens to be the name of a folder', () => {
		assert.equal(step(`${checkout}\n- run: npm test`, 'test/a.ts'), 'open: it checks the whole repository out');
		assert.equal(
			step(`${checkout}\n- run: cat other-src/a.ts`, 'src/a.ts'),
			'open: it checks the whole repository out',
		);
		assert.equal(step(`${checkout}\n- run: cat src/a.tsx`, 'src/a.ts'), 'affected: it names src/');
	});

	test('does not reach a job that checks nothing out', () => {
		assert.equal(step('- run: echo hello', 'src/a.ts'), 'unaffected: it checks nothing out');
		assert.equal(step('- uses: actions/setup-node@v4\n- run: echo hello', 'a'), 'unaffected: it checks nothing out');
	});

	test('may reach a job that checks nothing out but looks at the commit, or uses what may', () => {
		for (const run of [
			'git clone x',
			'echo $GITHUB_SHA',
			'echo $' + '{{ github.sha }}',
			'echo;curl x',
			'cat $GITHUB_EVENT_PATH',
		])
			assert.match(step(`- run: ${run}`, 'src/a.ts') ?? '', /^open: it reads the commit/, run);
		assert.match(step('- run: echo\n  if: github.event.head_commit.message', 'a') ?? '', /^open/);
		assert.match(step('- run: echo digit', 'a') ?? '', /^unaffected/, 'a word that ends so is no git');
	});

	test('of its own file reaches every job', () => {
		assert.equal(step('- run: echo', path), `affected: it stands in ${path}, which changed`);
		assert.match(step('- run: echo', '.github/workflows/other.yml') ?? '', /^unaffected/);
	});

	test('outside the folders of a sparse checkout does not reach the job', () => {
		const sparse = (more: string) => `${checkout}\n  with:\n${indent(more, 4)}\n- run: make`;
		const cone = sparse('sparse-checkout: |\n  docs\n  packages/web/');
		assert.equal(step(cone, 'src/a.ts', 'packages/api/x'), 'unaffected: it checks out only docs, packages/web');
		assert.match(step(cone, 'packages/web/x/y') ?? '', /^affected/);
		assert.match(step(cone, 'package.json') ?? '', /^open/, 'files at the root are in every cone');
		assert.doesNotMatch(
			step(cone, 'packages/tsconfig.json') ?? '',
			/^unaffected/,
			'files of the folders above are in a cone',
		);
		assert.match(step(cone, 'packages2/x') ?? '', /^unaffected/);
		assert.match(step(sparse('sparse-checkout: docs\nsparse-checkout-cone-mode: false'), 'src/a') ?? '', /patterns/);
		assert.match(step(sparse('sparse-checkout: "*.md"'), 'src/a') ?? '', /^open/);
		assert.match(step(sparse('sparse-checkout: $' + '{{ github.ref }}'), 'src/a') ?? '', /^open/);
		assert.match(step(sparse('sparse-checkout: docs').replace('make', 'git show HEAD:src/a'), 'src/a') ?? '', /^open/);
	});

	test('of a local action reaches the jobs that use it', () => {
		const steps = `${checkout}\n- uses: ./.github/actions/build`;
		assert.equal(
			step(steps, '.github/actions/build/action.yml'),
			'affected: it uses .github/actions/build, which changed',
		);
		assert.match(step(steps, 'src/a.ts') ?? '', /^open: it (?:checks the whole|uses \.\/\.github)/);
		assert.equal(step('- uses: someone/deploy@v1', 'a'), 'open: it uses someone/deploy@v1, which may read everything');
	});

	test('reaches what needs a job that it reaches', () => {
		const text = jobsOf({
			last: 'needs: middle\nsteps: [{run: echo}]',
			middle: 'needs: first\nsteps: [{run: echo}]',
			first: `steps:\n  ${checkout}`,
			alone: 'steps: [{run: echo}]',
		});
		assert.deepEqual(told(text, ['src/a.ts']), {
			last: 'open: it needs middle',
			middle: 'open: it needs first',
			first: 'open: it checks the whole repository out',
			alone: 'unaffected: it checks nothing out',
		});
	});

	test('of a called workflow reaches the job that calls it, and so does what its jobs see', () => {
		const called = '.github/workflows/called.yml';
		const caller = 'on: push\njobs:\n  call:\n    uses: ./.github/workflows/called.yml\n';
		const none = { [called]: jobsOf({ a: 'steps: [{run: echo}]' }) };
		assert.equal(told(caller, [called], none)['call'], `affected: it calls ${called}, which changed`);
		assert.equal(told(caller, ['src/a'], none)['call'], 'unaffected: it checks nothing out');
		const all = { [called]: jobsOf({ a: `steps:\n  ${checkout}` }) };
		assert.equal(told(caller, ['src/a'], all)['call'], 'open: it checks the whole repository out');
	});

	test('of nothing reaches nothing', () => {
		assert.equal(step(checkout), 'unaffected: it sees nothing that changed');
	});

	test('is told to all combinations of a matrix alike', () => {
		const text = jobsOf({ a: 'strategy: {matrix: {n: [1, 2]}}\nsteps: [{run: echo}]' });
		assert.deepEqual(Object.keys(told(text, ['a'])), ['a (1)', 'a (2)']);
	});
});
