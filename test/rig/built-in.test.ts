import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { type Happened, openRig, type Rig, type RunOptions } from './rig.ts';

let rig: Rig;
before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const workflow = (...steps: readonly string[]): string =>
	[
		'on: push',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		...steps.flatMap((step) => step.split('\n').map((line) => `      ${line}`)),
	].join('\n');
const run = (script: string): string => ['- run: |', ...script.split('\n').map((line) => `    ${line}`)].join('\n');
/** A step of an action, its inputs as lines of YAML. */
const uses = (action: string, inputs: { readonly [name: string]: string }, id = 'it'): string =>
	[
		`- uses: ${action}`,
		`  id: ${id}`,
		'  with:',
		...Object.entries(inputs).flatMap(([name, value]) =>
			value.includes('\n')
				? [`    ${name}: |`, ...value.split('\n').map((line) => `      ${line}`)]
				: [`    ${name}: '${value}'`],
		),
	].join('\n');

let runs = 0;
const one = () => ({ id: `built-in-${++runs}`, number: runs, attempt: 1, project: 'app' });

/** Runs jobs of one run, one after the other. */
async function jobs(options: RunOptions, ...texts: readonly string[]): Promise<readonly Happened[]> {
	const about = one();
	const done: Happened[] = [];
	for (const [index, text] of texts.entries()) {
		const logKey = `${about.id}/${index}.1`;
		done.push(await rig.run(text, { run: about, logKey, ...options }));
	}
	return done;
}

const passed = (...happened: readonly Happened[]) => {
	for (const { end, log } of happened) assert.equal(end.conclusion, 'passed', log.join('\n'));
};
const outputsOf = ({ of }: Happened, index: number) => of('step-finished')[index]?.outputs ?? {};

const tiers = [
	['host', { skip: false }],
	['disposable', needs('overlay')],
] as const;

for (const [tier, need] of tiers) {
	describe(`artifacts in ${tier}`, need, () => {
		test('what one job uploads another downloads: the same bytes, by name, all of them, by pattern, merged', async () => {
			const [up, down] = await jobs(
				{ tier },
				workflow(
					run(
						'mkdir -p out/deep/er empty\nhead -c 3000000 /dev/urandom > out/big.bin\necho hello > "out/deep/er/ä b.txt"\n: > out/empty\nsha256sum out/big.bin',
					),
					uses('actions/upload-artifact@v4', { name: 'one', path: 'out' }),
					run('echo two > two.txt'),
					uses('actions/upload-artifact@v4', { name: 'two', path: 'two.txt', 'retention-days': '3' }, 'two'),
				),
				workflow(
					uses('actions/download-artifact@v4', { name: 'one', path: 'got' }),
					run(
						'cd got && find . -type f | LC_ALL=C sort && cat "deep/er/ä b.txt" && sha256sum big.bin && stat -c "%a %U" big.bin && id -un',
					),
					uses('actions/download-artifact@v4', { path: 'all' }, 'all'),
					run('cd all && ls && cat two/two.txt && test -f one/big.bin'),
					uses('actions/download-artifact@v4', { path: 'merged', pattern: '*', 'merge-multiple': 'true' }, 'merged'),
					run('cd merged && ls'),
					uses('actions/download-artifact@v4', { path: 'some', pattern: 't*' }, 'some'),
					run('find some -type f'),
				),
			);
			passed(up!, down!);
			const outputs = outputsOf(up!, 1);
			assert.match(outputs['artifact-id'] ?? '', /^\d+$/);
			assert.match(outputs['artifact-digest'] ?? '', /^[0-9a-f]{64}$/);
			assert.match(outputs['artifact-url'] ?? '', new RegExp(`/artifacts/${outputs['artifact-id']}$`));
			assert.ok(up!.log.includes('With the provided path, there will be 3 files uploaded'));
			const log = down!.log;
			const at = log.indexOf('./big.bin');
			assert.deepEqual(log.slice(at, at + 4), ['./big.bin', './deep/er/ä b.txt', './empty', 'hello']);
			const digest = (lines: readonly string[]) => lines.find((line) => /^[0-9a-f]{64} {2}/.test(line))?.slice(0, 64);
			assert.equal(digest(log), digest(up!.log));
			const owner = log.find((line) => /^644 /.test(line))?.slice(4);
			assert.equal(owner, log[log.indexOf(`644 ${owner}`) + 1], 'the files are the job’s own');
			assert.ok(log.includes('some/two/two.txt'));
			assert.match(outputsOf(down!, 0)['download-path'] ?? '', /\/got$/);
		});

		test('caches are restored by key and by prefix, saved after the job, and never changed', async () => {
			const step = (key: string) =>
				uses('actions/cache@v4', { path: 'deps\n~/.tool-of-test', key, 'restore-keys': `${tier}-` });
			const make = run(
				'mkdir -p deps/bin ~/.tool-of-test\necho one > deps/a\necho tool > ~/.tool-of-test/t\nln -sf ../a deps/bin/link\nchmod 755 deps/a',
			);
			const show = run('cat deps/a deps/bin/link ~/.tool-of-test/t; stat -c %a deps/a; rm -rf ~/.tool-of-test');
			const [first, second, third] = await jobs(
				{ tier },
				workflow(step(`${tier}-1`), make, run('rm -rf ~/none')),
				workflow(step(`${tier}-1`), show),
				workflow(step(`${tier}-2`), show),
			);
			passed(first!, second!, third!);
			assert.ok(first!.log.includes(`Cache not found for input keys: ${tier}-1, ${tier}-`));
			assert.ok(first!.log.includes(`Cache saved with key: ${tier}-1`), first!.log.join('\n'));
			assert.deepEqual(outputsOf(first!, 0), {});
			assert.equal(outputsOf(second!, 0)['cache-hit'], 'true');
			assert.ok(second!.log.join('\n').includes('one\none\ntool\n755'), second!.log.join('\n'));
			assert.ok(second!.log.includes(`Cache hit occurred on the primary key ${tier}-1, not saving cache.`));
			assert.equal(outputsOf(third!, 0)['cache-hit'], 'false');
			assert.ok(third!.log.includes(`Cache restored from key: ${tier}-1`));
		});
	});
}

test('upload-artifact: negations, hidden files, a single file, and what is not there', async () => {
	const [happened] = await jobs(
		{},
		workflow(
			run('mkdir -p a/.hidden b\ntouch a/1.txt a/2.log a/.dot a/.hidden/x b/3.txt'),
			uses('actions/upload-artifact@v4', { name: 'not', path: 'a\nb\n!**/*.log' }, 'not'),
			uses('actions/upload-artifact@v4', { name: 'hidden', path: 'a', 'include-hidden-files': 'true' }, 'hidden'),
			uses('actions/upload-artifact@v4', { name: 'none', path: 'nothing/**' }, 'none'),
			uses('actions/upload-artifact@v4', { name: 'none', path: 'nothing', 'if-no-files-found': 'ignore' }, 'ignored'),
			uses('actions/download-artifact@v4', { path: 'got' }),
			run('cd got && find . -type f | LC_ALL=C sort | tr "\\n" " "'),
		),
	);
	passed(happened!);
	assert.ok(
		happened!.log.includes(
			'./hidden/.dot ./hidden/.hidden/x ./hidden/1.txt ./hidden/2.log ./not/a/1.txt ./not/b/3.txt ',
		),
		happened!.log.join('\n'),
	);
	assert.equal(happened!.of('step-finished')[3]?.annotations?.[0]?.level, 'warning');
	assert.equal(happened!.of('step-finished')[4]?.annotations, undefined);
	const failing = await Promise.all(
		[
			uses('actions/upload-artifact@v4', { name: 'n', path: 'nothing', 'if-no-files-found': 'error' }),
			uses('actions/upload-artifact@v4', { name: 'a/b', path: 'README.md' }),
			uses('actions/upload-artifact@v4', { path: '../x' }),
			uses('actions/upload-artifact@v4', { name: 'x' }),
			uses('actions/download-artifact@v4', { name: 'nothing' }),
			uses('actions/download-artifact@v4', { 'artifact-ids': '999999' }),
			uses('actions/cache@v4', { path: 'x', key: 'a,b' }),
			uses('actions/cache/restore@v4', { path: 'x', key: 'none', 'fail-on-cache-miss': 'true' }),
		].map((step) => rig.run(workflow(step), { run: one() })),
	);
	assert.deepEqual(
		failing.map(({ end }) => end.conclusion),
		failing.map(() => 'failed'),
	);
	assert.match(failing[0]!.end.why ?? '', /No files were found with the provided path: nothing/);
	assert.match(failing[4]!.end.why ?? '', /Artifact not found for name: nothing/);
});

test('upload-artifact: a name is used once a run, unless it is to be overwritten; days and level are kept', async () => {
	const step = (more: { readonly [name: string]: string }, id: string) =>
		uses('actions/upload-artifact@v4', { name: 'dist', path: 'f', ...more }, id);
	const [happened] = await jobs(
		{},
		workflow(
			run('yes | head -c 1000000 > f'),
			step({ 'compression-level': '0' }, 'plain'),
			`${step({}, 'again')}\n  continue-on-error: true`,
			step({ overwrite: 'true', 'retention-days': '400', 'compression-level': '9' }, 'over'),
			'- run: echo "${{ steps.again.outcome }} ${{ steps.over.outputs.artifact-id != steps.plain.outputs.artifact-id }}"',
		),
	);
	passed(happened!);
	assert.ok(happened!.log.includes('failure true'), happened!.log.join('\n'));
	const [kept, ...others] = await rig.ports.storage.artifacts.list('app', `built-in-${runs}`);
	assert.deepEqual(others, []);
	assert.ok(kept!.sizeBytes < 10_000, 'packed');
	assert.equal(Math.round((Date.parse(kept!.expiresAt) - Date.now()) / 86_400_000), 90);
});

test('download-artifact: other runs of the project by id and by number, and ids', async () => {
	const [first] = await jobs(
		{},
		workflow(run('echo theirs > t'), uses('actions/upload-artifact@v4', { name: 'x', path: 't' })),
	);
	passed(first!);
	const id = outputsOf(first!, 1)['artifact-id'];
	await rig.store.append(`run/built-in-${runs}`, 'engine', [
		{
			kind: 'run-queued',
			project: 'app',
			number: 77,
			trigger: { event: 'push', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: {} },
			commit: { sha: 'a'.repeat(40), subject: 'x', authoredAt: '2026-01-01T00:00:00.000Z' },
			plan: first!.plan,
		},
	]);
	const [second] = await jobs(
		{},
		workflow(
			uses('actions/download-artifact@v4', { name: 'x', 'run-id': '77', 'github-token': 'x' }),
			run('cat t'),
			`${uses('actions/download-artifact@v4', { name: 'x', 'run-id': 'no-such-run' }, 'no')}\n  continue-on-error: true`,
			`${uses('actions/download-artifact@v4', { name: 'x' }, 'own')}\n  continue-on-error: true`,
			`${uses('actions/download-artifact@v4', { name: 'x', repository: 'o/other' }, 'other')}\n  continue-on-error: true`,
			uses('actions/upload-artifact@v4', { name: 'y', path: 't' }, 'y'),
			uses(
				'actions/download-artifact@v5',
				{ 'artifact-ids': '${{ steps.y.outputs.artifact-id }}', path: 'by-id' },
				'ids',
			),
			run('cat by-id/t'),
			'- run: echo "${{ steps.no.outcome }} ${{ steps.own.outcome }} ${{ steps.other.outcome }}"',
		),
	);
	passed(second!);
	assert.ok(id !== undefined && second!.log.filter((line) => line === 'theirs').length === 2, second!.log.join('\n'));
	assert.ok(second!.log.includes('failure failure failure'));
});
