import assert from 'node:assert/strict';
import { createHash, createPublicKey, randomBytes, verify } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { restoreCache, saveCache } from '@actions/cache';
import { getIDToken } from '@actions/core';
import { cacheFile, downloadTool, find } from '@actions/tool-cache';
import type { JobServices } from '#engine/services.ts';
import { type ToolkitWorld, toolkitWorld } from './toolkit-world.ts';

let world: ToolkitWorld;
let work: string;
let DefaultArtifactClient: typeof import('@actions/artifact').DefaultArtifactClient;
let getOctokit: typeof import('@actions/github').getOctokit;

before(async () => {
	world = await toolkitWorld();
	// This one looks for the address of the API when it is loaded.
	process.env['GITHUB_API_URL'] = (await world.job()).env['GITHUB_API_URL'];
	({ getOctokit } = await import('@actions/github'));
	({ DefaultArtifactClient } = await import('@actions/artifact'));
});
after(async () => {
	await world[Symbol.asyncDispose]();
});
beforeEach(() => {
	work = join(world.folder, 'work');
	rmSync(work, { recursive: true, force: true });
	mkdirSync(work);
});

/** The clients look at the environment of their process. */
function as(services: JobServices): void {
	for (const name of Object.keys(process.env)) if (/^(ACTIONS|GITHUB|RUNNER)_/.test(name)) delete process.env[name];
	Object.assign(process.env, services.env, services.stepEnv, {
		GITHUB_SERVER_URL: 'https://footbridge.localhost',
		GITHUB_WORKSPACE: work,
		RUNNER_TEMP: work,
		GITHUB_RETENTION_DAYS: '90',
	});
	process.chdir(work);
}

function files(count: number, size: number): readonly string[] {
	return Array.from({ length: count }, (_, index) => {
		const path = join(work, `file-${index}.bin`);
		writeFileSync(path, randomBytes(size));
		return path;
	});
}

test('@actions/artifact uploads, lists, downloads with the right digest, and deletes', async () => {
	const job = await world.job({ run: 'artifact-1' });
	as(job);
	const client = new DefaultArtifactClient();
	// More than a block, so that several are put together.
	const paths = files(3, 7_000_000);
	const { id, size, digest } = await client.uploadArtifact('dist', [...paths], work, { retentionDays: 5 });
	assert.ok(id !== undefined && size !== undefined && size > 21_000_000);
	const { artifacts } = await client.listArtifacts();
	assert.deepEqual(
		artifacts.map((artifact) => [artifact.name, artifact.id, artifact.size, artifact.digest]),
		[['dist', id, size, `sha256:${digest}`]],
	);
	const later = await world.job({ run: 'artifact-1' });
	as(later);
	const found = await client.getArtifact('dist');
	const path = join(work, 'got');
	const { digestMismatch } = await client.downloadArtifact(found.artifact.id, {
		path,
		expectedHash: found.artifact.digest!,
	});
	assert.equal(digestMismatch, false);
	for (const file of paths)
		assert.deepEqual(readFileSync(join(path, file.split('/').at(-1)!)), readFileSync(file), 'the same bytes');
	const [kept] = await world.storage.artifacts.list('shop', 'artifact-1');
	assert.equal(Math.round((Date.parse(kept!.expiresAt) - Date.now()) / 86_400_000), 5);
	await client.deleteArtifact('dist');
	assert.deepEqual((await client.listArtifacts()).artifacts, []);
	assert.deepEqual(await world.blobs.list(), [], 'nor is its content there any more');
});

test('@actions/artifact: a name is used once a run', async () => {
	as(await world.job({ run: 'artifact-2' }));
	const client = new DefaultArtifactClient();
	const [path = ''] = files(1, 10);
	await client.uploadArtifact('logs', [path], work);
	await assert.rejects(client.uploadArtifact('logs', [path], work), /already exists|conflict/i);
	as(await world.job({ run: 'artifact-3' }));
	await client.uploadArtifact('logs', [path], work);
});

test('@actions/artifact: a single file that is not packed comes back as it is', async () => {
	as(await world.job({ run: 'artifact-4' }));
	const client = new DefaultArtifactClient();
	const path = join(work, 'report.html');
	writeFileSync(path, '<h1>hello</h1>');
	const { id } = await client.uploadArtifact('', [path], work, { skipArchive: true });
	const got = join(work, 'raw');
	await client.downloadArtifact(id!, { path: got });
	assert.deepEqual(readdirSync(got), ['report.html']);
	assert.equal(readFileSync(join(got, 'report.html'), 'utf8'), '<h1>hello</h1>');
});

test('@actions/artifact: another run is reached by the REST API, with actions: read', async () => {
	as(await world.job({ run: 'artifact-5' }));
	const client = new DefaultArtifactClient();
	const [path = ''] = files(1, 1000);
	const { id } = await client.uploadArtifact('other', [path], work);
	await world.store.append('run/artifact-5', 'engine', [runQueued(41, world.repository.sha)]);
	const job = await world.job({ run: 'artifact-6' });
	as(job);
	const findBy = { token: job.token, workflowRunId: 41, repositoryOwner: 'octo', repositoryName: 'shop' };
	assert.deepEqual(
		(await client.listArtifacts({ findBy })).artifacts.map((artifact) => artifact.id),
		[id],
	);
	await client.downloadArtifact(id!, { findBy, path: join(work, 'theirs') });
	assert.equal(statSync(join(work, 'theirs/file-0.bin')).size, 1000);
});

const runQueued = (number: number, sha: string) =>
	({
		kind: 'run-queued',
		project: 'shop',
		number,
		trigger: { event: 'push', ref: 'refs/heads/main', sha, payload: {} },
		commit: { sha, subject: 'x', authoredAt: '2026-01-01T00:00:00.000Z' },
		plan: { workflow: 'ci.yml', name: 'ci', env: null, jobs: [] },
	}) as const;

for (const version of ['v2', 'v1'] as const) {
	test(`@actions/cache ${version}: saves once, restores by key and by prefix, small and in blocks`, async () => {
		const job = await world.job({ run: `cache-${version}` });
		const serve = (services: JobServices) => {
			as(services);
			if (version === 'v1') delete process.env['ACTIONS_CACHE_SERVICE_V2'];
		};
		serve(job);
		const paths = ['deps'];
		mkdirSync(join(work, 'deps'));
		const content = randomBytes(5_000_000);
		writeFileSync(join(work, 'deps/a.bin'), content);
		assert.equal(await restoreCache([...paths], `${version}-1`, [`${version}-`]), undefined);
		assert.ok((await saveCache([...paths], `${version}-1`, { uploadChunkSize: 1024 * 1024 })) > 0);
		assert.equal(await saveCache([...paths], `${version}-1`), -1, 'a cache never changes');
		rmSync(join(work, 'deps'), { recursive: true });
		serve(await world.job({ run: 'another' }));
		assert.equal(await restoreCache([...paths], `${version}-2`, ['nothing', `${version}-`]), `${version}-1`);
		assert.deepEqual(readFileSync(join(work, 'deps/a.bin')), content);
		assert.equal(await restoreCache(['other'], `${version}-1`), undefined, 'other paths are another version');
	});
}

test('@actions/cache: what is larger than one request can be is put together of blocks', async () => {
	as(await world.job({ run: 'cache-large' }));
	mkdirSync(join(work, 'large'));
	const hash = createHash('sha256');
	for (const name of ['a', 'b', 'c']) {
		const part = randomBytes(50_000_000);
		hash.update(part);
		writeFileSync(join(work, 'large', name), part);
	}
	assert.ok((await saveCache(['large'], 'large-1')) > 0);
	rmSync(join(work, 'large'), { recursive: true });
	assert.equal(await restoreCache(['large'], 'large-1'), 'large-1');
	const again = createHash('sha256');
	for (const name of ['a', 'b', 'c']) again.update(readFileSync(join(work, 'large', name)));
	assert.equal(again.digest('hex'), hash.digest('hex'));
});

test('@actions/core: an identity token is signed with the published key, and says who the job is', async () => {
	const job = await world.job({
		run: 'id-1',
		permissions: { 'id-token': 'write' },
		environment: 'pro:duction',
	});
	as(job);
	const token = await getIDToken('sts.example.com');
	const [head = '', body = '', signature = ''] = token.split('.');
	const decoded = (part: string) =>
		JSON.parse(Buffer.from(part, 'base64url').toString()) as { [name: string]: unknown };
	const claims = decoded(body);
	const about = (await (await fetch(`${claims['iss']}/.well-known/openid-configuration`)).json()) as {
		jwks_uri: string;
	};
	const { keys } = (await (await fetch(about.jwks_uri)).json()) as { keys: { kid: string; [name: string]: string }[] };
	const jwk = keys.find(({ kid }) => kid === decoded(head)['kid']);
	assert.equal(decoded(head)['alg'], 'RS256');
	const key = createPublicKey({ key: jwk as { [name: string]: string }, format: 'jwk' });
	assert.ok(verify('sha256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url')));
	assert.ok(!verify('sha256', Buffer.from(`${head}.${body}x`), key, Buffer.from(signature, 'base64url')));
	assert.equal(claims['sub'], 'repo:octo/shop:environment:pro%3Aduction');
	assert.equal(claims['aud'], 'sts.example.com');
	assert.equal(claims['job_workflow_ref'], 'octo/shop/.github/workflows/ci.yml@refs/heads/main');
	assert.equal(claims['sha'], world.repository.sha);
	const now = Date.now() / 1000;
	assert.ok(Number(claims['exp']) > now && Number(claims['exp']) < now + 1000);
	assert.equal(statSync(join(world.folder, 'identity-key.pem')).mode & 0o777, 0o600);
	await job.close();
	await assert.rejects(getIDToken('sts.example.com'), /401|Failed/);
	assert.deepEqual((await world.job()).stepEnv, {}, 'without id-token: write there is none');
});

test('@actions/github reads the repository, commits and differences, and writes statuses and checks', async () => {
	const second = await world.repository.commit({ 'src/a.txt': 'a' }, 'second');
	const job = await world.job({
		run: 'rest-1',
		permissions: { contents: 'read', metadata: 'read', statuses: 'write', checks: 'write' },
	});
	as(job);
	const { rest, request } = getOctokit(job.token);
	const at = { owner: 'octo', repo: 'shop' };
	assert.equal((await rest.repos.get(at)).data.default_branch, 'main');
	assert.equal((await rest.repos.getCommit({ ...at, ref: 'main' })).data.sha, second);
	const { data } = await rest.repos.compareCommits({ ...at, base: world.repository.sha, head: second });
	assert.deepEqual(
		data.files?.map((file) => file.filename),
		['src/a.txt'],
	);
	await rest.repos.createCommitStatus({
		...at,
		sha: second,
		state: 'pending',
		context: 'lint',
		description: 'one moment',
	});
	await rest.repos.createCommitStatus({ ...at, sha: second, state: 'success', context: 'lint' });
	assert.equal((await rest.repos.getCombinedStatusForRef({ ...at, ref: second })).data.state, 'success');
	const run = await rest.checks.create({ ...at, name: 'tests', head_sha: second });
	await rest.checks.update({
		...at,
		check_run_id: run.data.id,
		conclusion: 'failure',
		output: { title: '3 failed', summary: '- a' },
	});
	const listed = await rest.checks.listForRef({ ...at, ref: second });
	assert.deepEqual(
		listed.data.check_runs.map((check) => [check.name, check.status, check.conclusion, check.output.title]),
		[['tests', 'completed', 'failure', '3 failed']],
	);
	const kinds = (await world.store.read('run/rest-1')).map(({ event }) => event.kind);
	assert.deepEqual(new Set(kinds), new Set(['check-reported']), 'it is the run’s own record');
	assert.equal(kinds.length, 4);
	assert.ok((await rest.rateLimit.get()).data.rate.remaining > 1000);
	await assert.rejects(rest.issues.listForRepo(at), { status: 404, message: /Not Found/ });
	assert.match(world.said.at(-1) ?? '', /GET \/repos\/octo\/shop\/issues .*404/);
	await assert.rejects(rest.repos.get({ owner: 'octo', repo: 'other' }), { status: 404 });
	await assert.rejects(rest.pulls.list(at), { status: 404 });
	await assert.rejects(request('GET /repos/octo/shop/actions/artifacts/1'), { status: 403 });
});

test('@actions/github: a job that may only read writes no status, and a wrong token is none', async () => {
	const job = await world.job({ run: 'rest-2', permissions: { contents: 'read', statuses: 'read', metadata: 'read' } });
	as(job);
	const at = { owner: 'octo', repo: 'shop', sha: world.repository.sha, state: 'success' } as const;
	await assert.rejects(getOctokit(job.token).rest.repos.createCommitStatus(at), { status: 403 });
	assert.deepEqual(await world.store.read('run/rest-2'), []);
	await assert.rejects(getOctokit('fbt_wrong').rest.repos.get(at), { status: 401 });
	await assert.rejects(getOctokit(job.env['ACTIONS_RUNTIME_TOKEN']!).rest.repos.get(at), { status: 401 });
	await job.close();
	await assert.rejects(getOctokit(job.token).rest.repos.get(at), { status: 401 });
});

test('@actions/tool-cache downloads by a signed URL and keeps a tool', async () => {
	const job = await world.job({ run: 'tool' });
	as(job);
	process.env['RUNNER_TOOL_CACHE'] = join(work, 'tools');
	const [path = ''] = files(1, 100_000);
	const client = new DefaultArtifactClient();
	await client.uploadArtifact('', [path], work, { skipArchive: true });
	const answer = await fetch(`${job.url}/twirp/github.actions.results.api.v1.ArtifactService/GetSignedArtifactURL`, {
		method: 'POST',
		headers: { authorization: `Bearer ${job.env['ACTIONS_RUNTIME_TOKEN']}` },
		body: JSON.stringify({ name: 'file-0.bin' }),
	});
	const { signed_url: url } = (await answer.json()) as { signed_url: string };
	const got = await downloadTool(url);
	await cacheFile(got, 'tool.bin', 'probe', '1.2.3');
	assert.deepEqual(readFileSync(join(find('probe', '1.x'), 'tool.bin')), readFileSync(path));
});
