import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import {
	InviteSignIn,
	LinkSignIn,
	PasswordSignIn,
	ProviderSignIn,
	SessionView,
	SetUp,
	SignedInView,
} from '#core/api-access.ts';
import type { Access } from './access/access.ts';
import type { SignedIn } from './access/sign-in.ts';
import { callerIn } from './authorise.ts';
import { dropSessionCookie, giveSessionCookie, giveSignInCookie, isSecure, takeSignInCookie } from './cookie.ts';
import { Refused } from './problems.ts';
import { type Api, jsonBody, jsonRoute } from './route.ts';
import { visitorOf } from './visitor.ts';

/** Who is signed in, and how one becomes that. */
export function sessionRoutes(api: Api, access: Access): void {
	const { url, signIn, providers } = access;
	const visitor = (c: Context) => visitorOf(c, url !== undefined);
	const signedIn = (c: Context, session: SignedIn): SignedInView => {
		giveSessionCookie(c, url, session);
		return { proof: session.proof };
	};

	api.openapi(
		jsonRoute({ method: 'get', path: '/session', summary: 'Who asks', request: {}, answer: SessionView }),
		async (c) => c.json(await sessionView(access, c), 200),
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/sign-in',
			summary: 'Sign in with a name and a password',
			request: { body: jsonBody(PasswordSignIn) },
			answer: SignedInView,
		}),
		async (c) => {
			const { name, password } = c.req.valid('json');
			return c.json(signedIn(c, await signIn.withPassword(name, password, visitor(c))), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/sign-in/link',
			summary: 'Sign in with a link that works once',
			request: { body: jsonBody(LinkSignIn) },
			answer: SignedInView,
		}),
		async (c) => c.json(signedIn(c, await signIn.withLink(c.req.valid('json').code, visitor(c))), 200),
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/sign-in/invite',
			summary: 'Set a password with a link that works once, and sign in',
			request: { body: jsonBody(InviteSignIn) },
			answer: SignedInView,
		}),
		async (c) => {
			const { code, password } = c.req.valid('json');
			return c.json(signedIn(c, await signIn.withNewPassword(code, password, visitor(c))), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/set-up',
			summary: 'Make the first admin, with the link of the first start',
			request: { body: jsonBody(SetUp) },
			answer: SignedInView,
		}),
		async (c) => {
			const { code, ...account } = c.req.valid('json');
			return c.json(signedIn(c, await signIn.setUp(code, account, visitor(c))), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/sign-in/provider',
			summary: 'Where to go to sign in with a provider',
			request: { body: jsonBody(ProviderSignIn) },
			answer: z.object({ url: z.string() }),
		}),
		async (c) => {
			const { provider, next } = c.req.valid('json');
			const begun = await providers.begin(provider, `${baseOf(c, url)}/api/v1/sign-in/callback`, ownPath(next));
			giveSignInCookie(c, url, begun.browser);
			return c.json({ url: begun.url }, 200);
		},
	);

	api.get('/sign-in/callback', async (c) => {
		const browser = takeSignInCookie(c, url);
		try {
			const { person, next } = await providers.end(new URL(c.req.url), browser);
			const session = await signIn.begin(person, 'provider', visitor(c));
			giveSessionCookie(c, url, session);
			// Behind the #, so that the proof is seen by this page alone, which puts it away.
			return c.redirect(`/enter?next=${encodeURIComponent(next)}#proof=${session.proof}`, 303);
		} catch (error) {
			if (!(error instanceof Refused)) throw error;
			await signIn.failed('provider', error.problems[0]?.what ?? 'refused', visitor(c));
			const { what = '', why = '' } = error.problems[0] ?? {};
			return c.redirect(`/sign-in?refused=${encodeURIComponent(why === '' ? what : `${what}: ${why}`)}`, 303);
		}
	});

	api.openapi(
		jsonRoute({ method: 'post', path: '/sign-out', summary: 'End this session', request: {}, answer: z.object({}) }),
		async (c) => {
			const { by, person, session } = callerIn(c);
			if (session !== undefined) await access.sessions.end(by, person, { only: session });
			dropSessionCookie(c, url);
			return c.json({}, 200);
		},
	);

	async function sessionView({ people }: Access, c: Context): Promise<SessionView> {
		const caller = c.var.caller;
		const row = caller === undefined ? undefined : await people.find(caller.person);
		return {
			person:
				caller === undefined
					? null
					: {
							person: caller.person,
							name: row?.name ?? 'owner of this machine',
							isLocal: caller.person === 'local',
							hasPassword: row?.password !== null && row !== undefined,
						},
			way: caller?.way ?? null,
			grants: caller?.grants ?? [],
			providers: (await providers.list()).map(({ provider }) => provider),
			hasPeople: (await people.list()).length > 0,
		};
	}
}

/** How this server is reached: by its own address, or as it was asked just now by a name that the guard has let through. */
export function baseOf(c: Context, url: string | undefined): string {
	if (url !== undefined && isSecure(c, url)) return new URL(url).origin;
	return `http://${c.req.header('host') ?? 'localhost'}`;
}

/** A place within this page: `//elsewhere` and `/\elsewhere` lead out of it. */
function ownPath(next: string): string {
	const base = 'http://own.invalid';
	const url = /^\/(?![/\\])/.test(next) ? URL.parse(next, base) : null;
	return url?.origin === base ? `${url.pathname}${url.search}` : '/';
}
