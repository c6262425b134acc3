import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { JobServices, ServedJob } from '#engine/services.ts';
import { signedUrls } from '#server/toolkit/signed-urls.ts';
import { type ToolkitWorld, toolkitWorld } from './toolkit-world.ts';

let world: ToolkitWorld;
before(async () => {
	world = await toolkitWorld();
});
after(async () => {
	await world[Symbol.asyncDispose]();
});

type Job = JobServices & { readonly url: string; readonly about: ServedJob };
type Answer = { readonly status: number; readonly body: { readonly [name: string]: string } };

/** Calls a method as the toolkits do. */
async function call(job: Job, method: string, body: object, token = job.env['ACTIONS_RUNTIME_TOKEN']): Promise<Answer> {
	const service = /Cache/.test(method) ? 'CacheService' : 'ArtifactService';
	const response = await fetch(`${job.url}/twirp/github.actions.results.api.v1.${service}/${method}`, {
		method: 'POST',
		headers: {
			'content-type': 'application/json',
			...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
		},
		body: JSON.stringify(body),
	});
	return { status: response.status, body: (await response.json()) as Answer['body'] };
}

/** The ids of a job, as clients read them from its token. */
function idsOf(job: Job) {
	const claims = JSON.parse(Buffer.from(job.env['ACTIONS_RUNTIME_TOKEN']!.split('.')[1]!, 'base64url').toString());
	const [, run, id] = String(claims.scp).split(':');
	return { workflow_run_backend_id: run, workflow_job_run_backend_id: id };
}

const put = (url: string, body: string | Uint8Array<ArrayBuffer> = 'content') => fetch(url, { method: 'PUT', body });

async function artifact(job: Job, name: string, content: Buffer = Buffer.from('content')): Promise<string> {
	const begun = await call(job, 'CreateArtifact', { ...idsOf(job), name, version: 7 });
	assert.equal(begun.status, 200, JSON.stringify(begun.body));
	const url = begun.body['signed_upload_url']!;
	assert.equal((await put(url, new Uint8Array(content))).status, 201);
	const done = await call(job, 'FinalizeArtifact', { ...idsOf(job), name, size: String(content.length) });
	assert.equal(done.status, 200, JSON.stringify(done.body));
	return url;
}

async function cache(job: Job, key: string, content = 'content'): Promise<Answer> {
	const begun = await call(job, 'CreateCacheEntry', { key, version: 'v' });
	if (begun.body['signed_upload_url'] === undefined) return begun;
	await put(begun.body['signed_upload_url'], content);
	return call(job, 'FinalizeCacheEntryUpload', { key, version: 'v', size_bytes: String(content.length) });
}

const restored = async (job: Job, key: string, ...more: readonly string[]) =>
	(await call(job, 'GetCacheEntryDownloadURL', { key, restore_keys: more, version: 'v' })).body;

describe('CAC-02, ART: whose token', () => {
	const ways: readonly (readonly [string, (job: Job) => Promise<{ readonly status: number }>])[] = [
		['artifacts', (job) => call(job, 'ListArtifacts', {})],
		['caches v2', (job) => call(job, 'GetCacheEntryDownloadURL', { key: 'k', restore_keys: [], version: 'v' })],
		['caches v1', (job) => v1(job, 'GET', 'cache?keys=k&version=v')],
		['caches v1, writing', (job) => v1(job, 'POST', 'caches', '{"key":"k","version":"v"}')],
		['caches v1, a piece', (job) => v1(job, 'PATCH', 'caches/1', 'x')],
		[
			'the API',
			(job) => fetch(`${job.env['GITHUB_API_URL']}/rate_limit`, { headers: { authorization: `Bearer ${job.token}` } }),
		],
	];
	const v1 = (job: Job, method: string, path: string, body?: string) =>
		fetch(`${job.url}/_apis/artifactcache/${path}`, {
			method,
			...(body === undefined ? {} : { body }),
			headers: { authorization: `Bearer ${job.env['ACTIONS_RUNTIME_TOKEN']}` },
		});

	for (const [name, ask] of ways) {
		test(`${name}: no token, a made-up one, that of a job that has ended: 401; the own one works`, async () => {
			const job = await world.job();
			assert.notEqual((await ask(job)).status, 401, 'the own one');
			const claims = job.env['ACTIONS_RUNTIME_TOKEN']!.split('.');
			const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims[1]}.`;
			for (const token of ['', unsigned, `${claims[0]}.${claims[1]}.AAAA`, 'fbt_']) {
				const forged = { ...job, token, env: { ...job.env, ACTIONS_RUNTIME_TOKEN: token } };
				assert.equal((await ask(forged)).status, 401, token);
			}
			await job.close();
			assert.equal((await ask(job)).status, 401, 'after its end');
		});
	}

	test('it listens on loopback only, and answers to no other name', async () => {
		const job = await world.job();
		assert.match(job.url, /^http:\/\/127\.0\.0\.1:\d+$/);
		const answer = await raw(
			job.url,
			'GET /.well-known/jwks HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
		);
		assert.match(answer, /^HTTP\/1\.1 421/);
	});

	test('the artifacts of another run are none of its business, whatever ids it sends', async () => {
		const [mine, theirs] = [await world.job({ run: 'mine' }), await world.job({ run: 'theirs' })];
		await artifact(theirs, 'secret');
		assert.deepEqual((await call(mine, 'ListArtifacts', {})).body['artifacts'], []);
		for (const method of [
			'ListArtifacts',
			'GetSignedArtifactURL',
			'DeleteArtifact',
			'CreateArtifact',
			'FinalizeArtifact',
		]) {
			const answer = await call(mine, method, { ...idsOf(theirs), name: 'secret' });
			assert.equal(answer.status, 403, method);
		}
		assert.equal((await call(mine, 'GetSignedArtifactURL', { name: 'secret' })).status, 404);
		// Without the guard of the run: the run itself gets it.
		assert.equal((await call(theirs, 'GetSignedArtifactURL', { ...idsOf(theirs), name: 'secret' })).status, 200);
	});
});

describe('ART-01: what a name or a path of a request may do', () => {
	test('names that lead somewhere are refused, and nothing but ids is on the disk', async () => {
		const job = await world.job({ run: 'names' });
		for (const name of [
			'../../x',
			'a/b',
			'a\\b',
			'..',
			'/etc/passwd',
			'a\0b',
			'%2e%2e%2f/',
			'a\nb',
			'x'.repeat(300),
			'',
		])
			assert.equal((await call(job, 'CreateArtifact', { ...idsOf(job), name })).status, 400, name);
		await artifact(job, '..%5c..%5cx');
		await artifact(job, '%2e%2e');
		const kept = join(world.folder, 'blobs/kept');
		for (const id of readdirSync(kept)) assert.match(id, /^[0-9a-f-]{36}$/);
		for (const file of readdirSync(kept).flatMap((id) => readdirSync(join(kept, id))))
			assert.match(file, /^(content\.json|[0-9a-f]{40}\.\d+\.[0-9a-f]{64})$/);
		assert.ok(!existsSync(join(world.folder, 'x')));
	});

	test('paths of requests that lead somewhere find nothing', async () => {
		const { url } = await world.job();
		const port = Number(new URL(url).port);
		for (const path of [
			'/blobs/../../../../etc/passwd',
			'/blobs/%2e%2e%2f%2e%2e%2fetc%2fpasswd',
			'/blobs/..%5c..%5cx',
			'/blobs/a%00b?sig=x',
			'//etc/passwd',
			'/_apis/artifactcache/caches/../../x',
		]) {
			const answer = await raw(
				url,
				`PUT ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx`,
			);
			assert.match(answer, /^HTTP\/1\.1 40[034]/, path);
		}
	});

	test('block ids are names and nothing else', async () => {
		const job = await world.job({ run: 'blocks' });
		const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: 'b' });
		const url = body['signed_upload_url']!;
		const ids = ['../../../evil', '/etc/passwd', 'a\0b', '..'];
		for (const id of ids)
			assert.equal((await put(`${url}&comp=block&blockid=${encodeURIComponent(id)}`, id)).status, 201);
		const list = ids.filter((id) => !id.includes('\0')).map((id) => `<Latest>${id}</Latest>`);
		assert.equal((await put(`${url}&comp=blocklist`, `<BlockList>${list.join('')}</BlockList>`)).status, 201);
		assert.ok(!existsSync(join(world.folder, 'evil')) && !existsSync(join(world.folder, 'blobs/evil')));
	});
});

describe('ART-07: signed URLs', () => {
	test('a changed, borrowed, late or used URL is refused', async () => {
		const job = await world.job({ run: 'urls' });
		const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: 'u' });
		const url = body['signed_upload_url']!;
		const [start = '', signature = ''] = url.split('?sig=');
		const token = start.split('/').at(-1)!;
		const grant = JSON.parse(Buffer.from(token, 'base64url').toString());
		const changed = Buffer.from(JSON.stringify({ ...grant, blob: 'x', until: grant.until + 1 })).toString('base64url');
		assert.equal((await put(`${job.url}/blobs/${changed}?sig=${signature}`)).status, 403, 'another content');
		assert.equal((await put(`${start}?sig=${signature.slice(0, -2)}AA`)).status, 403, 'another signature');
		assert.equal((await put(start)).status, 403, 'no signature');
		assert.equal((await fetch(url)).status, 403, 'an upload is no download');
		world.ahead = 3_700_000;
		assert.equal((await put(url)).status, 403, 'an hour later');
		world.ahead = 0;
		assert.equal((await put(url)).status, 201, 'as it was meant');
		assert.equal((await put(url, 'other')).status, 409, 'once more');
		await call(job, 'FinalizeArtifact', { ...idsOf(job), name: 'u', size: '7' });
		assert.equal((await put(url, 'other')).status, 409, 'after the end');
		const { body: got } = await call(job, 'GetSignedArtifactURL', { ...idsOf(job), name: 'u' });
		const download = got['signed_url']!;
		assert.equal(await (await fetch(download)).text(), 'content');
		await job.close();
		assert.equal((await fetch(download)).status, 403, 'when the job has ended');
	});

	test('fields cannot be moved into one another', () => {
		const urls = signedUrls();
		const one = urls.sign('', { use: 'download', session: 'a', blob: 'bc' }, 0);
		const other = urls.sign('', { use: 'download', session: 'ab', blob: 'c' }, 0);
		// As one text without marks, which is how others did it, the two are the same.
		assert.equal(['a', 'bc'].join(''), ['ab', 'c'].join(''));
		assert.notEqual(one.split('sig=')[1], other.split('sig=')[1]);
		assert.equal(
			signedUrls().read(one.split(/[/?]/)[2]!, one.split('sig=')[1]!, 0),
			undefined,
			'another process, another key',
		);
		assert.equal(urls.read(one.split(/[/?]/)[2]!, one.split('sig=')[1]!, 0)?.blob, 'bc');
	});
});

describe('uploads that lie, stop or never end', () => {
	test('a size or a digest that is not true: no artifact, and the content is gone', async () => {
		const job = await world.job({ run: 'lies' });
		for (const wrong of [{ size: '8' }, { size: '7', hash: `sha256:${'0'.repeat(64)}` }]) {
			const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: 'l' });
			await put(body['signed_upload_url']!);
			const before = (await world.blobs.list()).length;
			assert.equal((await call(job, 'FinalizeArtifact', { ...idsOf(job), name: 'l', ...wrong })).status, 412);
			assert.equal((await world.blobs.list()).length, before - 1);
		}
		assert.deepEqual(await world.storage.artifacts.list('shop', 'lies'), []);
	});

	test('CAC-06: of two that save a key at once the first wins, and half an upload is seen by nobody', async () => {
		const [one, two] = [await world.job(), await world.job()];
		const begin = (job: Job) => call(job, 'CreateCacheEntry', { key: 'race', version: 'v' });
		const [first, second] = [await begin(one), await begin(two)];
		await put(first.body['signed_upload_url']!, 'from one');
		await put(`${second.body['signed_upload_url']}&comp=block&blockid=YQ`, 'half of');
		assert.equal((await restored(one, 'race'))['ok'] as unknown, false, 'not before it is finished');
		const end = (job: Job, size: number) =>
			call(job, 'FinalizeCacheEntryUpload', { key: 'race', version: 'v', size_bytes: String(size) });
		assert.equal((await end(two, 7)).body['ok'] as unknown, false, 'half an upload cannot be finished');
		assert.equal((await end(one, 8)).body['ok'] as unknown, true);
		assert.equal((await end(one, 8)).body['ok'] as unknown, false, 'twice');
		const { signed_download_url: url } = await restored(two, 'race');
		assert.equal(await (await fetch(url!)).text(), 'from one');
		assert.equal((await cache(two, 'race', 'poison')).body['ok'] as unknown, false);
		const uploads = () => readdirSync(join(world.folder, 'blobs/uploads')).length;
		const before = uploads();
		const third = await world.job();
		const { body } = await call(third, 'CreateCacheEntry', { key: 'other', version: 'v' });
		await put(`${body['signed_upload_url']}&comp=block&blockid=YQ`, 'half of');
		assert.equal(uploads(), before + 1);
		await third.close();
		assert.equal(uploads(), before, 'what a job leaves half done is removed with it');
	});

	test('a client that stops in the middle holds up nobody, and leaves nothing', async () => {
		const job = await world.job({ run: 'slow' });
		const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: 's' });
		const url = new URL(body['signed_upload_url']!);
		const socket = connect(Number(url.port), '127.0.0.1');
		socket.on('error', () => {});
		socket.write(
			`PUT ${url.pathname}${url.search} HTTP/1.1\r\nHost: 127.0.0.1:${url.port}\r\nContent-Length: 1000000\r\n\r\n`,
		);
		socket.write(randomBytes(1000));
		await artifact(job, 'quick', randomBytes(3_000_000));
		socket.destroy();
		await new Promise((resolve) => setTimeout(resolve, 50));
		assert.equal((await call(job, 'FinalizeArtifact', { ...idsOf(job), name: 's', size: '1000000' })).status, 412);
		assert.deepEqual(
			(await world.storage.artifacts.list('shop', 'slow')).map(({ name }) => name),
			['quick'],
		);
	});

	test('a list of blocks is a list of blocks: no entities, no blocks that are not there', async () => {
		const job = await world.job({ run: 'lists' });
		const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: 'x' });
		const url = `${body['signed_upload_url']}&comp=blocklist`;
		for (const list of [
			'<!DOCTYPE b [<!ENTITY e SYSTEM "file:///etc/passwd">]><BlockList><Latest>&e;</Latest></BlockList>',
			'<BlockList><Latest>&lt;</Latest></BlockList>',
			'<BlockList><Latest>a</Latest><evil/></BlockList>',
			'<BlockList><Latest>missing</Latest></BlockList>',
			'',
		])
			assert.equal((await put(url, list)).status, 400, list.slice(0, 60));
		const answer = await raw(
			job.url,
			[
				'POST /twirp/github.actions.results.api.v1.ArtifactService/CreateArtifact HTTP/1.1',
				`Host: ${new URL(job.url).host}`,
				`Authorization: Bearer ${job.env['ACTIONS_RUNTIME_TOKEN']}`,
				'Content-Length: 2000000',
				'Connection: close\r\n\r\n{',
			].join('\r\n'),
		);
		assert.match(answer, /^HTTP\/1\.1 413/);
	});

	test('a job begins no more uploads than it can need', async () => {
		const job = await world.job();
		let refused = 0;
		for (let count = 0; count < 1010; count += 1) {
			const { body } = await call(job, 'CreateCacheEntry', { key: `many-${count}`, version: 'v' });
			if ((body['ok'] as unknown) === false) refused += 1;
		}
		assert.equal(refused, 10);
		await job.close();
	});
});

describe('CAC-03: whose caches', () => {
	const pull = (repository: string, number: number): Partial<ServedJob> => ({
		trigger: {
			event: 'pull_request',
			ref: `refs/pull/${number}/merge`,
			sha: world.repository.sha,
			payload: {
				repository: { full_name: 'octo/shop' },
				pull_request: {
					number,
					base: { ref: 'main', repo: { full_name: 'octo/shop' } },
					head: { ref: 'x', repo: { full_name: repository } },
				},
			},
		},
	});

	test('a stranger reads what is trusted, and what it saves is restored by nobody else', async () => {
		const main = await world.job();
		await cache(main, 'deps-1', 'good');
		const stranger = await world.job(pull('evil/shop', 8));
		assert.equal((await restored(stranger, 'deps-2', 'deps-'))['matched_key'], 'deps-1');
		assert.equal((await cache(stranger, 'deps-9', 'poison')).body['ok'] as unknown, true, 'for itself');
		assert.equal((await restored(stranger, 'deps-9'))['matched_key'], 'deps-9');
		const friend = await world.job(pull('octo/shop', 8));
		for (const job of [main, friend, await world.job(pull('evil/shop', 9))])
			assert.equal((await restored(job, 'deps-9', 'deps-'))['matched_key'], 'deps-1');
		// Without scopes, the newest with that beginning would be the poisoned one.
		const open = await world.storage.caches.find('shop', {
			keys: ['deps-'],
			version: 'v',
			scopes: ['untrusted:pull_request:8:refs/pull/8/merge'],
		});
		assert.equal(open?.key, 'deps-9');
	});

	test('keys are keys: 1 to 512 characters, no commas, whatever else they are made of', async () => {
		const job = await world.job();
		for (const key of ['', 'a,b', 'x'.repeat(513), 'a\0b', 'a\nb'])
			assert.equal((await call(job, 'CreateCacheEntry', { key, version: 'v' })).body['ok'] as unknown, false, key);
		for (const key of ['../../../etc/passwd', '/abs', 'K\u212A', '__proto__'])
			assert.equal((await cache(job, key)).body['ok'] as unknown, true, key);
		assert.equal((await restored(job, '__PROTO__'))['ok'] as unknown, false);
		const many = Array.from({ length: 11 }, (_, index) => `k${index}`);
		assert.equal(
			(await call(job, 'GetCacheEntryDownloadURL', { key: 'k', restore_keys: many, version: 'v' })).status,
			400,
		);
	});
});

test('ART-06: what is downloaded is a file to keep and nothing that runs', async () => {
	const job = await world.job({ run: 'page' });
	const { body } = await call(job, 'CreateArtifact', { ...idsOf(job), name: "re'port.html", mime_type: 'text/html' });
	await put(body['signed_upload_url']!, '<script>alert(1)</script>');
	await call(job, 'FinalizeArtifact', { ...idsOf(job), name: "re'port.html", size: '25' });
	const { body: got } = await call(job, 'GetSignedArtifactURL', { ...idsOf(job), name: "re'port.html" });
	const response = await fetch(got['signed_url']!, { headers: { range: 'bytes=8-12' } });
	assert.equal(response.status, 206);
	assert.equal(response.headers.get('content-disposition'), "attachment; filename*=UTF-8''re%27port.html");
	assert.match(response.headers.get('content-security-policy') ?? '', /sandbox/);
	assert.equal(await response.text(), 'alert');
	for (const mime of ['text/html\r\nset-cookie: a=b', 'x', 'text/html; charset="'])
		assert.equal((await call(job, 'CreateArtifact', { ...idsOf(job), name: 'm', mime_type: mime })).status, 400, mime);
});

test('ranges that cannot be are told so', async () => {
	const job = await world.job({ run: 'ranges' });
	await artifact(job, 'r', Buffer.from('0123456789'));
	const { body } = await call(job, 'GetSignedArtifactURL', { ...idsOf(job), name: 'r' });
	const asked = async (range: string) => {
		const response = await fetch(body['signed_url']!, { headers: { range } });
		return [response.status, response.headers.get('content-range'), await response.text()];
	};
	assert.deepEqual(await asked('bytes=2-4'), [206, 'bytes 2-4/10', '234']);
	assert.deepEqual(await asked('bytes=-3'), [206, 'bytes 7-9/10', '789']);
	assert.deepEqual(await asked('bytes=8-'), [206, 'bytes 8-9/10', '89']);
	assert.deepEqual(await asked('bytes=8-999'), [206, 'bytes 8-9/10', '89']);
	assert.deepEqual(await asked('bytes=10-'), [416, 'bytes */10', '']);
	assert.deepEqual(await asked('bytes=5-2'), [416, 'bytes */10', '']);
	assert.deepEqual(await asked('lines=1-2'), [200, null, '0123456789']);
	const head = await fetch(body['signed_url']!, { method: 'HEAD' });
	assert.deepEqual([head.status, head.headers.get('content-length')], [200, '10']);
});

/** What comes back of bytes that no client would send. */
function raw(url: string, text: string): Promise<string> {
	return new Promise((resolve, reject) => {
		const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.end(text));
		let answer = '';
		socket.setEncoding('utf8').on('data', (chunk: string) => {
			answer += chunk;
		});
		socket.once('error', reject).once('close', () => resolve(answer));
	});
}
