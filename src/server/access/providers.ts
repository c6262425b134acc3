import type { Configuration } from 'openid-client';
import type { Grant } from '#core/access/access.ts';
import type { AccessEvent } from '#core/access/access-event.ts';
import { accountName, wrongName } from '#core/access/account.ts';
import { type GroupRole, grantsOfGroups, groupsIn } from '#core/access/role-map.ts';
import type { Recorded } from '#core/event.ts';
import { type Problem, problemOf } from '#core/result.ts';
import type { PersonRow, RegisterChange } from '#edge/store/register.ts';
import type { Store } from '#edge/store/store.ts';
import type { Vault } from '#edge/vault/vault.ts';
import type { Keeper } from './keeper.ts';
import { cannotBe, notSignedIn, tooOften } from './refusal.ts';
import { hashOf, isSame, randomText } from './secret-text.ts';

/** A service that vouches for people, by OpenID Connect. */
export interface Provider {
	readonly provider: string;
	readonly issuer: string;
	readonly clientId: string;
	/** Path of the claim that holds the groups. */
	readonly claim: string;
	readonly map: readonly GroupRole[];
}

export interface Providers {
	list(): Promise<readonly Provider[]>;
	/** Without a secret: the one that is there stays, or none is used. */
	set(by: string, provider: Provider, clientSecret: string | undefined): Promise<void>;
	remove(by: string, name: string): Promise<void>;
	/** Where the browser goes, and what it has to bring back with it in a cookie. */
	begin(name: string, callback: string, next: string): Promise<{ readonly url: string; readonly browser: string }>;
	/** The person that came back; leaves with 401. */
	end(url: URL, browser: string | undefined): Promise<{ readonly person: string; readonly next: string }>;
}

interface Pending {
	readonly provider: string;
	readonly verifier: string;
	readonly nonce: string;
	/** Hash of what the browser has in its cookie: nobody finishes what another browser began. */
	readonly browser: string;
	readonly callback: string;
	readonly next: string;
	readonly expiresAt: number;
}

const expiresInMs = 10 * 60_000;
const mostPending = 1000;
const timeoutS = 10;
/** No scope of jobs: a client's secret is for signing in alone. */
const secretScope = 'sign-in';

interface Parts {
	readonly keeper: Keeper;
	readonly store: Pick<Store, 'read'>;
	readonly vault: Vault | undefined;
}

export function openProviders({ keeper, store, vault }: Parts): Providers {
	const pending = new Map<string, Pending>();
	const known = new Map<string, Configuration>();

	const list = async () => [...(await store.read('access/server')).reduce(evolve, new Map()).values()];
	const find = async (name: string): Promise<Provider> =>
		(await list()).find(({ provider }) => provider === name) ?? cannotBe(noProvider(name));
	const secretOf = async (name: string): Promise<string | undefined> => {
		const [row] = await keeper.find('secret', { scope: secretScope, name });
		return row === undefined ? undefined : vault?.unseal({ scope: secretScope, name }, row.sealed);
	};
	const configured = async (provider: Provider): Promise<Configuration> => {
		const key = JSON.stringify(provider);
		const before = known.get(key);
		if (before !== undefined) return before;
		const made = await discover(provider, await secretOf(provider.provider));
		known.set(key, made);
		return made;
	};

	return {
		list,
		async set(by, provider, clientSecret) {
			const { provider: name } = provider;
			const wrong = wrongProvider(provider);
			if (wrong !== undefined) cannotBe(wrong);
			const sealed =
				clientSecret === undefined ? undefined : await vault?.seal({ scope: secretScope, name }, clientSecret);
			if (clientSecret !== undefined && sealed === undefined) cannotBe(noVault);
			// Found out now, and not when the first person wants to sign in.
			await discover(provider, clientSecret ?? (await secretOf(name)));
			known.clear();
			const row = { scope: secretScope, name, setAt: keeper.now(), setBy: by };
			await keeper.write(
				{ by, events: [{ kind: 'provider-set', ...provider }] },
				...(sealed === undefined ? [] : [{ put: 'secret' as const, row: { ...row, sealed } }]),
			);
		},
		async remove(by, name) {
			await find(name);
			await keeper.write(
				{ by, events: [{ kind: 'provider-removed', provider: name }] },
				{ remove: 'secret', where: { scope: secretScope, name } },
				{ remove: 'role', where: { source: name } },
			);
		},
		async begin(name, callback, next) {
			for (const [state, { expiresAt }] of pending) if (keeper.now() >= expiresAt) pending.delete(state);
			if (pending.size >= mostPending) return tooOften(60_000);
			const provider = await find(name);
			const oidc = await import('openid-client');
			const config = await configured(provider);
			const [verifier, state, nonce, browser] = [
				oidc.randomPKCECodeVerifier(),
				randomText(),
				randomText(),
				randomText(),
			];
			const url = oidc.buildAuthorizationUrl(config, {
				redirect_uri: callback,
				scope: 'openid profile email',
				code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
				code_challenge_method: 'S256',
				...{ state, nonce },
			});
			const expiresAt = keeper.now() + expiresInMs;
			pending.set(state, { provider: name, verifier, nonce, browser: hashOf(browser), callback, next, expiresAt });
			return { url: url.href, browser };
		},
		async end(url, browser) {
			const state = url.searchParams.get('state') ?? '';
			const begun = pending.get(state);
			pending.delete(state);
			const isOwn = begun !== undefined && browser !== undefined && isSame(hashOf(browser), begun.browser);
			if (begun === undefined || !isOwn || keeper.now() >= begun.expiresAt) return notSignedIn(notBegun);
			const provider = await find(begun.provider);
			const claims = await claimsOf(await configured(provider), new URL(url.search, begun.callback), begun, state);
			const person = await personOf(keeper, provider, claims);
			return { person, next: begun.next };
		},
	};
}

interface Claims {
	readonly iss: string;
	readonly sub: string;
	readonly [claim: string]: unknown;
}

async function discover({ issuer, clientId }: Provider, secret: string | undefined): Promise<Configuration> {
	const oidc = await import('openid-client');
	const server = new URL(issuer);
	const authentication = secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret);
	try {
		return await oidc.discovery(server, clientId, secret, authentication, {
			timeout: timeoutS,
			// Signatures are checked although the token comes from the provider itself: there may be something in between.
			execute: [oidc.enableNonRepudiationChecks, ...(server.protocol === 'http:' ? [oidc.allowInsecureRequests] : [])],
		});
	} catch (error) {
		return cannotBe({
			code: 'FB6063',
			what: `the provider at ${issuer} does not describe itself`,
			why: problemOf(error).why ?? '',
			next: 'check the issuer: below it there must be /.well-known/openid-configuration',
		});
	}
}

/** What the provider says of the person, checked: signature, issuer, audience, time, nonce, state and PKCE. */
async function claimsOf(config: Configuration, url: URL, begun: Pending, state: string): Promise<Claims> {
	const oidc = await import('openid-client');
	try {
		const tokens = await oidc.authorizationCodeGrant(config, url, {
			pkceCodeVerifier: begun.verifier,
			expectedNonce: begun.nonce,
			expectedState: state,
			idTokenExpected: true,
		});
		const claims = tokens.claims();
		if (claims !== undefined) return claims;
	} catch (error) {
		const why = problemOf(error).why ?? '';
		return notSignedIn({ code: 'FB6064', what: 'the provider did not vouch for you', why, next: 'sign in again' });
	}
	return notSignedIn({ code: 'FB6064', what: 'the provider did not say who you are', next: 'sign in again' });
}

/** The account of who the provider says it is, by its issuer and subject alone: a name or a mail address can be had by others later. */
async function personOf(keeper: Keeper, provider: Provider, claims: Claims): Promise<string> {
	const wanted = grantsOfGroups(groupsIn(claims, provider.claim), provider.map);
	return keeper.inTurn(async () => {
		const [known] = await keeper.find('person', { issuer: claims.iss, subject: claims.sub });
		if (known !== undefined && known.state !== 'active') return notSignedIn(disabled);
		const person = known?.person ?? keeper.newId('p');
		const events: AccessEvent[] = [];
		const changes: RegisterChange[] = [];
		if (known === undefined) {
			events.push({ kind: 'person-added', person, way: 'provider' });
			changes.push({ put: 'person', row: await newcomer(keeper, person, claims) });
		}
		const roles = await rolesChanged(keeper, { person, provider: provider.provider, wanted });
		await keeper.write({ by: person, person, events: [...events, ...roles.events] }, ...changes, ...roles.changes);
		return person;
	});
}

async function newcomer(keeper: Keeper, person: string, claims: Claims): Promise<PersonRow> {
	const asked = [claims['preferred_username'], claims['email'], claims['nickname']].find(
		(claim) => typeof claim === 'string' && wrongName(accountName(claim)) === undefined,
	);
	const name = accountName(typeof asked === 'string' ? asked : `person-${person.slice(-6)}`);
	let free = name;
	for (let count = 2; (await keeper.find('person', { name: free })).length > 0; count++)
		free = `${name.slice(0, 60)}-${count}`;
	return {
		...{ person, name: free, password: null, issuer: claims.iss, subject: claims.sub },
		...{ state: 'active', madeAt: keeper.now() },
	};
}

/** Roles as the groups say now; those that were given by hand stay. */
async function rolesChanged(
	keeper: Keeper,
	{
		person,
		provider,
		wanted,
	}: { readonly person: string; readonly provider: string; readonly wanted: readonly Grant[] },
): Promise<{ readonly events: readonly AccessEvent[]; readonly changes: readonly RegisterChange[] }> {
	const had = await keeper.find('role', { person, source: provider });
	const gone = had.filter(({ project }) => !wanted.some((grant) => grant.project === project));
	const fresh = wanted.filter(({ project, role }) => !had.some((row) => row.project === project && row.role === role));
	return {
		events: [
			...gone.map(({ project }) => ({ kind: 'role-set' as const, person, project, provider })),
			...fresh.map((grant) => ({ kind: 'role-set' as const, person, ...grant, provider })),
		],
		changes: [
			...gone.map(({ project }) => ({ remove: 'role' as const, where: { person, project, source: provider } })),
			...fresh.map((grant) => ({ put: 'role' as const, row: { person, ...grant, source: provider } })),
		],
	};
}

function evolve(providers: Map<string, Provider>, { event }: Recorded): Map<string, Provider> {
	if (event.kind === 'provider-removed') providers.delete(event.provider);
	if (event.kind === 'provider-set') {
		const { kind: _, ...provider } = event;
		providers.set(provider.provider, provider);
	}
	return providers;
}

/** An address that everybody could read or change on its way vouches for nobody. */
function wrongProvider({ provider, issuer }: Provider): Problem | undefined {
	const url = URL.parse(issuer);
	const isLoopback = url !== null && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
	const isGood = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback);
	if (!/^[a-z0-9][a-z0-9-]{0,30}$/.test(provider))
		return { code: 'FB6063', what: 'that cannot be the name of a provider', next: 'use small letters, digits and -' };
	if (url === null || !isGood || url.username !== '' || url.search !== '')
		return { code: 'FB6063', what: `${issuer} cannot be an issuer`, next: 'give its https address' };
	return undefined;
}

const noProvider = (name: string): Problem => ({
	code: 'FB6063',
	what: `there is no sign-in provider ${name}`,
	next: 'footbridge provider list',
});

const noVault: Problem = { code: 'FB6063', what: 'there is nowhere to keep the secret of the client' };

const notBegun: Problem = {
	code: 'FB6064',
	what: 'this sign-in was not begun in this browser',
	why: 'or it was begun more than ten minutes ago',
	next: 'begin again on the sign-in page',
};

const disabled: Problem = { code: 'FB6064', what: 'this account is disabled', next: 'ask an admin' };
