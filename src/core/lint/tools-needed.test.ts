import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { openLintedFile } from './linted-file.ts';
import { commandWords, toolsNeeded } from './tools-needed.ts';

function needed(text: string): readonly string[] {
	const file = openLintedFile('.github/workflows/ci.yml', text);
	assert.ok(file !== undefined);
	const skips = (runsOn: unknown) => (JSON.stringify(runsOn).includes('windows') ? 'no Windows' : undefined);
	return toolsNeeded(file, skips).map(({ kind, name, where }) => `${kind} ${name} ${where}`);
}

const job = (steps: string, more = '') =>
	`on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n${more}    steps:\n${steps.replaceAll(/^(?=.)/gm, '      ')}\n`;

describe('toolsNeeded', () => {
	test('finds the words at which commands begin', () => {
		const script = [
			'# make is only named here',
			'FOO=1 BAR="a b" cmake -S . && sudo -E make install | tee log',
			'if ! docker ps; then echo docker; fi',
			'x=$(jq . a.json)',
			'for f in *; do gcc "$f"; done',
			'cat <<EOF',
			'cargo build',
			'EOF',
			'npm \\',
			'  test # go vet',
			'echo ${{ github.ref }} ; (terraform plan)',
			'./make',
		].join('\n');
		const words = commandWords(script);
		for (const word of ['cmake', 'make', 'tee', 'docker', 'jq', 'gcc', 'npm', 'terraform'])
			assert.ok(words.includes(word), word);
		for (const word of ['cargo', 'go', 'test', 'vet']) assert.ok(!words.includes(word), word);
	});

	test('names each program with its first place, and only well-known ones', () => {
		assert.deepEqual(needed(job('- run: my-script && cmake .\n- run: |\n    cmake --build .\n    ninja')), [
			'tool cmake ci.yml:6',
			'tool cmake ci.yml:7',
			'tool ninja ci.yml:7',
		]);
	});

	test('does not name what the job brings itself, by a package manager or an action, nor what runs in a container', () => {
		assert.deepEqual(needed(job('- run: sudo apt-get install -y cmake ninja\n- run: cmake . && ninja')), []);
		assert.deepEqual(needed(job('- uses: actions/setup-python@v5\n- run: python3 -m x && pip install y')), []);
		assert.deepEqual(needed(job('- run: cmake .', '    container: image\n')), []);
		assert.deepEqual(needed(job('- run: cmake-lint .\n- run: sudo apt-get install -y cmake-data\n- run: cmake .')), [
			'tool cmake ci.yml:8',
		]);
	});

	test('takes the shell of a step, of its job or of the workflow for a program', () => {
		assert.deepEqual(needed(job('- {run: x, shell: pwsh}')), ['tool pwsh ci.yml:6']);
		assert.deepEqual(needed(job('- run: cmake .', '    defaults: {run: {shell: python}}\n')), ['tool python ci.yml:7']);
		assert.deepEqual(needed(`defaults: {run: {shell: "perl {0}"}}\n${job('- run: cmake .')}`), ['tool perl ci.yml:7']);
	});

	test('tells jobs that do not run on this machine', () => {
		assert.deepEqual(needed(job('- run: cmake .').replace('ubuntu-latest', 'windows-latest')), [
			'skip no Windows ci.yml:3',
		]);
	});
});
