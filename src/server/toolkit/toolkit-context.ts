import type { Context } from 'hono';
import type { Clock } from '#edge/clock/clock.ts';
import type { Source } from '#edge/source/source.ts';
import type { Store } from '#edge/store/store.ts';
import type { Storage } from '#engine/storage/storage.ts';
import type { Session, Sessions, TokenUse } from './sessions.ts';
import type { SignedUrls } from './signed-urls.ts';

/** What the routes of the toolkit services share. */
export interface Toolkit {
	readonly storage: Storage;
	readonly store: Store;
	readonly source: Source;
	readonly clock: Clock;
	readonly sessions: Sessions;
	readonly urls: SignedUrls;
	/** `http://127.0.0.1:4711` */
	readonly origin: () => string;
}

/** The job that asks; undefined when its token is not one of a running job. */
export function sessionOf({ sessions }: Toolkit, c: Context, use: TokenUse): Session | undefined {
	return sessions.byHeader(c.req.header('authorization'), use);
}

/** The body as a JSON object; undefined when it is something else. */
export async function jsonOf(c: Context): Promise<{ readonly [name: string]: unknown } | undefined> {
	const body: unknown = await c.req.json().catch(() => undefined);
	return typeof body === 'object' && body !== null && !Array.isArray(body)
		? (body as { readonly [name: string]: unknown })
		: undefined;
}

/** A text of a JSON object, by its name with underscores or in camel case: clients of either kind are about. */
export function textIn(body: { readonly [name: string]: unknown }, name: string): string | undefined {
	const camel = name.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
	const value = body[name] ?? body[camel];
	return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}

/** The same for a whole number that is not negative. */
export function numberIn(body: { readonly [name: string]: unknown }, name: string): number | undefined {
	const text = textIn(body, name);
	return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
