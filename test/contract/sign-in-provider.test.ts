import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { Provider } from 'oidc-provider';
import { type AccessWorld, accessWorld, codeOf, goodPassword, localKey } from '../access-world.ts';

const owner = { authorization: `Bearer ${localKey}` };
const callback = 'http://localhost/api/v1/sign-in/callback';

interface Account {
	readonly groups?: readonly string[];
	readonly preferred_username?: string;
	readonly email?: string;
}

/** A real OpenID provider, whose users are who they say they are. */
async function openProvider(accounts: {
	[id: string]: Account;
}): Promise<{ readonly issuer: string; readonly server: Server }> {
	const server = createServer();
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const provider = new Provider(issuer, {
		clients: [
			{
				client_id: 'footbridge',
				client_secret: 'client secret',
				redirect_uris: [callback],
				token_endpoint_auth_method: 'client_secret_post',
			},
		],
		claims: { openid: ['sub'], profile: ['preferred_username', 'groups'], email: ['email', 'email_verified'] },
		conformIdTokenClaims: false,
		pkce: { required: () => true },
		features: { devInteractions: { enabled: false } },
		interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
		findAccount: async (_ctx, id) => ({
			accountId: id,
			claims: async () => ({ sub: id, ...accounts[id], email_verified: false }),
		}),
		cookies: { keys: ['x'.repeat(32)] },
	});
	const handle = provider.callback();
	server.on('request', async (request, response) => {
		if (!request.url?.startsWith('/interaction/')) return handle(request, response);
		const { prompt, params } = await provider.interactionDetails(request, response);
		const accountId = String(params['login_hint'] ?? 'ana');
		if (prompt.name === 'login') return provider.interactionFinished(request, response, { login: { accountId } });
		const grant = new provider.Grant({ accountId, clientId: 'footbridge' });
		grant.addOIDCScope('openid profile email');
		return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
	});
	return { issuer, server };
}

/** Follows a sign-in at the provider as a browser does; the address that it comes back with. */
async function atProvider(url: string, hint: string): Promise<string> {
	const jar = new Map<string, string>();
	let next = `${url}&login_hint=${hint}`;
	for (let hop = 0; hop < 10; hop++) {
		const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
		const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
		for (const text of answer.headers.getSetCookie()) {
			const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(text) ?? [];
			jar.set(name, value);
		}
		const location = answer.headers.get('location');
		assert.ok(location !== null, `${answer.status} ${await answer.text()}`);
		next = new URL(location, next).href;
		if (next.startsWith(callback)) return next;
	}
	throw new Error('it does not come back');
}

describe('sign-in by a provider', () => {
	let world: AccessWorld;
	let oidc: Awaited<ReturnType<typeof openProvider>>;
	const accounts: { [id: string]: Account } = {
		ana: { groups: ['ops'], preferred_username: 'Ana', email: 'ana@example.org' },
		ben: { groups: ['web', 'other'], preferred_username: 'root' },
		cleo: {},
	};
	const map = [
		{ group: 'ops', project: '*', role: 'admin' },
		{ group: 'web', project: 'shop', role: 'developer' },
		{ group: 'web', project: 'shop', role: 'viewer' },
	];
	before(async () => {
		world = await accessWorld();
		oidc = await openProvider(accounts);
		await world.person('root', 'admin');
		const set = await world.post(
			'/providers',
			{ provider: 'company', issuer: oidc.issuer, clientId: 'footbridge', clientSecret: 'client secret', map },
			owner,
		);
		assert.equal(set.status, 200, await set.text());
	});
	after(async () => {
		oidc?.server.closeAllConnections();
		oidc?.server.close();
		await world?.[Symbol.asyncDispose]();
	});

	const begin = async (next = '/') => {
		const answer = await world.post('/sign-in/provider', { provider: 'company', next });
		const { url } = (await answer.json()) as { readonly url: string };
		return { url, cookie: answer.headers.getSetCookie()[0]?.split(';')[0] ?? '' };
	};
	const comeBack = (address: string, cookie: string) =>
		world.api.request(address, { headers: { host: 'localhost', cookie } });
	const signIn = async (hint: string, next?: string) => {
		const begun = await begin(next);
		return comeBack(await atProvider(begun.url, hint), begun.cookie);
	};
	const sessionOf = async (answer: Response) => {
		const cookie =
			answer.headers
				.getSetCookie()
				.map((text) => text.split(';')[0])
				.find((text) => text?.startsWith('footbridge-80=')) ?? '';
		return (await (await world.get('/session', { cookie })).json()) as {
			person: { name: string } | null;
			grants: readonly { project: string; role: string }[];
		};
	};
	const refusal = (answer: Response) => decodeURIComponent(answer.headers.get('location') ?? '');

	test('a person signs in with PKCE, nonce and state, and has the roles of their groups', async () => {
		const answer = await signIn('ana', '/runs?status=failed');
		assert.equal(answer.status, 303);
		assert.match(answer.headers.get('location') ?? '', /^\/enter\?next=%2Fruns%3Fstatus%3Dfailed#proof=[\w-]{43}$/);
		const { person, grants } = await sessionOf(answer);
		assert.equal(person?.name, 'ana');
		assert.deepEqual(grants, [{ project: '*', role: 'admin' }]);
		const { url } = await begin();
		for (const parameter of ['code_challenge', 'nonce', 'state'])
			assert.ok((new URL(url).searchParams.get(parameter)?.length ?? 0) >= 43, parameter);
		assert.equal(new URL(url).searchParams.get('code_challenge_method'), 'S256');
	});

	test('AUT-13: a provider’s name or mail address gives nobody an account that is there already', async () => {
		const { person, grants } = await sessionOf(await signIn('ben'));
		assert.equal(person?.name, 'root-2');
		assert.deepEqual(
			grants,
			[{ project: 'shop', role: 'developer' }],
			'the highest of its groups, and nothing of root',
		);
	});

	test('groups that change are roles that change at the next sign-in; what was given by hand stays', async () => {
		const before = (await world.access.people.named('ana'))?.person ?? '';
		await world.access.people.setRole('local', before, 'shop', 'viewer');
		accounts['ana'] = { preferred_username: 'Other', groups: ['web'] };
		const { person, grants } = await sessionOf(await signIn('ana'));
		assert.equal(person?.name, 'ana', 'the same account, by its subject');
		assert.deepEqual(grants.map(({ project, role }) => `${role} ${project}`).sort(), ['developer shop', 'viewer shop']);
	});

	test('without a group there is an account, and no right', async () => {
		const { grants } = await sessionOf(await signIn('cleo'));
		assert.deepEqual(grants, []);
	});

	test('a disabled account is refused, whatever the provider says', async () => {
		const person = (await world.access.people.named('root-2'))?.person ?? '';
		await world.access.people.setDisabled('local', person, true);
		assert.match(refusal(await signIn('ben')), /^\/sign-in\?refused=this account is disabled/);
		await world.access.people.setDisabled('local', person, false);
		assert.equal((await sessionOf(await signIn('ben'))).person?.name, 'root-2', 'control');
	});

	test('AUT-13: nobody finishes what another browser began, or what was finished, or is older than ten minutes', async () => {
		const begun = await begin();
		const back = await atProvider(begun.url, 'ana');
		assert.match(refusal(await comeBack(back, '')), /not begun in this browser/, 'another browser');
		assert.match(refusal(await comeBack(back, begun.cookie)), /not begun in this browser/, 'the try has used it up');
		const other = await begin();
		const late = await atProvider(other.url, 'ana');
		world.pass(11 * 60_000);
		assert.match(refusal(await comeBack(late, other.cookie)), /not begun in this browser/, 'late');
		const forged = new URL(back);
		forged.searchParams.set('state', 'guessed');
		assert.match(refusal(await comeBack(forged.href, begun.cookie)), /not begun in this browser/);
		const mixed = [await begin(), await begin()];
		const second = new URL(await atProvider(mixed[1]?.url ?? '', 'ana'));
		second.searchParams.set('state', new URL(mixed[0]?.url ?? '').searchParams.get('state') ?? '');
		assert.match(
			refusal(await comeBack(second.href, mixed[0]?.cookie ?? '')),
			/did not vouch/,
			'a code of another sign-in: PKCE',
		);
		assert.equal((await signIn('ana')).headers.get('location')?.startsWith('/enter'), true, 'control');
	});

	test('AUT-13: after a sign-in one comes to a place of this page, never to another site', async () => {
		for (const next of [
			'//evil.example',
			'/\\evil.example',
			'https://evil.example',
			'javascript:alert(1)',
			'\t//evil.example',
			'/\t/evil.example',
		])
			assert.match(
				(await signIn('ana', next)).headers.get('location') ?? '',
				/^\/enter\?next=%2F(evil\.example)?#/,
				next,
			);
	});

	test('SRF: an issuer is an https address, and one that does not describe itself is refused', async () => {
		const set = (issuer: string) => world.post('/providers', { provider: 'x', issuer, clientId: 'x' }, owner);
		for (const issuer of [
			...[
				'file:///etc/passwd',
				'gopher://127.0.0.1',
				'data:,x',
				'http://example.org',
				'http://10.0.0.1',
				'http://2130706433.example',
			],
			...[
				'https://user:pass@example.org',
				'https://example.org/?x=1',
				'nonsense',
				'http://169.254.169.254',
				'unix:/run/x',
			],
			'http://127.0.0.1:1',
		])
			assert.equal(await codeOf(await set(issuer)), 'FB6063', issuer);
		assert.equal((await set(oidc.issuer)).status, 200, 'control: the one that is');
	});

	test('the secret of the client is kept encrypted, and no job gets it', async () => {
		const [row] = await world.record.store.register.find('secret', { scope: 'sign-in', name: 'company' });
		assert.ok(row !== undefined && !row.sealed.includes('client secret'));
		assert.doesNotMatch(JSON.stringify(await world.record.store.readAfter(0, 10_000)), /client secret/);
		assert.doesNotMatch(await (await world.get('/providers', owner)).text(), /client secret/);
	});

	test('removing a provider takes the roles of its groups away', async () => {
		assert.equal((await world.post('/providers/remove', { provider: 'company' }, owner)).status, 200);
		assert.deepEqual(await world.record.store.register.find('role', { source: 'company' }), []);
		assert.equal((await world.post('/sign-in/provider', { provider: 'company' })).status, 422);
		assert.equal((await world.post('/sign-in', { name: 'root', password: goodPassword })).status, 200, 'control');
	});
});

describe('a provider that lies', () => {
	const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
	const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
	let server: Server;
	let issuer = '';
	let world: AccessWorld;
	/** What the next token says, and how it is signed. */
	let lie: { readonly claims?: object; readonly header?: object; readonly sign?: (text: string) => Buffer } = {};
	let nonce = '';

	const rsa = (key: KeyObject) => (text: string) => signBytes('sha256', Buffer.from(text), key);
	const idToken = (): string => {
		const now = Math.floor(Date.now() / 1000);
		const claims = { iss: issuer, sub: 'eve', aud: 'footbridge', iat: now, exp: now + 60, nonce, ...lie.claims };
		const parts = [{ alg: 'RS256', kid: 'k', ...lie.header }, claims].map((part) =>
			Buffer.from(JSON.stringify(part)).toString('base64url'),
		);
		const text = parts.join('.');
		return `${text}.${(lie.sign ?? rsa(keys.privateKey))(text).toString('base64url')}`;
	};

	before(async () => {
		server = createServer((request, response) => {
			const answer = (body: object) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
			if (request.url === '/.well-known/openid-configuration')
				return answer({
					...{
						issuer,
						authorization_endpoint: `${issuer}/auth`,
						token_endpoint: `${issuer}/token`,
						jwks_uri: `${issuer}/keys`,
					},
					...{
						response_types_supported: ['code'],
						subject_types_supported: ['public'],
						id_token_signing_alg_values_supported: ['RS256'],
					},
				});
			if (request.url === '/keys')
				return answer({ keys: [{ ...keys.publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256', use: 'sig' }] });
			return answer({ access_token: 'x', token_type: 'Bearer', id_token: idToken() });
		});
		await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
		issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
		world = await accessWorld();
		await world.access.providers.set(
			'local',
			{ provider: 'liar', issuer, clientId: 'footbridge', claim: 'groups', map: [] },
			undefined,
		);
	});
	after(async () => {
		server.closeAllConnections();
		server.close();
		await world[Symbol.asyncDispose]();
	});

	const signIn = async (what: typeof lie): Promise<boolean> => {
		lie = what;
		const { url, browser } = await world.access.providers.begin('liar', callback, '/');
		nonce = new URL(url).searchParams.get('nonce') ?? '';
		const back = new URL(`${callback}?code=x&state=${new URL(url).searchParams.get('state')}`);
		return world.access.providers.end(back, browser).then(
			() => true,
			() => false,
		);
	};

	test('AUT-13: no token is taken that is unsigned, signed otherwise, for somebody else, of somebody else, too old, or for another sign-in', async () => {
		const hmac = await import('node:crypto').then(({ createHmac }) => createHmac);
		const pem = keys.publicKey.export({ type: 'spki', format: 'pem' });
		const past = Math.floor(Date.now() / 1000) - 3600;
		const lies: { readonly [name: string]: typeof lie } = {
			'alg none': { header: { alg: 'none' }, sign: () => Buffer.alloc(0) },
			'HS256 with the public key': {
				header: { alg: 'HS256' },
				sign: (text) => hmac('sha256', pem).update(text).digest(),
			},
			'another key': { sign: rsa(other.privateKey) },
			'another audience': { claims: { aud: 'somebody-else' } },
			'another issuer': { claims: { iss: 'https://elsewhere.example' } },
			expired: { claims: { exp: past, iat: past - 60 } },
			'another nonce': { claims: { nonce: 'replayed' } },
			'no nonce': { claims: { nonce: undefined } },
			'no subject': { claims: { sub: undefined } },
		};
		assert.equal(await signIn({}), true, 'control: an honest one');
		for (const [name, what] of Object.entries(lies)) assert.equal(await signIn(what), false, name);
	});
});
