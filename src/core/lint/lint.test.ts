import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { lint } from './lint.ts';
import type { LintFinding } from './rule.ts';
import { rules } from './rules.ts';

const path = '.github/workflows/ci.yml';

function findings(text: string, others: { readonly [path: string]: string } = {}): readonly LintFinding[] {
	return [...lint(new Map(Object.entries({ ...others, [path]: text })))]
		.flat()
		.filter((finding) => finding.path === path);
}

function found(text: string, rule: string): readonly string[] {
	return findings(text)
		.filter((finding) => finding.rule === rule)
		.map(({ line, column, severity, what }) => `${line}:${column} ${severity} ${what}`);
}

/** A step or a job as a whole workflow. */
function whole(fragment: string): string {
	if (/^(on|jobs):/m.test(fragment)) return fragment;
	const job = fragment.startsWith('- ') ? `runs-on: ubuntu-latest\nsteps:\n${indented(fragment, '  ')}` : fragment;
	return `on: [push, pull_request, workflow_dispatch]\njobs:\n  only:\n${indented(job, '    ')}`;
}

function indented(text: string, by: string): string {
	return text.replaceAll(/^(?=.)/gm, by);
}

const steps = (text: string, on = '[push, pull_request]') =>
	`on: ${on}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n${indented(text, '      ')}\n`;

describe('docs/lint.md', () => {
	const manual = readFileSync(new URL('../../../docs/lint.md', import.meta.url), 'utf8');
	const sections = manual.split(/^## /m).slice(1);
	const names = sections.map((section) => section.split('\n', 1)[0] ?? '');

	test('has a section for each rule, in the order of the rules', () => {
		assert.deepEqual(names, [...rules.map(({ name }) => name), 'useless-ignore', 'unsupported-here']);
	});

	for (const section of sections) {
		const name = section.split('\n', 1)[0] ?? '';
		const [bad, good, ...more] = [...section.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => whole(match[1] ?? ''));
		if (name === 'unsupported-here') continue;
		test(`${name}: the first example is found, the second is not`, () => {
			assert.ok(bad !== undefined && good !== undefined && more.length === 0);
			assert.ok(found(bad, name).length > 0, bad);
			assert.deepEqual(found(good, name), []);
		});
	}

	test('finds nothing of weight in the good examples but what they are not about', () => {
		for (const section of sections) {
			const good = [...section.matchAll(/```yaml\n([\s\S]*?)```/g)][1]?.[1];
			if (good === undefined) continue;
			const heavy = findings(whole(good)).filter(({ severity }) => severity === 'error');
			assert.deepEqual(heavy, [], section.split('\n', 1)[0] ?? '');
		}
	});
});

describe('lint', () => {
	test('EXP-02: finds what others choose in the scripts of actions, and not what is handed over in env', () => {
		const script = (source: string) =>
			steps(`- uses: actions/github-script@v7\n  with:\n    script: |\n      console.log("one");\n      ${source}`);
		assert.deepEqual(found(script('console.log("${{ github.head_ref }}")'), 'template-injection'), [
			'10:30 error github.head_ref is chosen by whoever opens the pull request, and becomes code here',
		]);
		// The control: the same value where it is no code.
		assert.deepEqual(found(script('console.log(process.env.REF)'), 'template-injection'), []);
		assert.deepEqual(
			found(steps('- uses: actions/checkout@v4\n  with:\n    ref: ${{ github.head_ref }}'), 'template-injection'),
			[],
		);
	});

	test('finds it however it is written, and not where it is only compared', () => {
		const run = (expression: string) => found(steps(`- run: echo \${{ ${expression} }}`), 'template-injection').length;
		for (const bad of [
			"github['head_ref']",
			'github.event.commits[0].message',
			"join(github.event.commits.*.message, ' ')",
			"format('{0}!', github.event.issue.title)",
			'toJSON(github.event)',
			'toJSON(github.event.pull_request)',
			"github.event_name == 'push' && github.ref_name || github.head_ref",
			'fromJSON(format(\'"{0}"\', github.head_ref))',
			'(GitHub.Head_Ref)',
			"case(github.event_name == 'push', 'x', github.event.comment.body)",
			'github.event.client_payload.text',
		]) {
			assert.ok(run(bad) > 0, bad);
		}
		for (const good of [
			"github.head_ref == 'x'",
			"contains(github.head_ref, 'x')",
			"github.head_ref && 'pull request' || 'push'",
			'github.sha',
			'github.event.pull_request.number',
			'github.event.pull_request.head.sha',
			"hashFiles('**/x')",
			"'a text with }} in it'",
			"inputs.x == 'y'",
		]) {
			assert.equal(run(good), 0, good);
		}
	});

	test('follows such a value through env of the workflow, the job and the step, the inner one first', () => {
		const through = (inner: string) =>
			found(
				`on: pull_request\nenv: {T: "\${{ github.head_ref }}"}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \${{ env.T }}\n${inner}`,
				'template-injection',
			);
		assert.deepEqual(through(''), [
			'7:23 error env.T (github.head_ref) is chosen by whoever opens the pull request, and becomes code here',
		]);
		assert.deepEqual(through('        env: {T: constant}\n'), []);
	});

	test('tells inputs of free text as remarks, and others not', () => {
		const text = (type: string) =>
			`on:\n  workflow_dispatch:\n    inputs:\n      x: {${type}}\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \${{ inputs.x }}\n`;
		assert.deepEqual(found(text('type: string'), 'template-injection'), [
			'9:23 info inputs.x is chosen by whoever starts this, and becomes code here',
		]);
		assert.deepEqual(found(text('type: boolean'), 'template-injection'), []);
	});

	test('FIL-04: finds a fixed delimiter and a value of others in GITHUB_ENV, and not a constant', () => {
		const write = (lines: string, on?: string) =>
			found(
				steps(`- run: |\n${indented(lines, '    ')}\n  env: {PR_TITLE: "\${{ github.event.pull_request.title }}"}`, on),
				'github-env',
			);
		assert.deepEqual(
			write('echo "X<<EOF\n$PR_TITLE\nEOF" >> $GITHUB_ENV').length,
			0,
			'a line break within quotes is not followed',
		);
		assert.match(
			write('echo -e "X<<EOF\\n$PR_TITLE\\nEOF" >> $GITHUB_ENV')[0] ?? '',
			/7:11 error \$PR_TITLE .* is written to GITHUB_ENV/,
		);
		assert.match(
			write('{\n  echo "X<<EOF"\n  echo "$PR_TITLE"\n  echo EOF\n} >> "$GITHUB_ENV"')[0] ?? '',
			/11:11 error/,
		);
		assert.match(write('cat <<EOF >> "$GITHUB_ENV"\nX=$PR_TITLE\nEOF')[0] ?? '', /7:11 error/);
		assert.match(
			write('echo "X<<EOF\\n$(git log -1)\\nEOF" | tee -a "$GITHUB_ENV"')[0] ?? '',
			/warning .*fixed delimiter EOF/,
		);
		assert.match(
			write('echo "X=$(curl example.com)" >> $GITHUB_ENV', 'workflow_run')[0] ?? '',
			/warning .*for outsiders/,
		);
		// The controls: constants, computed values in a workflow of one's own, and outputs.
		assert.deepEqual(write('echo "X=1" >> "$GITHUB_ENV"'), []);
		assert.deepEqual(write('echo "X=$(git rev-parse HEAD)" >> "$GITHUB_ENV"'), []);
		assert.deepEqual(write('echo "$GITHUB_WORKSPACE/bin" >> "$GITHUB_PATH"', 'workflow_run'), []);
		assert.deepEqual(write('echo "X=$PR_TITLE" >> "$GITHUB_OUTPUT"'), []);
	});

	test('EXP-06: finds conditions that are always true, and not those that are whole', () => {
		const condition = (written: string) => found(steps(`- run: x\n  if: ${written}`), 'unsound-condition').length;
		for (const bad of [
			'|\n    ${{ false }}',
			'>\n    ${{ false }}',
			'${{ false }} && true',
			'"${{ false }} "',
			'${{ a }}${{ b }}',
			'"!${{ github.ref }}"',
		]) {
			assert.equal(condition(bad) > 0, true, bad);
		}
		for (const good of [
			'|-\n    ${{ false }}',
			'>-\n    ${{ false }}',
			'${{ false }}',
			'"${{ false }}"',
			'|\n    false',
			"${{ '}}' == '' }}",
		]) {
			assert.equal(condition(good), 0, good);
		}
	});

	test('EXP-07: finds contains with a text for a list, and not with a list', () => {
		const condition = (written: string) => found(steps(`- run: x\n  if: ${written}`), 'unsound-contains').length;
		assert.equal(condition("contains('refs/heads/main refs/heads/develop', github.ref)"), 1);
		assert.equal(condition("${{ !contains('a b', env.NAME) }}"), 1);
		assert.equal(condition("contains(fromJSON('[1]'), github.ref)"), 0);
		assert.equal(condition("contains(github.ref, 'main')"), 0);
	});

	test('EXP-08: finds trust in the actor being a bot, and is stricter where outsiders start the workflow', () => {
		const job = (on: string, condition: string) => found(steps(`- run: x\n  if: ${condition}`, on), 'bot-conditions');
		assert.match(job('push', "github.actor == 'dependabot[bot]'")[0] ?? '', /warning/);
		assert.match(job('pull_request_target', "true && 'renovate[bot]' == github.triggering_actor")[0] ?? '', /error/);
		assert.deepEqual(job('push', "github.actor == 'octocat'"), []);
		assert.deepEqual(job('push', "github.event.pull_request.user.login == 'dependabot[bot]'"), []);
	});

	test('EXP-11: finds all secrets, inherited secrets and parts of secrets, and not one secret', () => {
		const env = (expression: string) =>
			findings(steps(`- run: x\n  env: {A: "\${{ ${expression} }}"}`))
				.map(({ rule }) => rule)
				.filter((rule) => /secrets/.test(rule));
		assert.deepEqual(env('toJSON(secrets)'), ['overprovisioned-secrets']);
		assert.deepEqual(env('secrets[matrix.name]'), ['overprovisioned-secrets']);
		assert.deepEqual(env('fromJSON(secrets.X).password'), ['unredacted-secrets']);
		assert.deepEqual(env("fromJSON(secrets.X)['a'].b"), ['unredacted-secrets']);
		assert.deepEqual(env('secrets.X'), []);
		const call = (uses: string) => found(`on: push\njobs: {a: {uses: ${uses}, secrets: inherit}}`, 'secrets-inherit');
		assert.match(call('a/b/.github/workflows/c.yml@v1')[0] ?? '', /warning/);
		assert.match(call('./.github/workflows/c.yml')[0] ?? '', /info/);
	});

	test('finds jobs and steps that never run, and what needs them', () => {
		const jobs = (condition: string, other = '', on = 'push') =>
			found(
				`on: ${on}\njobs:\n  a:\n    if: ${condition}\n    runs-on: ubuntu-latest\n    steps: [{run: x}]\n  b:\n    needs: a\n${other}    runs-on: ubuntu-latest\n    steps: [{run: x}]\n`,
				'never-runs',
			);
		assert.deepEqual(jobs('false'), [
			'4:9 warning The job a never runs',
			'8:12 warning The job b never runs: a never does',
		]);
		assert.equal(jobs('false', '    if: always()\n').length, 1);
		assert.equal(jobs("github.event_name == 'schedule' && github.ref == 'x'").length, 2);
		assert.equal(jobs("github.event_name != 'push'").length, 2);
		assert.deepEqual(jobs("github.event_name == 'schedule'", '', '[push, schedule]'), []);
		assert.deepEqual(jobs("github.event_name == 'schedule'", '', '[push, workflow_call]'), []);
		assert.deepEqual(jobs("github.event_name == 'push' || github.ref == 'x'"), []);
		assert.deepEqual(jobs("github.ref == 'x'"), []);
	});

	test('knows the outputs of workflows of the repository', () => {
		const caller = (output: string) =>
			`on: push\njobs:\n  a: {uses: ./.github/workflows/called.yml}\n  b:\n    needs: a\n    runs-on: ubuntu-latest\n    steps:\n      - run: echo \${{ needs.a.outputs.${output} }}\n`;
		const called = {
			'.github/workflows/called.yml': 'on: {workflow_call: {outputs: {version: {value: x}}}}\njobs: {}\n',
		};
		const rule = (output: string, others: { readonly [path: string]: string } = {}) =>
			findings(caller(output), others).filter((finding) => finding.rule === 'unknown-need');
		assert.equal(rule('version', called).length, 0);
		assert.match(rule('verison', called)[0]?.what ?? '', /no output verison: did you mean version\?/);
		assert.equal(rule('anything').length, 0, 'a workflow that is not there is not guessed at');
	});

	test('looks at composite actions, too', () => {
		const action =
			'name: x\ninputs:\n  text: {}\n  other: {}\nruns:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.text }} ${{ steps.later.outputs.x }}\n      shell: bash\n    - id: later\n      run: echo ${{ github.head_ref }}\n      shell: bash\n';
		const rulesFound = [...lint(new Map([['action.yml', action]]))].flat().map(({ rule, line }) => `${line} ${rule}`);
		assert.deepEqual(rulesFound, ['4 unused-input', '8 template-injection', '8 unknown-step', '11 template-injection']);
	});

	test('is silent where a comment says so, on the line or the one above, and for that rule only', () => {
		const text = (before: string, behind: string) => steps(`${before}- uses: x/y@v1${behind}`);
		assert.equal(found(text('', ' # footbridge: ignore unpinned-uses -- it is ours'), 'unpinned-uses').length, 0);
		assert.equal(found(text('# footbridge: ignore artipacked, unpinned-uses\n', ''), 'unpinned-uses').length, 0);
		assert.equal(found(text('# footbridge: ignore unpinned-uses\n\n', ''), 'unpinned-uses').length, 1);
		assert.equal(found(text('', ' # footbridge: ignore artipacked'), 'unpinned-uses').length, 1);
		assert.deepEqual(found(text('', ' # footbridge: ignore unpined-uses'), 'useless-ignore'), [
			'6:43 warning There is no rule unpined-uses: did you mean unpinned-uses?',
		]);
	});

	test('knows the labels that footbridge.yaml gives a meaning', () => {
		const text = 'on: push\njobs: {a: {runs-on: big-machine, steps: [{run: x}]}}';
		const rulesFound = (labels: readonly string[]) =>
			[...lint(new Map([[path, text]]), labels)].flat().map(({ rule }) => rule);
		assert.ok(rulesFound([]).includes('unknown-runner-label'));
		assert.ok(!rulesFound(['Big-Machine']).includes('unknown-runner-label'));
	});

	test('reports what an alias brings once, at the anchor', () => {
		const text =
			'on: push\njobs:\n  a: &a\n    runs-on: ubuntu-latest\n    steps: [{run: "echo ${{ github.head_ref }}"}]\n  b: *a\n';
		assert.equal(found(text, 'template-injection').length, 1);
	});

	test('YML-03: refuses bombs of aliases and of depth in little time, and reads the same things small', () => {
		const bomb = (levels: number) =>
			`a0: &a0 [x, x, x, x, x, x, x, x, x]\n${Array.from({ length: levels }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(', ')}]`).join('\n')}\n${steps('- uses: x/y@v1')}`;
		const deep = (levels: number) => `env: {A: ${'['.repeat(levels)}${']'.repeat(levels)}}\n${steps('- uses: x/y@v1')}`;
		const started = performance.now();
		for (const text of [bomb(12), deep(3000), deep(50_000), `a: &a [*a]\n${steps('- uses: x/y@v1')}`])
			assert.deepEqual(findings(text), []);
		assert.ok(performance.now() - started < 2000);
		for (const text of [bomb(2), deep(20)]) assert.equal(found(text, 'unpinned-uses').length, 1);
	});

	test('survives whatever is cut out of or put into a workflow, and stays within the file (seeded)', () => {
		const manual = readFileSync(new URL('../../../docs/lint.md', import.meta.url), 'utf8');
		const samples = [...manual.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => whole(match[1] ?? ''));
		const mutation = fc.record({
			sample: fc.constantFrom(...samples),
			at: fc.nat(),
			length: fc.nat(30),
			put: fc.constantFrom(
				'',
				':',
				'\n',
				'${{',
				'}}',
				"'",
				'"',
				'- ',
				'&a ',
				'*a',
				'{',
				'[',
				'|\n',
				'🎉',
				'\t',
				'<<: ',
				'if: ',
				'needs.',
			),
		});
		const check = ({ sample, at, length, put }: { sample: string; at: number; length: number; put: string }) => {
			const start = at % sample.length;
			const text = sample.slice(0, start) + put + sample.slice(start + length);
			const lines = text.split('\n');
			for (const { line, column, length: marked } of findings(text)) {
				assert.ok(line >= 1 && line <= lines.length && column >= 1 && marked >= 1, text);
				assert.ok(column - 1 <= (lines[line - 1] ?? '').length, text);
			}
		};
		fc.assert(fc.property(mutation, check), { seed: 20_260_101, numRuns: 500 });
	});

	test('gives nothing for what is no YAML, a hostile file or no workflow at all', () => {
		for (const text of [
			'',
			'[',
			'a: &a [*a]',
			'- x',
			'on: push',
			'jobs: 3',
			`a: ${'['.repeat(50_000)}`,
			'on:\njobs:\n  a:\n',
			'jobs: {a: {steps: [3, {run: [1]}, {uses: {}}], needs: {}}}',
		]) {
			assert.ok(Array.isArray(findings(text)), text.slice(0, 40));
		}
	});
});
