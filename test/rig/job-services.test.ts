import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { restoreCache, saveCache } from '@actions/cache';
import type { Trigger } from '#core/plan.ts';
import { needs } from '../needs.ts';
import { openRig, type Rig } from './rig.ts';

let rig: Rig;
before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const probe = {
	'action.yml': 'name: probe\nruns:\n  using: node24\n  main: main.js\n',
	'main.js': `
const { env } = process;
const claims = JSON.parse(Buffer.from(env.ACTIONS_RUNTIME_TOKEN.split('.')[1], 'base64url'));
console.log('token ' + env.ACTIONS_RUNTIME_TOKEN);
console.log('scope ' + claims.scp.split(':')[0] + ' ' + claims.scp.split(':')[1]);
(async () => {
	const answer = await fetch(env.ACTIONS_RESULTS_URL + 'twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts', {
		method: 'POST',
		headers: { authorization: 'Bearer ' + env.ACTIONS_RUNTIME_TOKEN },
		body: '{}',
	});
	console.log('artifacts ' + (await answer.json()).artifacts.map(({ name }) => name));
	console.log('api ' + (await fetch(env.GITHUB_API_URL + '/rate_limit', { headers: { authorization: 'token ' + env.INPUT_TOKEN } })).status);
	require('node:fs').writeFileSync('stolen', JSON.stringify([env.ACTIONS_RESULTS_URL, env.ACTIONS_RUNTIME_TOKEN]));
})();
`,
};

const job = (permissions: string, ...steps: readonly string[]): string =>
	[
		'on: push',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		`    permissions: ${permissions}`,
		'    steps:',
		...steps.map((step) => `      ${step}`),
	].join('\n');

test('actions get the services, scripts do not, and the tokens are hidden and end with the job', async () => {
	const workflow = job(
		'{ id-token: write }',
		'- run: echo x > x; env | grep -c ^ACTIONS_RUNTIME_TOKEN= || true',
		'- uses: actions/upload-artifact@v4',
		'  with: { name: mine, path: x }',
		'- uses: octo/probe@v1',
		'  with: { token: "${{ github.token }}" }',
		'- run: |',
		'    cat stolen; echo',
		'    cp stolen /tmp/stolen-of-test',
		"    node -e \"fetch(process.env.ACTIONS_ID_TOKEN_REQUEST_URL + '&audience=x', { headers: { authorization: 'Bearer ' + process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN } }).then((r) => r.json()).then(({ value }) => console.log('sub ' + JSON.parse(Buffer.from(value.split('.')[1], 'base64url')).sub))\"",
	);
	const { end, log } = await rig.run(workflow, { remotes: { 'octo/probe@v1': probe } });
	assert.equal(end.conclusion, 'passed', log.join('\n'));
	const text = log.join('\n');
	assert.ok(log.includes('0'), 'a script has no runtime token');
	assert.ok(log.includes('token ***'), text);
	assert.match(text, /scope Actions\.Results run-\d+/);
	assert.ok(log.includes('artifacts mine') && log.includes('api 200'), text);
	assert.ok(log.includes('sub repo:app:ref:refs/heads/main'), text);
	const [url, token] = JSON.parse(readFileSync('/tmp/stolen-of-test', 'utf8')) as [string, string];
	rmSync('/tmp/stolen-of-test');
	assert.ok(!text.includes(token));
	const late = await fetch(`${url}twirp/github.actions.results.api.v1.ArtifactService/ListArtifacts`, {
		method: 'POST',
		headers: { authorization: `Bearer ${token}` },
		body: '{}',
	});
	assert.equal(late.status, 401, 'the job has ended');
});

test('without id-token: write, and for code of a stranger, there is no identity', needs('overlay'), async () => {
	const script = '- run: echo "has ${ACTIONS_ID_TOKEN_REQUEST_URL:-none}"';
	const plain = await rig.run(job('{ contents: read }', script));
	assert.ok(plain.log.includes('has none'), plain.log.join('\n'));
	const foreign = await rig.run(job('{ id-token: write }', script).replace('on: push', 'on: pull_request'), {
		tier: 'disposable',
		trigger: pullRequest('evil/app'),
	});
	assert.ok(foreign.log.includes('has none'), foreign.log.join('\n'));
	const own = await rig.run(job('{ id-token: write }', script).replace('on: push', 'on: pull_request'), {
		trigger: pullRequest('octo/app'),
	});
	assert.ok(
		own.log.some((line) => line.startsWith('has http')),
		own.log.join('\n'),
	);
});

function pullRequest(head: string): Trigger {
	const base = { ref: 'main', repo: { full_name: 'octo/app' } };
	const pull = { number: 7, base, head: { ref: 'x', sha: 'a'.repeat(40), repo: { full_name: head } } };
	const payload = { action: 'opened', number: 7, repository: { full_name: 'octo/app' }, pull_request: pull };
	return { event: 'pull_request', ref: 'refs/pull/7/merge', sha: 'a'.repeat(40), payload };
}

test(
	'ART-08, CAC-03: what a stranger saved is for itself, and other runs are closed to it',
	needs('overlay'),
	async () => {
		const cacheJob = (key: string, on = 'push') =>
			[
				`on: ${on}`,
				'jobs:',
				'  build:',
				'    runs-on: ubuntu-latest',
				'    steps:',
				'      - run: echo poison > f',
				'      - uses: actions/cache/save@v4',
				`        with: { path: f, key: ${key} }`,
			].join('\n');
		const restoreJob = (on: string) =>
			[
				`on: ${on}`,
				'jobs:',
				'  build:',
				'    runs-on: ubuntu-latest',
				'    steps:',
				'      - uses: actions/cache/restore@v4',
				'        id: it',
				'        with: { path: f, key: none, restore-keys: s- }',
				'      - run: cat f || echo nothing',
			].join('\n');
		await rig.run(cacheJob('s-1', 'pull_request'), { tier: 'disposable', trigger: pullRequest('evil/app') });
		assert.ok((await rig.run(restoreJob('push'))).log.includes('nothing'), 'main does not see it');
		assert.ok(
			(await rig.run(restoreJob('pull_request'), { trigger: pullRequest('octo/app') })).log.includes('nothing'),
		);
		// It is there: whoever saved it sees it.
		assert.ok(
			(
				await rig.run(restoreJob('pull_request'), { tier: 'disposable', trigger: pullRequest('evil/app') })
			).log.includes('poison'),
		);
		const download = [
			'on: pull_request',
			'jobs:',
			'  build:',
			'    runs-on: ubuntu-latest',
			'    steps:',
			'      - uses: actions/download-artifact@v4',
			'        with: { name: x, run-id: 1 }',
		].join('\n');
		const { end } = await rig.run(download, { tier: 'disposable', trigger: pullRequest('evil/app') });
		assert.match(end.why ?? '', /comes from a fork, which sees its own only/);
	},
);

test('ART-09: a token in .git/config is not uploaded', async () => {
	const workflow = job(
		'{ contents: read }',
		'- run: |',
		'    mkdir -p r/.git',
		'    echo \'[http "https://github.com/"]\' > r/.git/config',
		'    printf "\\textraheader = AUTHORIZATION: basic c2VjcmV0\\n[core]\\n\\tbare = false\\n" >> r/.git/config',
		'- uses: actions/upload-artifact@v4',
		'  with: { name: r, path: r, include-hidden-files: true }',
		'- uses: actions/download-artifact@v4',
		'  with: { name: r, path: got }',
		'- run: cat got/.git/config; grep -c extraheader r/.git/config',
	);
	const { end, log } = await rig.run(workflow);
	assert.equal(end.conclusion, 'passed', log.join('\n'));
	const got = log.slice(log.findIndex((line) => line.includes('cat got')) + 1);
	assert.ok(got.includes('\tbare = false') && !got.some((line) => line.includes('extraheader =')), got.join('\n'));
	assert.ok(got.includes('1'), 'the file of the job is as it was');
	assert.ok(log.some((line) => line.includes('A token was taken out of .git/config')));
});

test('the toolkit restores what the built-in action saved, and the other way round', async () => {
	const folder = mkdtempSync(join(tmpdir(), 'fb-both-'));
	const work = join(folder, 'app');
	mkdirSync(work);
	const before = process.cwd();
	try {
		const workflow = job(
			'{ contents: read }',
			'- run: mkdir -p deps && head -c 300000 /dev/urandom | base64 > deps/a && sha256sum < deps/a',
			'- uses: actions/cache/save@v4',
			'  with: { path: deps, key: built-in-1 }',
		);
		const saved = await rig.run(workflow);
		assert.ok(saved.log.includes('Cache saved with key: built-in-1'), saved.log.join('\n'));
		const services = await rig.ports.services!.forJob({
			project: 'app',
			path: folder,
			defaultBranch: 'main',
			run: 'other',
			runAttempt: 1,
			job: 'j',
			jobAttempt: 1,
			trigger: { event: 'push', ref: 'refs/heads/main', sha: 'a'.repeat(40), payload: {} },
			github: {},
			jobWorkflowRef: '',
			permissions: {},
			hasForgeToken: false,
			emit: async () => {},
			say: () => {},
		});
		Object.assign(process.env, services.env, { GITHUB_WORKSPACE: work, RUNNER_TEMP: folder });
		process.chdir(work);
		assert.equal(await restoreCache(['deps'], 'built-in-1'), 'built-in-1');
		const digest = saved.log.find((line) => /^[0-9a-f]{64} {2}-$/.test(line));
		const { createHash } = await import('node:crypto');
		assert.equal(
			`${createHash('sha256')
				.update(readFileSync(join(work, 'deps/a')))
				.digest('hex')}  -`,
			digest,
		);
		const content = randomBytes(200_000).toString('hex');
		writeFileSync(join(work, 'deps/a'), content);
		assert.ok((await saveCache(['deps'], 'toolkit-1')) > 0);
		const restored = await rig.run(
			job(
				'{ contents: read }',
				'- uses: actions/cache/restore@v4',
				'  with: { path: deps, key: toolkit-1 }',
				'- run: sha256sum < deps/a',
			),
		);
		const own = `${createHash('sha256').update(content).digest('hex')}  -`;
		assert.ok(restored.log.includes(own), restored.log.join('\n'));
	} finally {
		process.chdir(before);
		rmSync(folder, { recursive: true, force: true });
	}
});
