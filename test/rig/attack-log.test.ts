import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { type Happened, openRig, type Rig } from './rig.ts';

let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const job = (...scripts: readonly string[]): string =>
	[
		'on: push',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		...scripts.flatMap((text) => ['      - run: |', ...text.split('\n').map((line) => `          ${line}`)]),
	].join('\n');
const annotations = ({ of }: Happened) =>
	of('step-finished').flatMap((step) => (step.annotations ?? []).map(({ logLine, ...annotation }) => annotation));

describe('what a program prints', () => {
	test('LOG-03: a carriage return starts no command, neither after a progress bar nor at the start of a line', async () => {
		const progress = String.raw`printf '10%%\r::warning::forged\n\r##[error]forged\n50%%\r\r::set-output name=a::forged'`;
		const happened = await rig.run(job(progress));
		assert.equal(happened.end.conclusion, 'passed');
		assert.deepEqual(annotations(happened), []);
		assert.deepEqual(happened.of('step-finished')[0]?.outputs ?? {}, {});
		assert.ok(happened.log.includes('10%') && happened.log.includes('::warning::forged'), 'nothing of it is lost');
		// With carriage returns as line ends, all three are obeyed.
		const split = await rig.run(job(String.raw`{ ${progress}; } | tr '\r' '\n'`));
		assert.deepEqual(
			annotations(split).map(({ message }) => message),
			['forged', 'forged'],
		);
		assert.deepEqual(split.of('step-finished')[0]?.outputs, { a: 'forged' });
	});

	test('LOG-04: commands cannot be paused with a token that others print too', async () => {
		for (const token of ['pause-logging', 'add-mask', '']) {
			const { end, log } = await rig.run(
				job(`echo "::stop-commands::${token}"\necho "::add-mask::hide-me-please"\necho hide-me-please`),
			);
			assert.equal(end.conclusion, 'failed', token);
			assert.match(end.why ?? '', /token of stop-commands/);
			assert.ok(log.includes('***') && !log.includes('hide-me-please'), 'commands after it are obeyed');
		}
		// A token that is accepted does pause, so a guessed one would have switched the mask off; and it is hidden in the log.
		const { end, log } = await rig.run(
			job('echo "::stop-commands::a-secret-token"\necho "::add-mask::shown-now"\necho shown-now\necho a-secret-token'),
		);
		assert.equal(end.conclusion, 'passed');
		assert.ok(log.includes('shown-now') && log.includes('::stop-commands::***') && !log.includes('a-secret-token'));
	});

	test('LOG-05: an annotation names no file outside the workspace, and its text stays text', async () => {
		const happened = await rig.run(
			job(
				[
					'echo "::error file=../../../../etc/passwd,line=1::outside"',
					'echo "::error file=http://evil/x.js,line=1::elsewhere"',
					'echo "::notice title=<img src=x onerror=alert(1)>::<script>alert(1)</script>"',
					'echo "::warning file=$GITHUB_WORKSPACE/../../secret,line=1::above"',
					'echo "::warning file=$GITHUB_WORKSPACE/src/a.js,line=2::inside"',
				].join('\n'),
			),
		);
		assert.deepEqual(annotations(happened), [
			{ level: 'error', message: 'outside' },
			{ level: 'error', message: 'elsewhere' },
			{ level: 'notice', message: '<script>alert(1)</script>', title: '<img src=x onerror=alert(1)>' },
			{ level: 'warning', message: 'above' },
			// The way is open for files that are inside, so it is the place that was refused.
			{ level: 'warning', message: 'inside', file: 'src/a.js', line: 2 },
		]);
	});

	test('LOG-08: nothing in the log can pretend to be a step, because steps are told beside the log', async () => {
		const forged = [
			'▸ Deploy to production',
			'##[endgroup]',
			'##[start-action display=Deploy;id=x]',
			'##[group]never closed',
		];
		const { log, of, end } = await rig.run(job(forged.map((line) => `echo '${line}'`).join('\n'), 'echo second'));
		assert.equal(end.conclusion, 'passed');
		const started = of('step-started');
		assert.equal(started.length, 2);
		assert.deepEqual(
			started.map(({ line, name }) => log[line - 1] === `▸ ${name}`),
			[true, true],
		);
		for (const line of forged) assert.ok(log.includes(line), 'it is in the log as it was printed');
		assert.ok((started[1]?.line ?? 0) > log.indexOf('##[group]never closed'), 'the second step is outside of the fold');
		// Whoever takes the steps from the text of the log finds one that never was.
		assert.equal(log.filter((line) => line.startsWith('▸ ')).length, 3);
	});

	test('a storm of commands costs memory and time in proportion, and events stay small', async () => {
		const { of, log } = await rig.run(
			job(
				`yes '::warning file=a.js,line=1::again and again' | head -20000\necho '::error::the one that counts'\nprintf '::notice::%0100000d\\n' 7`,
			),
		);
		const [step] = of('step-finished');
		assert.equal(step?.annotations?.length, 50);
		assert.equal(step?.annotations?.filter(({ level }) => level === 'error')[0]?.message, 'the one that counts');
		assert.ok(JSON.stringify(step).length < 50_000);
		assert.equal(log.filter((line) => line === 'Warning: again and again').length, 20_000, 'the log has all of them');
	});
});

const matcher = (regexp: string) =>
	JSON.stringify({ problemMatcher: [{ owner: 'evil', pattern: [{ regexp, message: 1 }] }] });

describe('a problem matcher', () => {
	test('LOG-10: with an expression that takes for ever costs its job seconds, and other jobs nothing', async () => {
		const line = `${'a'.repeat(40)}!`;
		// The back reference keeps V8 from handing it to its linear engine.
		const hostile = '^(a+)+\\1$';
		const started = performance.now();
		new RegExp(hostile).exec(`${'a'.repeat(24)}!`);
		assert.ok(performance.now() - started > 50, 'without a guard even a shorter line takes its time');
		const [evil, other] = await Promise.all([
			rig.run(
				job(`cat > m.json <<'END'\n${matcher(hostile)}\nEND\necho "::add-matcher::m.json"\nyes '${line}' | head -5000`),
			),
			rig.run(job('sleep 1; echo "::notice::not disturbed"')),
		]);
		assert.equal(evil.end.conclusion, 'passed');
		assert.ok(
			evil.log.some((text) => /^Warning: The problem matcher 'evil' is not used any more: it took too long/.test(text)),
		);
		assert.equal(evil.log.filter((text) => text === line).length, 5000, 'the log is whole');
		assert.equal(annotations(other)[0]?.message, 'not disturbed');
		const [step] = evil.of('step-finished');
		assert.ok((step?.durationMs ?? 0) < 15_000, `the step took ${step?.durationMs} ms`);
	});

	const files: readonly (readonly [name: string, make: string, why: RegExp])[] = [
		['link.json', 'ln -s "$RUNNER_TEMP/canary" link.json', /regular file.*no link/],
		['folder/canary', 'ln -s "$RUNNER_TEMP" folder', /regular file.*no link/],
		['pipe.json', 'mkfifo pipe.json', /regular file/],
		['huge.json', 'truncate -s 2G huge.json', /larger than 64 KiB/],
		['/etc/shadow', 'true', /in a folder of the job/],
		['/dev/zero', 'true', /in a folder of the job/],
		['../../../../../../../../etc/shadow', 'true', /in a folder of the job/],
		['.', 'true', /regular file/],
		['none.json', 'true', /no such file/],
	];
	for (const tier of ['host', 'disposable'] as const) {
		test(
			`LOG-11: is read as a plain and small file of the job, and from nowhere else (${tier})`,
			tier === 'host' ? {} : needs('root', 'overlay'),
			async () => {
				const make = files.map(([, command]) => command).join('\n');
				const add = files.map(([name]) => `echo "::add-matcher::${name}"`).join('\n');
				let followed: string | undefined;
				const happened = await rig.run(
					job(`echo "canary-$((100 + 11))" > "$RUNNER_TEMP/canary"\n${make}\n${add}`, 'echo the job goes on'),
					{
						tier,
						beforeDestroy: async (room) => {
							followed = await room.get(`${room.workspace}/link.json`, 100).catch(() => undefined);
							assert.equal(followed, undefined);
							// Read like any other file, the link leads to what it names.
							if (tier === 'host') followed = readFileSync(`${room.hostPath(room.workspace)}/link.json`, 'utf8');
						},
					},
				);
				assert.equal(happened.end.conclusion, 'passed', happened.log.join('\n'));
				for (const [name, , why] of files) {
					const warning = happened.log.find((line) =>
						line.startsWith(`Warning: The problem matcher ${name} cannot be used`),
					);
					assert.match(warning ?? '', why, name);
				}
				assert.ok(!/canary-111|root:[^ ]{0,200}:/.test(JSON.stringify([happened.log, happened.events])));
				assert.ok((happened.of('step-finished')[0]?.durationMs ?? 0) < 5000);
				if (tier === 'host') assert.equal(followed, 'canary-111\n');
			},
		);
	}
});
