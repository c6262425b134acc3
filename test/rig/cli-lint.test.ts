import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { footbridge } from './footbridge.ts';
import { type TempRepository, tempRepository } from './rig.ts';

const clean = `
name: Clean
on: push
permissions: {contents: read}
jobs:
  test:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - uses: actions/checkout@v4
      - run: make test
`;

const risky = `
on:
  pull_request_target:
permissions: {contents: read}
concurrency: one
jobs:
  greet:
    runs-on: ubuntu-latest
    timeout-minutes: 5
    steps:
      - name: Greet
        run: echo "thank you for a title so long that it would not fit" && echo "\${{ github.event.pull_request.title }}" && echo done
`;

const remarked = clean.replace('    timeout-minutes: 5\n', '');
const broken =
	'on: push\njobs:\n  a:\n    runs-on: any\n    needs: nobody\n    steps:\n      - run: echo ${{ github.ref }\n';

/** Its matrix is known only when it is called; that is no fault. */
const called = `
on: {workflow_call: {inputs: {systems: {type: string, required: true}}}}
permissions: {contents: read}
jobs:
  test:
    strategy: {matrix: {system: "\${{ fromJSON(inputs.systems) }}"}}
    runs-on: \${{ matrix.system }}
    timeout-minutes: 5
    steps: [{run: make test}]
`;

describe('footbridge lint', () => {
	let repository: TempRepository;
	const lint = (...args: readonly string[]) => footbridge(['lint', ...args], { cwd: repository.path });

	before(async () => {
		repository = await tempRepository({
			'.github/workflows/clean.yml': clean,
			'.github/workflows/called.yml': called,
			'docs/notes.md': 'x\n',
		});
	});
	after(() => repository[Symbol.asyncDispose]());

	test('ends with 0 and one line where there is nothing to say, from any folder below', async () => {
		const { code, stdout } = await footbridge(['lint'], { cwd: `${repository.path}/docs` });
		assert.deepEqual([code, stdout], [0, '✓ 2 files, nothing found\n']);
	});

	test('ends with 1 for findings: by file, with the line, a caret, why and how to mend it, within 80 columns', async () => {
		repository.write({ '.github/workflows/risky.yml': risky });
		const { code, stdout } = await lint();
		assert.equal(code, 1);
		const lines = stdout.split('\n');
		assert.equal(lines[0], '.github/workflows/risky.yml');
		assert.deepEqual(
			lines.filter((line) => line.length > 80),
			[],
		);
		const at = lines.findIndex((line) => line.includes('github.event.pull_request.title is chosen'));
		const source = lines.findIndex((line, index) => index > at && line.includes('│'));
		const [code1 = '', caret = ''] = lines.slice(source, source + 2);
		assert.match(caret, /│ +\^+$/);
		const marked = code1.slice(caret.indexOf('^'), caret.lastIndexOf('^') + 1);
		assert.equal(marked, 'github.event.pull_request.title', 'the caret is below what it means, in a line that was cut');
		assert.match(stdout, /why +The expression is replaced/);
		assert.match(stdout, /more docs\/lint\.md#template-injection/);
		assert.match(stdout, /3 files: 1 error, 1 warning\n$/);
		assert.equal(stripVTControlCharacters(stdout), stdout, 'a pipe gets no colours');
	});

	test('looks only at the files that are named, and refuses a name that there is not', async () => {
		assert.equal((await lint('clean')).code, 0);
		assert.equal((await lint('.github/workflows/clean.yml')).code, 0);
		assert.equal((await lint('risky.yml')).code, 1);
		const unknown = await lint('nope.yml');
		assert.equal(unknown.code, 2);
		assert.match(unknown.stderr, /FB1007 There is no workflow nope\.yml[\s\S]*clean\.yml/);
	});

	test('counts remarks with --strict only', async () => {
		repository.write({ '.github/workflows/remarked.yml': remarked });
		assert.equal((await lint('remarked')).code, 0);
		assert.equal((await lint('remarked', '--strict')).code, 1);
		assert.equal((await lint('clean', '--strict')).code, 0);
	});

	test('ends with 6 for a file that cannot run, and tells of the others all the same', async () => {
		repository.write({ '.github/workflows/broken.yml': broken });
		const { code, stdout } = await lint();
		assert.equal(code, 6);
		assert.match(stdout, /broken\.yml\n {2}✕ 7:14 The expression is not closed[\s\S]*?\[FB1002\]/);
		assert.match(stdout, /risky\.yml/);
	});

	test('prints one JSON object with a place, a reason and a fix for each finding', async () => {
		const { stdout } = await lint('risky', 'broken', '--json');
		const answer = JSON.parse(stdout) as {
			schema: string;
			files: number;
			findings: {
				rule: string;
				severity: string;
				path: string;
				line: number;
				column: number;
				fix: string;
				docs: string;
			}[];
		};
		assert.deepEqual([answer.schema, answer.files], ['footbridge.lint/1', 2]);
		const found = answer.findings.find(({ rule }) => rule === 'template-injection');
		assert.deepEqual(
			{ ...found, fix: '', what: '', why: '' },
			{
				rule: 'template-injection',
				severity: 'error',
				path: '.github/workflows/risky.yml',
				line: 12,
				column: 86,
				length: 31,
				docs: 'docs/lint.md#template-injection',
				fix: '',
				what: '',
				why: '',
			},
		);
		assert.ok(answer.findings.some(({ severity, path }) => severity === 'invalid' && path.endsWith('broken.yml')));
	});

	test('is not held up by a hostile file', async () => {
		const bomb = `a0: &a0 [x, x]\n${Array.from({ length: 40 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]`).join('\n')}\n`;
		await using other = await tempRepository({
			'.github/workflows/bomb.yml': bomb,
			'.github/workflows/clean.yml': clean,
		});
		const started = performance.now();
		const { code, stdout } = await footbridge(['lint'], { cwd: other.path });
		assert.equal(code, 6);
		assert.match(stdout, /bomb\.yml\n.*FB1006|FB1006/);
		assert.ok(performance.now() - started < 5000);
	});

	test('says what to do where there is no workflow', async () => {
		await using empty = await tempRepository({ 'README.md': 'x\n' });
		const { code, stderr } = await footbridge(['lint'], { cwd: empty.path });
		assert.equal(code, 2);
		assert.match(stderr, /FB1009[\s\S]*footbridge init/);
	});
});
