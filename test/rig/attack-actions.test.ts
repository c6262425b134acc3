import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gitActions } from '#edge/action/git.ts';
import { gitSource } from '#edge/source/git.ts';
import { actionsAt } from '#engine/run-actions.ts';
import { openRig, type Rig, tempRemotes, tempRepository } from './rig.ts';

const folder = mkdtempSync(join(tmpdir(), 'footbridge-attack-actions-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const tool = (said: string) => ({
	'action.yml': 'name: tool\nruns: { using: node20, main: main.js }',
	'main.js': `console.log(${JSON.stringify(said)})`,
});

test('a pull request of a fork does not say where actions come from (attacks TRG-01, SRF-01)', async () => {
	await using good = await tempRemotes({ 'octo/tool@v1': tool('good') });
	await using evil = await tempRemotes({ 'octo/tool@v1': tool('evil') });
	await using repository = await tempRepository({ 'footbridge.yaml': `actions: { from: ${good.folder} }\n` });
	repository.git('checkout', '--quiet', '-b', 'theirs');
	const sha = await repository.commit(
		{ 'footbridge.yaml': `actions: { from: ${evil.folder}, builtins: off }\n` },
		'theirs',
	);
	const ports = { source: gitSource(join(folder, 'git')), actions: gitActions(join(folder, 'actions')) };
	const project = { path: repository.path, defaultBranch: 'main' };
	const head = (name: string) => ({
		pull_request: { head: { repo: { full_name: name } }, base: { repo: { full_name: 'us/app' } } },
	});
	const said = async (name: string) => {
		const trigger = { event: 'pull_request', ref: 'refs/pull/1/merge', sha, payload: head(name) };
		const { settings, commitOf } = await actionsAt(ports, project, trigger);
		const commit = await commitOf('octo/tool', 'v1');
		assert.ok(commit.ok);
		return [settings.builtins, await ports.actions.file(commit.value, 'main.js')];
	};
	assert.deepEqual(await said('them/app'), [true, 'console.log("good")']);
	// Somebody who may push to the project may change it: this is what the guard keeps a stranger from.
	assert.deepEqual(await said('us/app'), [false, 'console.log("evil")']);
});

describe('actions in a room', () => {
	let rig: Rig;
	before(async () => {
		rig = await openRig();
	});
	after(() => rig[Symbol.asyncDispose]());

	const job = (steps: string) => `on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n${steps}`;

	test('links in the tree of an action lead Footbridge nowhere, and the job no further than it may go itself', async () => {
		const remotes = {
			'octo/links@v1': {
				'action.yml': 'name: links\nruns: { using: composite, steps: [{ uses: $/sub }] }',
				'sub/real.txt': 'x',
			},
		};
		await using place = await tempRemotes(remotes);
		await using work = await tempRepository({});
		const bare = join(place.folder, 'octo/links.git');
		work.git('fetch', '--quiet', bare, 'refs/tags/v1');
		work.git('reset', '--quiet', '--hard', 'FETCH_HEAD');
		work.git('rm', '--quiet', '-r', 'sub');
		const link = work.git('rev-parse', '--verify', 'HEAD') && '/proc/self/environ';
		const blob = work.git('hash-object', '-w', '--', join(work.path, 'action.yml'));
		work.write({ 'target.txt': link });
		const target = work.git('hash-object', '-w', '--', join(work.path, 'target.txt'));
		work.git('update-index', '--add', '--cacheinfo', `120000,${target},sub/action.yml`);
		work.git('update-index', '--add', '--cacheinfo', `100644,${blob},action.yml`);
		work.git('commit', '--quiet', '--message', 'links');
		work.git('push', '--quiet', '--force', bare, 'HEAD:refs/tags/v2');
		const happened = await rig.run(job('      - uses: octo/links@v2\n'), { settings: { from: place.folder } });
		assert.equal(happened.end.conclusion, 'failed');
		assert.ok(
			happened.log.some((line) => /cannot be read$/.test(line)),
			happened.log.join('\n'),
		);
		assert.ok(!happened.log.some((line) => line.includes('PATH=')));
	});

	test('one job cannot change an action for the next one', async () => {
		await using place = await tempRemotes({ 'octo/tool@v1': tool('untouched') });
		const settings = { from: place.folder };
		const evil = job(
			'      - uses: octo/tool@v1\n      - run: echo "console.log(1234)" > "$RUNNER_TEMP/../_actions/octo/tool/v1/main.js"\n      - uses: octo/tool@v1\n',
		);
		const first = await rig.run(evil, { settings });
		// Its own copy it may change, as it may change everything of its own.
		assert.ok(first.log.includes('1234'), first.log.join('\n'));
		const second = await rig.run(job('      - uses: octo/tool@v1\n'), { settings });
		assert.equal(second.end.conclusion, 'passed');
		assert.ok(second.log.includes('untouched') && !second.log.includes('1234'));
	});

	test('state and inputs of an action are not seen by the next step', async () => {
		const remotes = {
			'octo/keeps@v1': {
				'action.yml': 'name: keeps\ninputs: { token: {} }\nruns: { using: node20, main: main.js, post: post.js }',
				'main.js': `require('node:fs').appendFileSync(process.env.GITHUB_STATE, 'kept=secret-state\\n')`,
				'post.js': `console.log('post has ' + process.env.STATE_kept.length)`,
			},
		};
		const happened = await rig.run(
			job('      - uses: octo/keeps@v1\n        with: { token: secret-input }\n      - run: env\n'),
			{ remotes },
		);
		assert.equal(happened.end.conclusion, 'passed');
		assert.ok(happened.log.includes('post has 12'));
		assert.ok(!happened.log.some((line) => /secret-(?:state|input)/.test(line)), happened.log.join('\n'));
	});
});
