import { z } from 'zod';
import { permissions, roles } from './access/access.ts';

/**
 * Requests and responses of `/api/v1` about who may do what. core/access/route-table.ts says who may call each.
 *
 * GET  /session                                   SessionView: who asks, and how one may sign in
 * POST /sign-in             PasswordSignIn     -> SignedInView, and a cookie
 * POST /sign-in/link        LinkSignIn         -> SignedInView
 * POST /sign-in/invite      InviteSignIn       -> SignedInView: a new password by a link
 * POST /sign-in/provider    ProviderSignIn     -> { url } to go to; comes back to GET /sign-in/callback
 * POST /set-up              SetUp              -> SignedInView: the first admin
 * POST /sign-out, POST /password, GET /sessions, POST /sessions/end
 * GET  /tokens, POST /tokens NewToken          -> { token, text }: shown once; POST /tokens/:token/revoke
 * POST /devices, POST /devices/token, GET /devices/:code, POST /devices/:code/answer   sign-in of a program without a browser
 * GET  /people, POST /people NewPerson         -> { person, link }; POST /people/:person/{disable,enable,erase,invite}
 * GET  /members?project, POST /members SetRole
 * GET  /secrets?project&environment, POST /secrets NewSetting, POST /secrets/remove OldSetting, POST /secrets/rotate; /variables likewise
 * GET  /providers, POST /providers NewProvider, POST /providers/remove
 * GET  /audit?project&person&before&limit, GET /audit/export?format&project
 */

const text = (most: number) => z.string().max(most);

export const PasswordSignIn = z.object({ name: text(200), password: text(1000) });
export const LinkSignIn = z.object({ code: text(200) });
export const InviteSignIn = z.object({ code: text(200), password: text(1000) });
export const ProviderSignIn = z.object({ provider: text(40), next: text(2000).default('/') });
export const SetUp = z.object({ code: text(200), name: text(200), password: text(1000) });
export const NewPassword = z.object({ old: text(1000).optional(), password: text(1000) });
/** Without a session: all but the one that asks. */
export const EndSessions = z.object({ session: text(100).optional(), all: z.boolean().default(false) });
export const NewToken = z.object({
	name: text(100).min(1),
	scopes: z.array(z.enum(permissions)).min(1).readonly(),
	/** Absent: every project of its person. */
	projects: z
		.array(text(200).regex(/^[^,]+$/))
		.min(1)
		.readonly()
		.optional(),
	/** Absent: 90 days; 0: it does not end. */
	days: z.int().min(0).max(3650).default(90),
});
export const NewDevice = z.object({ name: text(100).default('') });
export const DeviceToken = z.object({ deviceCode: text(200) });
export const DeviceChoice = z.object({ isGranted: z.boolean() });
const role = z.enum(roles);
export const NewPerson = z.object({
	name: text(200),
	/** Absent: none yet. */
	role: role.optional(),
	/** Where the role is for; `*`: everywhere. */
	project: text(200).default('*'),
	/** Absent: they get a link to set one. */
	password: text(1000).optional(),
});
export const SetRole = z.object({
	/** Id or name. */
	person: text(200),
	/** Absent: taken away. */
	role: role.optional(),
	project: text(200).optional(),
});
export const MakeLink = z.object({ purpose: z.enum(['sign-in', 'set-up']) });
const scope = { project: text(200).optional(), environment: text(200).optional() };
export const NewSetting = z.object({ ...scope, name: text(200), value: z.string().max(65_536) });
export const OldSetting = z.object({ ...scope, name: text(200) });
export const NewProvider = z.object({
	provider: text(40),
	issuer: text(2000),
	clientId: text(500),
	clientSecret: text(2000).optional(),
	claim: text(200).default('groups'),
	map: z
		.array(z.object({ group: text(200), project: text(200).default('*'), role }))
		.max(500)
		.readonly()
		.default([]),
});
export const OldProvider = z.object({ provider: text(40) });

export type NewToken = z.infer<typeof NewToken>;

const grant = z.object({ project: z.string(), role });
const id = z.string();
/** Ms since the epoch. */
const moment = z.number();

export const SessionView = z.object({
	/** Null: nobody is signed in. */
	person: z.object({ person: id, name: z.string(), isLocal: z.boolean(), hasPassword: z.boolean() }).nullable(),
	way: z.enum(['local', 'session', 'token']).nullable(),
	grants: z.array(grant).readonly(),
	/** How one may sign in by somebody else's word. */
	providers: z.array(z.string()).readonly(),
	/** There is an account: one may sign in with a password. */
	hasPeople: z.boolean(),
});
export const SignedInView = z.object({
	/** To be sent as `X-Footbridge-Proof` with every request that changes something. */
	proof: z.string(),
});
export const SessionItem = z.object({
	...{ session: id, way: z.string(), device: z.string(), madeAt: moment, usedAt: moment },
	isThis: z.boolean(),
});
export const TokenItem = z.object({
	...{ token: id, name: z.string(), person: id, personName: z.string() },
	scopes: z.array(z.string()).readonly(),
	projects: z.array(z.string()).readonly().nullable(),
	...{ madeAt: moment, usedAt: moment.nullable(), expiresAt: moment.nullable() },
});
export const PersonItem = z.object({
	...{ person: id, name: z.string(), state: z.string(), madeAt: moment },
	isInvited: z.boolean(),
	/** Name of who vouches for them. */
	isByProvider: z.boolean(),
	grants: z.array(z.object({ project: z.string(), role: z.string(), source: z.string() })).readonly(),
});
export const MemberItem = z.object({
	...{ person: id, name: z.string(), role: z.string(), source: z.string() },
	/** It holds in every project. */
	isEverywhere: z.boolean(),
});
export const SettingItem = z.object({
	...{ name: z.string(), setAt: moment, setBy: z.string() },
	value: z.string().optional(),
});
export const ProviderItem = z.object({
	...{ provider: z.string(), issuer: z.string(), clientId: z.string(), claim: z.string() },
	map: z.array(z.object({ group: z.string(), project: z.string(), role })).readonly(),
});
export const AuditLine = z.object({
	...{ seq: z.int(), at: z.string(), by: z.string(), byName: z.string(), token: z.string().nullable() },
	...{ did: z.string(), what: z.string(), person: z.string().nullable(), personName: z.string().nullable() },
	...{ project: z.string().nullable(), run: z.string().nullable(), from: z.string().nullable() },
});

export type SessionView = z.infer<typeof SessionView>;
export type SignedInView = z.infer<typeof SignedInView>;
export type SessionItem = z.infer<typeof SessionItem>;
export type TokenItem = z.infer<typeof TokenItem>;
export type PersonItem = z.infer<typeof PersonItem>;
export type MemberItem = z.infer<typeof MemberItem>;
export type SettingItem = z.infer<typeof SettingItem>;
export type ProviderItem = z.infer<typeof ProviderItem>;
export type AuditLine = z.infer<typeof AuditLine>;
