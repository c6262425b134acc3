import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { localGrants, may } from '#core/access/access.ts';
import { isTokenText } from '#core/access/token-text.ts';
import { argonPasswords } from '#server/access/passwords.ts';
import { idleMs, longestMs } from '#server/access/sessions.ts';
import { createApi, serve } from '#server/server.ts';
import { type AccessWorld, accessWorld, browserOf, codeOf, goodPassword, localKey } from '../access-world.ts';

const owner = { authorization: `Bearer ${localKey}` };
const minute = 60_000;

describe('attacks on access', () => {
	let world: AccessWorld;
	before(async () => {
		world = await accessWorld();
	});
	after(() => world[Symbol.asyncDispose]());

	test('AUT-03: no other way to write an address leads past the table', async () => {
		const paths = [
			...['/people;.jsp', '/people/', '//people', '/./people', '/x/../people', '/%70eople', '/people%2f', '/People'],
			...['/people.', '/people%00', '/people?jsp=/session', '/session/../people', '/session/..%2fpeople'],
			...['/%2e%2e/v1/people', '/session%3b/people', '/people%20'],
		];
		for (const path of paths) {
			for (const prefix of ['/api/v1', '//api/v1', '/api//v1', '/API/v1', '/api/v1/.', '/api/../api/v1']) {
				const answer = await world.api.request(`${prefix}${path}`, { headers: { host: 'localhost' } });
				assert.ok(
					[301, 400, 401, 403, 404, 503].includes(answer.status) || !/"items"/.test(await answer.text()),
					`${prefix}${path}: ${answer.status}`,
				);
			}
		}
		const tricks = [
			{ 'x-original-url': '/api/v1/session' },
			{ 'x-rewrite-url': '/api/v1/session' },
			{ 'x-forwarded-prefix': '/api/v1/session' },
			{ 'x-http-method-override': 'GET' },
			{ 'x-forwarded-for': '127.0.0.1' },
			{ 'x-real-ip': '127.0.0.1' },
			{ forwarded: 'for=127.0.0.1' },
		];
		for (const trick of tricks) assert.equal((await world.get('/people', trick)).status, 401, JSON.stringify(trick));
		const head = await world.api.request('/api/v1/people', { method: 'HEAD', headers: { host: 'localhost' } });
		assert.equal(head.status, 401);
		for (const method of ['OPTIONS', 'PUT', 'PATCH', 'DELETE', 'TRACE-ME']) {
			const answer = await world.api.request('/api/v1/people', { method, headers: { host: 'localhost' } });
			assert.ok(answer.status >= 400, method);
		}
		assert.equal((await world.get('/people', owner)).status, 200, 'control: who may gets it');
	});

	test('AUT-04: what looks like the name of a file or a reference is text', async () => {
		assert.equal(await codeOf(await world.post('/people', { name: '@/etc/passwd' }, owner)), 'FB6050');
		assert.equal((await world.post('/sign-in', { name: { $ref: '#/x' }, password: 'x' })).status, 400);
		assert.equal((await world.post('/secrets', { project: ['shop'], name: 'A', value: 'b' }, owner)).status, 400);
		const value = '@/etc/passwd';
		assert.equal((await world.post('/variables', { name: 'A', value }, owner)).status, 200);
		const { items } = (await (await world.get('/variables', owner)).json()) as { items: readonly { value: string }[] };
		assert.equal(items[0]?.value, value, 'control: kept as it is');
	});

	test('DOS-01: lists take no number that is none, and bind what they are asked with', async () => {
		for (const query of ['limit=1000000000', 'limit=-1', 'limit=x', 'before=-1', 'before=0.5', 'project=a&project=b'])
			assert.equal((await world.get(`/audit?${query}`, owner)).status, 400, query);
		const { items } = (await (await world.get("/audit?person=x' or 1=1 --", owner)).json()) as {
			items: readonly unknown[];
		};
		assert.deepEqual(items, []);
		assert.equal((await world.get('/audit?limit=200', owner)).status, 200, 'control');
	});

	test('AUT-05: a request with the cookie alone changes nothing; GET changes nothing', async () => {
		await world.person('csrf', 'admin');
		const browser = await world.signIn('csrf');
		const { cookie = '' } = browser;
		const before = world.record.asked.length;
		const request = { project: 'shop' };
		assert.equal(await codeOf(await world.post('/runs', request, { cookie })), 'FB6044');
		assert.equal(
			await codeOf(await world.post('/runs', request, { cookie, 'x-footbridge-proof': 'guessed' })),
			'FB6044',
		);
		const foreign = { ...browser, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };
		assert.equal(await codeOf(await world.post('/runs', request, foreign)), 'FB6012');
		const neighbour = { ...browser, 'sec-fetch-site': 'same-site', origin: 'http://localhost:4400' };
		assert.equal(
			await codeOf(await world.post('/runs', request, neighbour)),
			'FB6012',
			'an application on another port',
		);
		const form = { ...browser, 'content-type': 'application/x-www-form-urlencoded' };
		assert.ok((await world.post('/runs', 'project=shop', form)).status >= 400);
		for (const path of ['/runs/code-failure/cancel', '/sign-out', '/sessions/end', '/people/csrf/disable'])
			assert.equal((await world.get(path, browser)).status, 404, path);
		assert.equal(world.record.asked.length, before, 'nothing was asked of the engine');
		assert.equal((await world.post('/runs', request, browser)).status, 200, 'control: the page itself');
	});

	test('AUT-05: the cookie is left at home when a page of another site asks', async () => {
		await world.person('cross', 'admin');
		const { cookie = '' } = await world.signIn('cross');
		for (const site of ['cross-site', 'same-site'])
			assert.equal((await world.get('/people', { cookie, 'sec-fetch-site': site })).status, 401, site);
		assert.equal((await world.get('/people', { cookie, 'sec-fetch-site': 'same-origin' })).status, 200, 'control');
		const navigation = { cookie, 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' };
		assert.equal((await world.get('/people', navigation)).status, 200, 'a link that a person follows');
	});

	test('AUT-06: a script of another site gets no stream and no answer, with or without a cookie', async () => {
		await world.person('stream', 'admin');
		const browser = await world.signIn('stream');
		const answer = await world.get('/events', { ...browser, origin: 'https://evil.example' });
		assert.equal(answer.status, 403);
		for (const path of ['/events', '/runs'])
			assert.equal((await world.get(path, { ...owner, origin: 'null' })).status, 403, path);
		const own = await world.get('/events', { ...browser, origin: 'http://localhost' });
		assert.equal(own.status, 200, 'control');
		assert.equal(own.headers.get('access-control-allow-origin'), null);
		await own.body?.cancel();
	});

	test('AUT-08: a token in an address is refused, and no token, cookie, link or password is kept anywhere', async () => {
		const person = await world.person('leak', 'admin');
		const program = await world.token(person);
		const text = program['authorization']?.split(' ')[1] ?? '';
		for (const name of ['access_token', 'token', 'private_token'])
			assert.equal(await codeOf(await world.get(`/runs?${name}=${text}`, owner)), 'FB6048');
		assert.equal((await world.get('/runs', program)).status, 200, 'control: in a header');
		const browser = await world.signIn('leak');
		const cookie = browser['cookie']?.split('=')[1] ?? '';
		const link = await world.access.links.make('password', person, minute);
		const kept = JSON.stringify([
			...(await Promise.all(
				(['person', 'session', 'token', 'link'] as const).map((table) => world.record.store.register.find(table)),
			)),
			await world.record.store.readAfter(0, 100_000),
		]);
		assert.ok(kept.includes('leak'), 'control: the name is found');
		for (const secret of [text, cookie, browser['x-footbridge-proof'] ?? '?', link, goodPassword])
			assert.ok(secret.length > 8 && !kept.includes(secret));
	});

	test('AUT-09: a session cannot be planted, ends with idleness, age, password, disabling, and role at once', async () => {
		const person = await world.person('ses', 'admin');
		const planted = 'footbridge-80=planted';
		const answer = await world.post('/sign-in', { name: 'ses', password: goodPassword }, { cookie: planted });
		const browser = await browserOf(answer);
		assert.notEqual(browser['cookie'], planted);
		assert.equal((await world.get('/people', { cookie: planted })).status, 401);
		const header = answer.headers.getSetCookie()[0] ?? '';
		assert.match(header, /; Path=\/;.*HttpOnly; SameSite=Lax/);
		assert.ok((browser['cookie']?.split('=')[1]?.length ?? 0) >= 43, '256 bits');

		const other = await world.signIn('ses');
		assert.equal((await world.post('/sessions/end', {}, browser)).status, 200);
		assert.equal((await world.get('/people', other)).status, 401, 'all others are ended');
		assert.equal((await world.get('/people', browser)).status, 200, 'control: this one goes on');

		const stale = await world.signIn('ses');
		world.pass(idleMs - minute);
		assert.equal((await world.get('/people', stale)).status, 200, 'control: used in time');
		await new Promise((resolve) => setTimeout(resolve, 50));
		world.pass(idleMs - minute);
		assert.equal((await world.get('/people', stale)).status, 200, 'it was used meanwhile');
		world.pass(idleMs + minute);
		assert.equal((await world.get('/people', stale)).status, 401, 'idle');
		const old = await world.signIn('ses');
		for (let age = 0; age < longestMs; age += idleMs / 2) {
			await world.get('/people', old);
			await new Promise((resolve) => setTimeout(resolve, 10));
			world.pass(idleMs / 2);
		}
		assert.equal((await world.get('/people', old)).status, 401, 'old');

		const before = await world.signIn('ses');
		const changed = await world.post('/password', { old: goodPassword, password: 'a new long password' }, before);
		assert.equal((await world.get('/people', before)).status, 401, 'a new password ends all sessions');
		const after = await browserOf(changed);
		assert.equal((await world.get('/people', after)).status, 200, 'but the one that set it');
		await world.person('second', 'admin');
		await world.access.people.setRole('local', person, '*', undefined);
		assert.equal((await world.get('/people', after)).status, 403, 'without the role');
		await world.access.people.setDisabled('local', person, true);
		assert.equal((await world.get('/runs', after)).status, 401, 'disabled');
	});

	test('AUT-09: a stream that is open ends when its person loses what allowed it, and its program cannot go on', async () => {
		const person = await world.person('watcher', 'viewer', 'shop');
		const browser = await world.signIn('watcher');
		const stream = await world.get('/events', browser);
		const reader = stream.body!.getReader();
		await reader.read();
		const ended = reader.read();
		await world.access.people.setDisabled('local', person, true);
		const { done } = await Promise.race([
			ended,
			new Promise<never>((_, reject) => setTimeout(() => reject(new Error('it goes on')), 1000)),
		]);
		assert.equal(done, true);
	});

	test('AUT-01: the stream shows the projects of its reader, and people and settings to admins alone', async () => {
		await world.person('narrow', 'viewer', 'other');
		await world.person('wide', 'viewer');
		await world.person('root', 'admin');
		const heard = async (name: string): Promise<string> => {
			const stream = await world.get('/events', await world.signIn(name));
			const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
			await reader.read();
			await world.record.append('run/code-failure', { kind: 'cancel-requested', why: 'of-shop' });
			await world.record.append('project/other', {
				kind: 'project-added',
				project: 'other',
				path: '/o',
				defaultBranch: 'of-other',
			});
			await world.record.append('settings/server', { kind: 'secret-set', scope: 'server', name: 'OF_SERVER' });
			let text = '';
			const end = Date.now() + 600;
			while (Date.now() < end) {
				const next = await Promise.race([
					reader.read(),
					new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), 300)),
				]);
				if (next === undefined) break;
				text += next.value ?? '';
			}
			await reader.cancel();
			return ['of-shop', 'of-other', 'OF_SERVER'].filter((word) => text.includes(word)).join(' ');
		};
		assert.equal(await heard('narrow'), 'of-other');
		assert.equal(await heard('wide'), 'of-shop of-other');
		assert.equal(await heard('root'), 'of-shop of-other OF_SERVER', 'control');
	});

	test('AUT-01: lists show the projects of their reader alone', async () => {
		const narrow = await world.signIn('narrow');
		for (const path of ['/runs', '/deployments', '/incidents', '/environments']) {
			const seen = (await (await world.get(path, narrow)).json()) as { readonly items: readonly unknown[] };
			assert.deepEqual(seen.items, [], path);
			const all = (await (await world.get(path, owner)).json()) as { readonly items: readonly unknown[] };
			assert.ok(all.items.length > 0, `control: ${path}`);
		}
		const { items } = (await (await world.get('/projects', narrow)).json()) as {
			items: readonly { project: string }[];
		};
		assert.deepEqual(
			items.map(({ project }) => project),
			['other'],
		);
	});

	test('AUT-12: a link works once, for its person, for its purpose, and not after its time; of many at once one gets in', async () => {
		const person = await world.person('invited');
		const { links } = world.access;
		const code = await links.make('password', person, 10 * minute);
		const use = (password: string, own = code) => world.post('/sign-in/invite', { code: own, password });
		assert.equal(await codeOf(await world.post('/sign-in/link', { code })), 'FB6045', 'another purpose');
		assert.equal((await use('short')).status, 422, 'a password that is refused does not use it up');
		assert.equal((await use('quite a long one')).status, 200, 'control');
		assert.equal(await codeOf(await use('quite a long one')), 'FB6045', 'twice');
		const late = await links.make('password', person, 10 * minute);
		world.pass(11 * minute);
		assert.equal(await codeOf(await use('quite a long one', late)), 'FB6045', 'late');
		const raced = await links.make('sign-in', 'local', 10 * minute);
		const answers = await Promise.all(Array.from({ length: 10 }, () => world.post('/sign-in/link', { code: raced })));
		assert.equal(answers.filter(({ status }) => status === 200).length, 1);
		const first = await links.make('set-up', null, 10 * minute);
		const refused = await world.post('/set-up', { code: first, name: 'late', password: goodPassword });
		assert.equal(await codeOf(refused), 'FB6055', 'there is an account already');
	});

	test('AUT-12: no account can have a link made that leads to more rights than its own', async () => {
		const admin = await world.signIn('root');
		assert.equal((await world.post('/links', { purpose: 'sign-in' }, admin)).status, 422);
		assert.equal((await world.post('/links', { purpose: 'sign-in' }, owner)).status, 200, 'control');
		await world.person('head', 'admin', 'shop');
		const head = await world.signIn('head');
		assert.equal((await world.post('/members', { person: 'head', role: 'admin' }, head)).status, 403, 'everywhere');
		assert.equal(
			(await world.post('/members', { project: '*', person: 'head', role: 'admin' }, head)).status,
			404,
			'everywhere, in its own word',
		);
		assert.equal(
			(await world.post('/members', { project: 'shop', person: 'narrow', role: 'viewer' }, head)).status,
			200,
			'control',
		);
		assert.equal((await world.get('/secrets', head)).status, 403, 'the secrets of the server');
		assert.equal((await world.get('/secrets?project=shop', head)).status, 200, 'control');
	});

	test('a token may do no more than its scopes, its projects and its person', async () => {
		const person = await world.person('maker', 'deployer', 'shop');
		const reader = await world.token(person, { scopes: ['read'] });
		assert.equal((await world.post('/runs', { project: 'shop' }, reader)).status, 403);
		const elsewhere = await world.token(person, { projects: ['other'] });
		assert.equal((await world.get('/runs/code-failure', elsewhere)).status, 404);
		const all = await world.token(person);
		assert.equal((await world.get('/secrets?project=shop', all)).status, 403, 'a scope gives no role');
		assert.equal((await world.post('/runs', { project: 'shop' }, all)).status, 200, 'control');
		const more = await world.post('/tokens', { name: 'x', scopes: ['read', 'deploy'] }, reader);
		assert.equal(await codeOf(more), 'FB6047', 'a token makes none that may do more');
		assert.equal((await world.post('/tokens', { name: 'x', scopes: ['read'] }, reader)).status, 200, 'control');
		assert.equal((await world.post('/password', { password: 'x' }, all)).status, 403);
		const { token, text } = await world.access.tokens.make(person, {
			person,
			name: 'short',
			scopes: ['read'],
			expiresAt: Date.now() + 1e12,
		});
		assert.ok(isTokenText(text));
		assert.equal(
			(await world.post(`/tokens/${token}/revoke`, {}, await world.signIn('narrow'))).status,
			404,
			'of somebody else',
		);
		assert.equal((await world.post(`/tokens/${token}/revoke`, {}, await world.signIn('maker'))).status, 200);
		assert.equal((await world.get('/runs', { authorization: `Bearer ${text}` })).status, 401);
	});

	test('the last admin stays', async () => {
		await using lone = await accessWorld();
		const person = await lone.person('only', 'admin');
		for (const attempt of [
			() => lone.access.people.setRole('local', person, '*', 'viewer'),
			() => lone.access.people.setDisabled('local', person, true),
			() => lone.access.people.erase('local', person),
		])
			await assert.rejects(attempt());
		await lone.person('another', 'admin');
		await lone.access.people.erase('local', person);
		assert.equal((await lone.access.people.find(person))?.name, null);
	});

	test('who is erased is gone from the data, and what they did stays', async () => {
		await using lone = await accessWorld();
		await lone.person('root', 'admin');
		const person = await lone.person('zacharias', 'developer', 'shop');
		await lone.post('/runs/code-failure/cancel', {}, await lone.signIn('zacharias'));
		await lone.access.tokens.make(person, { person, name: 'x', scopes: ['read'] });
		await lone.access.people.erase('local', person);
		const { store } = lone.record;
		const tables = ['person', 'role', 'session', 'token', 'link'] as const;
		const left = await Promise.all(tables.map((table) => store.register.find(table, { person })));
		assert.deepEqual(
			left.map(({ length }) => length),
			[1, 0, 0, 0, 0],
		);
		assert.doesNotMatch(JSON.stringify([left, await store.readAfter(0, 100_000)]), /zacharias/);
		const { items } = (await (await lone.get(`/audit?person=${person}`, owner)).json()) as {
			items: readonly { what: string; personName: string }[];
		};
		assert.ok(items.some(({ personName }) => personName === 'erased person'));
		assert.equal((await lone.post('/sign-in', { name: 'zacharias', password: goodPassword })).status, 401);
	});
});

describe('guessing', () => {
	test('AUT-11: wrong passwords make an account wait longer and longer, from wherever they come; the right one gets in after', async () => {
		await using world = await accessWorld();
		await world.person('ana', 'admin');
		const wrong = (name = 'ana') => world.post('/sign-in', { name, password: 'wrong one' });
		for (let count = 0; count < 5; count++) assert.equal((await wrong()).status, 401);
		const refused = await wrong();
		assert.equal(refused.status, 429);
		assert.match(refused.headers.get('retry-after') ?? '', /^\d+$/);
		assert.equal(
			(await world.post('/sign-in', { name: 'ana', password: goodPassword })).status,
			429,
			'also with the right one',
		);
		world.pass(2000);
		assert.equal((await wrong()).status, 401);
		world.pass(1500);
		assert.equal((await wrong()).status, 429, 'the second wait is longer');
		world.pass(16 * minute);
		assert.equal(
			(await world.post('/sign-in', { name: 'ana', password: goodPassword })).status,
			200,
			'no wait is for ever',
		);
		assert.equal((await wrong()).status, 401, 'and then it begins anew');
	});

	test('AUT-11: 200 tries at once are 200 tries', async () => {
		await using world = await accessWorld();
		await world.person('ana', 'admin');
		const answers = await Promise.all(
			Array.from({ length: 200 }, () => world.post('/sign-in', { name: 'ana', password: 'wrong one' })),
		);
		const checked = answers.filter(({ status }) => status === 401).length;
		assert.ok(checked <= 6, `${checked} were checked`);
	});

	test('AUT-11: one address that tries many accounts waits, too, and the log is not filled by it', async () => {
		await using world = await accessWorld();
		const answers: number[] = [];
		for (let count = 0; count < 60; count++)
			answers.push((await world.post('/sign-in', { name: `user${count}`, password: 'x' })).status);
		assert.ok(
			answers.slice(0, 30).every((status) => status === 401),
			'control: until then',
		);
		assert.ok(
			answers.slice(32).every((status) => status === 429),
			answers.join(' '),
		);
		assert.ok((await world.told()).filter((kind) => kind === 'sign-in-failed').length <= 31);
	});

	test('AUT-11: the answer is the same for no account, a wrong password, a disabled account, and one without a password', async () => {
		await using world = await accessWorld();
		await world.person('real', 'admin');
		await world.access.people.setDisabled('local', await world.person('off', 'viewer'), true);
		await world.access.people.add('local', { name: 'invited', way: 'invited', grants: [] });
		const texts = new Set<string>();
		for (const name of ['real', 'off', 'invited', 'nobody', '', ' ', 'x'.repeat(150)]) {
			const answer = await world.post('/sign-in', { name, password: name === 'off' ? goodPassword : 'wrong one' });
			assert.equal(answer.status, 401, name);
			texts.add(await answer.text());
		}
		assert.equal(texts.size, 1);
		// The same work is done for each, which a clock of tests cannot show: what is counted is the hashes.
		const cost = { memoryKib: 64, passes: 1, lanes: 1 };
		const passwords = argonPasswords(cost);
		assert.deepEqual(await passwords.check('x', undefined), { isRight: false, isOld: false });
		assert.deepEqual(await passwords.check('x', 'not a hash'), { isRight: false, isOld: false });
	});

	test('tokens that are guessed are refused more and more slowly', async () => {
		await using world = await accessWorld();
		const guess = () => world.get('/runs', { authorization: 'Bearer fb_0000000000000000000000000000000000000' });
		const answers: number[] = [];
		for (let count = 0; count < 40; count++) answers.push((await guess()).status);
		assert.equal(answers[0], 401);
		assert.equal(answers.at(-1), 429);
		assert.equal((await world.get('/people', owner)).status, 200, 'control: the owner is not kept out');
		const program = await world.token(await world.person('ana', 'admin'));
		assert.equal((await world.get('/people', program)).status, 200, 'nor is a right token of the same address');
		const basic = Buffer.from(`x:${program['authorization']?.split(' ')[1]}`).toString('base64');
		assert.equal((await world.get('/people', { authorization: `Basic ${basic}` })).status, 200, 'as git sends it');
		const code = await world.access.links.make('sign-in', 'local', minute);
		assert.equal((await world.post('/sign-in/link', { code })).status, 200, 'nor is a right link');
	});

	test('a password is hashed with its parameters, is taken over to stronger ones, and two at a time', async () => {
		const weak = argonPasswords({ memoryKib: 64, passes: 1, lanes: 1 });
		const strong = argonPasswords({ memoryKib: 128, passes: 2, lanes: 2 });
		const kept = await weak.hash('correct horse');
		assert.match(kept, /^\$argon2id\$v=19\$m=64,t=1,p=1\$/);
		assert.deepEqual(await strong.check('correct horse', kept), { isRight: true, isOld: true });
		assert.deepEqual(await weak.check('correct horse', kept), { isRight: true, isOld: false });
		assert.deepEqual(await weak.check('wrong horse', kept), { isRight: false, isOld: false });
		assert.notEqual(await weak.hash('correct horse'), kept, 'a salt of its own');
		const flood = await Promise.all(Array.from({ length: 100 }, () => strong.check('x', kept)));
		assert.ok(flood.filter((check) => check === undefined).length >= 70, 'who comes into a crowd is sent away');
	});

	test('at a sign-in an old hash is made anew', async () => {
		await using world = await accessWorld();
		const person = await world.person('old', 'viewer');
		const kept = await argonPasswords({ memoryKib: 32, passes: 1, lanes: 1 }).hash(goodPassword);
		await world.record.store.register.write([{ update: 'person', where: { person }, set: { password: kept } }]);
		await world.signIn('old');
		await new Promise((resolve) => setTimeout(resolve, 100));
		assert.match((await world.access.people.find(person))?.password ?? '', /m=64,/);
		await world.signIn('old');
	});
});

describe('floods', () => {
	test('DOS-02: a session has at most so many streams; one that is closed makes room', async () => {
		await using world = await accessWorld({ pace: { mostStreams: 3 } });
		await world.person('ana', 'viewer');
		const browser = await world.signIn('ana');
		const streams = [];
		for (let count = 0; count < 3; count++) streams.push(await world.get('/events', browser));
		assert.deepEqual(
			streams.map(({ status }) => status),
			[200, 200, 200],
			'control',
		);
		assert.equal((await world.get('/events', browser)).status, 429);
		const other = await world.get('/events', owner);
		assert.equal(other.status, 200, 'others are not touched');
		await other.body?.cancel();
		await streams[0]?.body?.cancel();
		const again = await world.get('/events', browser);
		assert.equal(again.status, 200);
		for (const stream of [...streams.slice(1), again]) await stream.body?.cancel();
	});

	test('DOS-04: headers that are too large, requests that are two at once, and bodies that trickle in are ended', async () => {
		await using world = await accessWorld();
		const server = await serve(createApi(world.engine, { access: world.access, pace: { bodyMs: 200 } }), { port: 0 });
		const say = (text: string): Promise<string> =>
			new Promise((resolve, reject) => {
				const socket = connect(server.port, '127.0.0.1', () => socket.write(text));
				let answer = '';
				socket.setTimeout(3000, () => socket.destroy());
				socket.on('data', (chunk) => {
					answer += chunk;
				});
				socket.on('close', () => resolve(answer)).on('error', reject);
			});
		const head = 'Host: localhost\r\n';
		const close = 'Connection: close\r\n';
		assert.match(
			await say(`GET /api/v1/session HTTP/1.1\r\n${head}${close}X: ${'a'.repeat(20_000)}\r\n\r\n`),
			/^HTTP\/1.1 431/,
		);
		const both = `POST /api/v1/sign-in HTTP/1.1\r\n${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/v1/session HTTP/1.1\r\n\r\n`;
		assert.match(await say(both), /^HTTP\/1.1 400/);
		const slow = await say(
			`POST /api/v1/sign-in HTTP/1.1\r\n${head}${close}Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{"na`,
		);
		assert.match(slow, /^HTTP\/1.1 408[\s\S]*FB6066/);
		const whole = await say(`GET /api/v1/session HTTP/1.1\r\n${head}${close}\r\n`);
		assert.match(whole, /^HTTP\/1.1 200/, 'control');
		const big = `{"name":"${'x'.repeat(1_100_000)}"}`;
		assert.equal((await world.post('/sign-in', big)).status, 413);
		await server.close();
	});
});

describe('rights', () => {
	test('a wider role contains the narrower ones, a project is not another, and no scope adds a right', () => {
		const caller = (role: 'viewer' | 'developer' | 'deployer' | 'admin', project: string) => ({
			grants: [{ project, role }],
		});
		assert.ok(may(caller('admin', 'shop'), 'deploy', 'shop'));
		assert.ok(!may(caller('admin', 'shop'), 'read', 'other'));
		assert.ok(!may(caller('admin', 'shop'), 'configure'), 'the server is more than a project');
		assert.ok(may({ grants: localGrants }, 'configure'));
		const limits = { scopes: ['configure'] as const, projects: ['shop'] };
		assert.ok(!may({ grants: localGrants, limits }, 'configure'), 'a token of one project is not of the server');
		assert.ok(may({ grants: localGrants, limits }, 'configure', 'shop'));
		assert.ok(!may({ grants: localGrants, limits }, 'read', 'shop'));
	});
});
