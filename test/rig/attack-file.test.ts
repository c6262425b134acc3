import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Json } from '#core/plan.ts';
import { needs } from '../needs.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const job = (...steps: readonly string[]): string =>
	[
		'on: [push, pull_request]',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		...steps.flatMap((step) => step.split('\n').map((line) => `      ${line}`)),
	].join('\n');
const script = (text: string, ...more: readonly string[]): string =>
	['- run: |', ...text.split('\n').map((line) => `    ${line}`), ...more.map((line) => `  ${line}`)].join('\n');
const expression = (source: string): string => `\${{ ${source} }}`;
const forgiven = 'continue-on-error: true';

for (const tier of ['host', 'disposable'] as const) {
	test(
		`FIL-02: a command file that is something else by now fails its step within a second (${tier})`,
		tier === 'host' ? {} : needs('root', 'overlay'),
		async () => {
			const attacks = [
				'rm "$GITHUB_ENV"; mkfifo "$GITHUB_ENV"',
				'rm "$GITHUB_OUTPUT"; mkfifo "$GITHUB_OUTPUT"',
				'rm "$GITHUB_PATH"; ln -s /etc/passwd "$GITHUB_PATH"',
				'rm "$GITHUB_ENV"; mkdir "$GITHUB_ENV"',
				'truncate -s 2G "$GITHUB_OUTPUT"',
				'd=$(dirname "$GITHUB_ENV"); mv "$d" "$d.old"; ln -s "$d.old" "$d"',
			];
			const { of, log, end } = await rig.run(job(...attacks.map((text) => script(text, forgiven))), { tier });
			assert.equal(end.conclusion, 'passed', log.join('\n'));
			for (const [index, step] of of('step-finished').entries()) {
				const attack = attacks[index] ?? '';
				assert.equal(step.outcome, 'failure', attack);
				assert.match(step.why ?? '', /is not accepted: it (must be a regular file|is larger)/, attack);
				assert.ok(step.durationMs < 1000, `${attack} took ${step.durationMs} ms`);
			}
			assert.ok(!/root:x:/.test(JSON.stringify([log, of('step-finished')])));
		},
	);
}

test('FIL-02: opened like any other file, the pipe holds whoever reads it', () => {
	const folder = mkdtempSync(join(tmpdir(), 'attack-file-'));
	const read = `const fs = require('node:fs'); fs.readFileSync(${JSON.stringify(join(folder, 'pipe'))})`;
	spawnSync('mkfifo', [join(folder, 'pipe')]);
	const { signal } = spawnSync(process.execPath, ['-e', read], { timeout: 1000, killSignal: 'SIGKILL' });
	rmSync(folder, { recursive: true });
	assert.equal(signal, 'SIGKILL');
});

test(
	'FIL-04: a delimiter in the text of others brings no variable that makes programs load code, and none reaches NODE_OPTIONS',
	needs('root', 'overlay'),
	async () => {
		const title = 'a\nEOF\nLD_PRELOAD=/evil.so\nNODE_OPTIONS=--require=/evil.js\nBASH_ENV=/evil.sh\nHARMLESS=1\nX<<EOF';
		const workflow = job(
			script(
				'printf "TITLE<<EOF\\n%s\\nEOF\\n" "$PR_TITLE" >> "$GITHUB_ENV"',
				`env: { PR_TITLE: "${expression('github.event.pull_request.title')}" }`,
			),
			script('env -u LD_PRELOAD true; echo "[$LD_PRELOAD] [$NODE_OPTIONS] [$BASH_ENV] [$HARMLESS]"'),
		);
		const repository = { full_name: 'octo/app' };
		const run = (head: Json) =>
			rig.run(workflow, {
				tier: 'disposable',
				trigger: {
					event: 'pull_request',
					ref: 'refs/pull/1/merge',
					sha: '0'.repeat(40),
					payload: {
						repository,
						pull_request: { title, base: { ref: 'main', repo: repository }, head: { repo: head } },
					},
				},
			});
		const fork = await run({ full_name: 'mallory/app' });
		assert.ok(fork.log.includes('[] [] [] [1]'), fork.log.join('\n'));
		assert.ok(
			fork.log.some((line) => /^Warning: Can't set LD_PRELOAD .*the pull request comes from a fork/.test(line)),
		);
		// Where everybody is trusted the text gets its way, all but NODE_OPTIONS, and it is told.
		const own = await run(repository);
		assert.ok(own.log.includes('[/evil.so] [] [/evil.sh] [1]'), own.log.join('\n'));
		assert.ok(own.log.some((line) => /^Warning: LD_PRELOAD was set through \$GITHUB_ENV/.test(line)));
		assert.ok(own.log.some((line) => /^Warning: Can't store NODE_OPTIONS/.test(line)));
	},
);

for (const tier of ['host', 'disposable'] as const) {
	test(
		`FIL-05: programs that a job put before all others are its own affair: Footbridge runs none of them (${tier})`,
		tier === 'host' ? {} : needs('root', 'overlay'),
		async () => {
			const fakes = ['git', 'node', 'tar', 'cp', 'chown', 'rm', 'find', 'ps', 'mount', 'umount', 'kill'];
			const { end, log } = await rig.run(
				job(
					script(
						[
							'mkdir "$RUNNER_TEMP/fakes"',
							`for name in ${fakes.join(' ')}; do`,
							`  printf '#!/bin/sh\\necho %s >> %s\\n' "$name" "$RUNNER_TEMP/called" > "$RUNNER_TEMP/fakes/$name"`,
							'done',
							'chmod +x "$RUNNER_TEMP"/fakes/*',
							'echo "$RUNNER_TEMP/fakes" >> "$GITHUB_PATH"',
						].join('\n'),
					),
					'- uses: actions/checkout@v4\n  with: { fetch-depth: 0, clean: true }',
					script('test -e README.md && echo "hash $H"', `env: { H: "${expression("hashFiles('README.md')")}" }`),
					'- uses: ./action',
					script(
						'echo "called before: $(wc -l 2>/dev/null < "$RUNNER_TEMP/called")"; git status; node -v; echo "called after: $(cat "$RUNNER_TEMP/called" | tr "\\n" " ")"',
					),
				),
				{
					tier,
					files: {
						'action/action.yml':
							'name: a\nruns:\n  using: composite\n  steps:\n    - run: echo "in the action"\n      shell: bash\n',
					},
				},
			);
			assert.equal(end.conclusion, 'passed', log.join('\n'));
			assert.ok(log.some((line) => /^hash [0-9a-f]{64}$/.test(line)) && log.includes('in the action'));
			assert.ok(log.includes('called before: '), log.join('\n'));
			// The job itself gets what it put there, so they would have been found.
			assert.ok(log.includes('called after: git node '), log.join('\n'));
		},
	);
}

test('FIL-06: what a step left running cannot guess where the next one writes, and is told at the end', async () => {
	const forge = (target: string) =>
		`(for round in 1 2 3 4 5 6 7 8; do for file in ${target}; do echo forged=yes >> "$file" || true; done; sleep 0.1; done) > /dev/null 2>&1 &`;
	// Every name that differs from its own in the last character, and all that one counts to from there.
	const guess = [
		'd=$(dirname "$GITHUB_OUTPUT")',
		'own=$(basename "$GITHUB_OUTPUT")',
		'names=$(for c in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do echo "$d/${own%?}$c"; done)',
		forge('$names'),
		'exec sleep 300 > /dev/null 2>&1 &',
	].join('\n');
	const write = script(
		'basename "$GITHUB_OUTPUT" | sed s/.*_/name=/\nbasename "$GITHUB_OUTPUT" > "$RUNNER_TEMP/told"\nsleep 0.5\necho own=1 >> "$GITHUB_OUTPUT"',
	);
	const guessed = await rig.run(job(script(guess), write));
	assert.equal(guessed.end.conclusion, 'passed', guessed.log.join('\n'));
	assert.deepEqual(guessed.of('step-finished')[1]?.outputs, { own: '1' });
	assert.ok(guessed.end.leftovers > 0);
	assert.match(guessed.log.at(-1) ?? '', /^Ended \d process(es)? that the job left behind$/);
	const name = guessed.log.find((line) => line.startsWith('name='));
	assert.match(name ?? '', /^name=[0-9a-f]{32}$/);
	// Somebody who is told the name can write there.
	const told = await rig.run(
		job(script(`d=$(dirname "$GITHUB_OUTPUT")\n${forge('"$d/$(cat "$RUNNER_TEMP/told")"')}`), write),
	);
	assert.deepEqual(told.of('step-finished')[1]?.outputs, { forged: 'yes', own: '1' });
	assert.notEqual(
		told.log.find((line) => line.startsWith('name=')),
		name,
	);
});

test('FIL-07: a broken command file fails its step with the line, and nothing of what stands before it counts', async () => {
	const broken: readonly (readonly [text: string, line: number | undefined])[] = [
		[String.raw`printf 'GOOD=1\nA<<EOF\nb\n' >> "$GITHUB_ENV"`, 2],
		[String.raw`printf 'GOOD=1\nA\n' >> "$GITHUB_ENV"`, 2],
		[String.raw`printf 'GOOD=1\n=v\n' >> "$GITHUB_ENV"`, 2],
		[String.raw`printf 'GOOD=1\nA\0B=v\n' >> "$GITHUB_ENV"`, 2],
		[String.raw`echo GOOD=1 >> "$GITHUB_ENV"; printf 'a=1\nb\n' >> "$GITHUB_OUTPUT"`, 2],
		['echo GOOD=1 >> "$GITHUB_ENV"; echo broken >> "$GITHUB_STATE"', 1],
		[`seq -f 'LONG_NAME_%.0f=1' 100000 >> "$GITHUB_ENV"`, undefined],
	];
	for (const [text, line] of broken) {
		const { of, log } = await rig.run(
			job(script(text, forgiven, 'id: x'), script(`echo "[$GOOD] [${expression('steps.x.outputs.a')}]"`)),
		);
		const [step] = of('step-finished');
		assert.equal(step?.outcome, 'failure', text);
		if (line !== undefined)
			assert.ok(
				log.some((shown) => shown.includes(`line ${line} of what was written`)),
				log.join('\n'),
			);
		assert.ok(log.includes('[] []'), log.join('\n'));
	}
	// Without the broken line, what stands before it counts.
	const { log } = await rig.run(job(script('echo GOOD=1 >> "$GITHUB_ENV"'), script('echo "[$GOOD]"')));
	assert.ok(log.includes('[1]'));
});
