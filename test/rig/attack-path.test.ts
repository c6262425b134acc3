import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { openRig, type Rig, tempRepository } from './rig.ts';

let rig: Rig;
/** A folder of this machine that is no business of a job's. */
const place = mkdtempSync(join(tmpdir(), 'fb-attack-path-'));
before(async () => {
	rig = await openRig();
	writeFileSync(join(place, 'secret'), 'top secret\n');
	const echo = "name: x\nruns:\n  using: composite\n  steps: [{run: echo 'action of the machine', shell: bash}]\n";
	writeFileSync(join(place, 'action.yml'), echo);
});
after(async () => {
	await rig[Symbol.asyncDispose]();
	rmSync(place, { recursive: true, force: true });
});

const workflow = (...steps: readonly string[]) =>
	`on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n${steps.map((step) => `      - ${step}\n`).join('')}`;
const checkout = 'uses: actions/checkout@v4';

describe('YML-07: a path of a workflow', () => {
	test('names no action outside the workspace: not by .., not from an action of its own', async () => {
		const up = `./${'../'.repeat(9)}${place.slice(1)}`;
		await assert.rejects(rig.run(workflow(checkout, `uses: ${up}`)), /leaves the repository/);
		const nested = `name: x\nruns:\n  using: composite\n  steps: [{uses: '${up}'}]\n`;
		const { end, log } = await rig.run(workflow(checkout, 'uses: ./own'), { files: { 'own/action.yml': nested } });
		assert.equal(end.conclusion, 'failed');
		assert.doesNotMatch(log.join('\n'), /action of the machine/);
		assert.match(log.join('\n'), /leaves the repository/);
		assert.ok(existsSync(join('/work/one/two', up, 'action.yml')), 'control: by its name it is there');
	});

	for (const tier of ['host', 'sandbox', 'disposable'] as const) {
		test(
			`names no action by a link that leads out of the workspace: ${tier}`,
			tier === 'host' ? {} : needs('overlay'),
			async () => {
				await using repository = await tempRepository({ a: '1\n' });
				mkdirSync(join(repository.path, '.github/actions/file'), { recursive: true });
				symlinkSync(place, join(repository.path, '.github/actions/folder'));
				symlinkSync(join(place, 'action.yml'), join(repository.path, '.github/actions/file/action.yml'));
				repository.git('add', '.');
				repository.git('commit', '--quiet', '--message', 'links');
				const followed = readFileSync(join(repository.path, '.github/actions/folder/action.yml'), 'utf8');
				assert.match(followed, /action of the machine/, 'control: who opens it by its name is led out');
				for (const name of ['folder', 'file']) {
					const { end, log } = await rig.run(workflow(checkout, `uses: ./.github/actions/${name}`), {
						repository,
						tier,
					});
					assert.equal(end.conclusion, 'failed');
					assert.match(log.join('\n'), /action\.yml cannot be read\n.*no link may lead to it/);
					assert.doesNotMatch(log.join('\n'), /action of the machine/);
				}
			},
		);

		const machine = tier === 'host' ? 'this machine, as the user that the job is' : 'the room, and nothing else';
		test(`leads as a working directory to ${machine}: ${tier}`, tier === 'host' ? {} : needs('overlay'), async () => {
			const steps = [
				'run: ln -s "$OUT" out && ln -s / root',
				"{run: 'pwd && touch made', working-directory: ../.. }",
				"{run: 'cat ./$OUT/secret', working-directory: root, continue-on-error: true}",
				"{run: 'cat secret; touch written', working-directory: out, continue-on-error: true}",
				"{run: 'cat secret', working-directory: '${{ env.OUT }}', continue-on-error: true}",
				"{run: 'ls ./$OUT/secret && cat /proc/sys/kernel/hostname >/dev/null', working-directory: ../../../../../../../.., continue-on-error: true}",
			];
			const { end, log } = await rig.run(workflow(...steps), { tier, env: { OUT: place } });
			const text = log.join('\n');
			assert.equal(end.conclusion, 'passed', text);
			const seen = text.match(/top secret/g)?.length ?? 0;
			const isWritten = existsSync(join(place, 'written'));
			rmSync(join(place, 'written'), { force: true });
			if (tier === 'host')
				assert.deepEqual([seen, isWritten], [3, true], `control: without a room it is the machine\n${text}`);
			else {
				assert.deepEqual([seen, isWritten], [0, false], text);
				assert.match(text, /^\/home\/runner\/work$/m);
				assert.equal(existsSync('/home/runner/work/made'), false);
			}
		});
	}
});
