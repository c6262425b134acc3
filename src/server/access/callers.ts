import { type Caller, localGrants } from '#core/access/access.ts';
import type { Keeper } from './keeper.ts';
import type { People } from './people.ts';
import { notAllowed, notSignedIn } from './refusal.ts';
import { isSame } from './secret-text.ts';
import { isProved, type Sessions } from './sessions.ts';
import { limitsOf, type Tokens } from './tokens.ts';
import type { Tries } from './tries.ts';

/** What of a request says who sends it. */
export interface Asking {
	/** The `Authorization` header. A request that has it is judged by it alone. */
	readonly authorization: string | undefined;
	/** The session's cookie; absent as well where a page of another site made the browser send it. */
	readonly cookie: string | undefined;
	/** What the page knows besides its cookie. */
	readonly proof: string | undefined;
	/** It may change something. */
	readonly isChange: boolean;
	readonly address: string;
}

/** A caller with what ends its rights before their time. */
export interface KnownCaller extends Caller {
	readonly person: string;
	/** Id of the session of a browser. */
	readonly session?: string;
	/** Aborted when the person's rights change. */
	readonly changed: AbortSignal;
}

/** Finds out who sends a request. Undefined: nobody says. Leaves with 401 when what is said is wrong. */
export type CallerOf = (asking: Asking) => Promise<KnownCaller | undefined>;

export function findCallers(
	{ keeper, people, sessions, tokens, tries }: Finders,
	localKey: string | undefined,
): CallerOf {
	return async (asking) => {
		if (asking.authorization !== undefined) return byHeader(asking.authorization, asking.address);
		return asking.cookie === undefined ? undefined : byCookie(asking.cookie, asking);
	};

	async function byHeader(header: string, address: string): Promise<KnownCaller> {
		const text = secretIn(header);
		if (localKey !== undefined && isSame(text, localKey)) return local('local');
		const token = await tokens.find(text);
		const caller = token === undefined ? undefined : await ofPerson(token.person, 'token');
		if (token === undefined || caller === undefined) {
			// A right one is never kept waiting: what others of its address try cannot shut it out.
			tries.check(undefined, address);
			tries.failed(undefined, address);
			return notSignedIn(badToken);
		}
		return { ...caller, by: `${token.person}/${token.token}`, limits: limitsOf(token) };
	}

	async function byCookie(cookie: string, { isChange, proof }: Asking): Promise<KnownCaller | undefined> {
		const session = await sessions.find(cookie);
		const caller = session === undefined ? undefined : await ofPerson(session.person, 'session');
		if (session === undefined || caller === undefined) return undefined;
		if (isChange && !isProved(session, proof)) notAllowed(noProof);
		return { ...caller, session: session.session };
	}

	async function ofPerson(person: string, way: 'session' | 'token'): Promise<KnownCaller | undefined> {
		if (person === 'local') return local(way);
		const row = await people.find(person);
		if (row?.state !== 'active') return undefined;
		return { by: person, person, way, grants: await people.grants(person), changed: keeper.changeOf(person) };
	}

	function local(way: Caller['way']): KnownCaller {
		return { by: 'local', person: 'local', way, grants: localGrants, changed: keeper.changeOf('local') };
	}
}

/** The token of `Bearer`, or the password of `Basic`, which is what git sends. */
function secretIn(header: string): string {
	const [, scheme = '', text = ''] = /^(Bearer|Basic) +(\S+)$/i.exec(header) ?? [];
	if (scheme.toLowerCase() !== 'basic') return text;
	const decoded = Buffer.from(text, 'base64').toString('utf8');
	return decoded.slice(decoded.indexOf(':') + 1);
}

interface Finders {
	readonly keeper: Keeper;
	readonly people: People;
	readonly sessions: Sessions;
	readonly tokens: Tokens;
	readonly tries: Tries;
}

const badToken = {
	code: 'FB6040',
	what: 'the token is not valid',
	why: 'there is no such token, it has expired, or it was revoked',
	next: 'make another one: footbridge token create, or footbridge login <url>',
};

const noProof = {
	code: 'FB6044',
	what: 'the request does not come from the page that was signed in',
	why: 'its session is right, and what only that page knows is missing',
	next: 'reload the page and sign in again',
};
