import { z } from '@hono/zod-openapi';
import { may, permissions } from '#core/access/access.ts';
import {
	DeviceChoice,
	DeviceToken,
	EndSessions,
	NewDevice,
	NewPassword,
	NewToken,
	SessionItem,
	SignedInView,
	TokenItem,
} from '#core/api-access.ts';
import type { TokenRow } from '#edge/store/register.ts';
import type { Access } from './access/access.ts';
import type { KnownCaller } from './access/callers.ts';
import { cannotBe, notAllowed } from './access/refusal.ts';
import { limitsOf } from './access/tokens.ts';
import { callerIn } from './authorise.ts';
import { giveSessionCookie } from './cookie.ts';
import { found } from './problems.ts';
import { type Api, jsonBody, jsonRoute } from './route.ts';
import { visitorOf } from './visitor.ts';

const day = 24 * 60 * 60_000;

/** What people do with their own accounts: password, sessions, tokens, programs that want in. */
export function accountRoutes(api: Api, access: Access): void {
	const { people, sessions, tokens, devices, signIn, tries, url } = access;

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/password',
			summary: 'Change one’s own password; ends all other sessions',
			request: { body: jsonBody(NewPassword) },
			answer: SignedInView,
		}),
		async (c) => {
			const { by, person } = callerIn(c);
			const { old, password } = c.req.valid('json');
			const row = found(await people.find(person), 'the owner of the machine has no password');
			const visitor = visitorOf(c, url !== undefined);
			// A page that was left open is not enough to take an account over.
			if (row.password !== null) await signIn.confirm(row.name ?? '', old ?? '', visitor);
			await people.setPassword(by, person, password);
			const session = await signIn.begin(person, 'password', visitor);
			giveSessionCookie(c, url, session);
			return c.json({ proof: session.proof }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/sessions',
			summary: 'One’s own sessions',
			request: {},
			answer: z.object({ items: z.array(SessionItem).readonly() }),
		}),
		async (c) => {
			const { person, session: own } = callerIn(c);
			const items = (await sessions.list(person)).map(({ session, way, device, madeAt, usedAt }) => ({
				...{ session, way, device, madeAt, usedAt },
				isThis: session === own,
			}));
			return c.json({ items: items.toSorted((a, b) => b.usedAt - a.usedAt) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/sessions/end',
			summary: 'End one of one’s sessions, or all but this one, or all',
			request: { body: jsonBody(EndSessions) },
			answer: z.object({}),
		}),
		async (c) => {
			const { by, person, session: own } = callerIn(c);
			const { session, all } = c.req.valid('json');
			await sessions.end(by, person, session === undefined ? { except: all ? undefined : own } : { only: session });
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/tokens',
			summary: 'One’s own tokens; of everybody for an admin of the server',
			request: {},
			answer: z.object({ items: z.array(TokenItem).readonly() }),
		}),
		async (c) => {
			const caller = callerIn(c);
			const rows = await tokens.list(may(caller, 'configure') ? undefined : caller.person);
			const items = await Promise.all(rows.map((row) => itemOf(access, row)));
			return c.json({ items: items.toSorted((a, b) => b.madeAt - a.madeAt) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/tokens',
			summary: 'Make a token; its text is shown this once',
			request: { body: jsonBody(NewToken) },
			answer: z.object({ token: z.string(), text: z.string() }),
		}),
		async (c) => {
			const caller = callerIn(c);
			const { name, scopes, projects, days } = c.req.valid('json');
			const asked = { name, scopes, ...(projects === undefined ? {} : { projects }) };
			await stayWithin(access, caller, asked, days);
			const expiresAt = days === 0 ? {} : { expiresAt: access.keeper.now() + days * day };
			return c.json(await tokens.make(caller.by, { person: caller.person, ...asked, ...expiresAt }), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/tokens/{token}/revoke',
			summary: 'Revoke a token; `this` is the one that asks',
			request: { params: z.object({ token: z.string() }) },
			answer: z.object({}),
		}),
		async (c) => {
			const caller = callerIn(c);
			const asked = c.req.valid('param').token;
			const token = asked === 'this' ? caller.by.split('/')[1] : asked;
			const row = (await tokens.list()).find((other) => other.token === token);
			const isOwn = row?.person === caller.person && (caller.way !== 'token' || caller.by.endsWith(`/${row.token}`));
			const isMine = isOwn || may(caller, 'configure');
			await tokens.revoke(caller.by, found(isMine ? row : undefined, `there is no token ${asked}`));
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/devices',
			summary: 'A program without a browser wants to sign in',
			request: { body: jsonBody(NewDevice) },
			answer: z.object({
				...{ deviceCode: z.string(), userCode: z.string() },
				...{ expiresInMs: z.number(), intervalMs: z.number() },
			}),
		}),
		async (c) => {
			const { address } = visitorOf(c, url !== undefined);
			tries.check(undefined, address);
			// Whoever begins many and finishes none is slowed down.
			tries.failed(undefined, address);
			return c.json(devices.begin(c.req.valid('json').name), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/devices/token',
			summary: 'Whether it may, asked again and again by that program',
			request: { body: jsonBody(DeviceToken) },
			answer: z.object({ state: z.string(), token: z.string().optional(), name: z.string().optional() }),
		}),
		async (c) => c.json(await devices.poll(c.req.valid('json').deviceCode), 200),
	);

	const codeParam = z.object({ code: z.string() });
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/devices/{code}',
			summary: 'Which program waits with this code',
			request: { params: codeParam },
			answer: z.object({ name: z.string() }),
		}),
		async (c) => {
			const { address } = visitorOf(c, url !== undefined);
			// These codes are short: who tries many waits.
			tries.check(undefined, address);
			const waiting = devices.look(c.req.valid('param').code);
			if (waiting === undefined) tries.failed(undefined, address);
			return c.json(found(waiting, 'no program waits with this code'), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/devices/{code}/answer',
			summary: 'Say yes or no to it',
			request: { params: codeParam, body: jsonBody(DeviceChoice) },
			answer: z.object({}),
		}),
		async (c) => {
			devices.answer(c.req.valid('param').code, callerIn(c).person, c.req.valid('json').isGranted);
			return c.json({}, 200);
		},
	);
}

async function itemOf({ people }: Access, row: TokenRow): Promise<TokenItem> {
	const { token, name, person, madeAt, usedAt, expiresAt } = row;
	const { scopes, projects = null } = limitsOf(row);
	const personName = (await people.find(person))?.name ?? 'owner of this machine';
	return { token, name, person, personName, scopes, projects, madeAt, usedAt, expiresAt };
}

/** A token makes no token that may do more than itself, or lasts longer. */
async function stayWithin(
	{ tokens, keeper }: Access,
	caller: KnownCaller,
	asked: { readonly scopes: readonly string[]; readonly projects?: readonly string[] },
	days: number,
): Promise<void> {
	if (caller.limits === undefined) return;
	const own = (await tokens.list(caller.person)).find(({ token }) => caller.by.endsWith(`/${token}`));
	if (own === undefined) cannotBe(tooMuch);
	const { scopes, projects } = caller.limits;
	const isNarrow = permissions.every((scope) => scopes.includes(scope) || !asked.scopes.includes(scope));
	const isInside = projects === undefined || (asked.projects?.every((project) => projects.includes(project)) ?? false);
	const end = days === 0 ? Number.POSITIVE_INFINITY : keeper.now() + days * day;
	if (!isNarrow || !isInside || end > (own.expiresAt ?? Number.POSITIVE_INFINITY)) notAllowed(tooMuch);
}

const tooMuch = {
	code: 'FB6047',
	what: 'a token cannot make one that may do more, or lasts longer, than itself',
	next: 'make it on the page, or with fewer scopes and days',
};
