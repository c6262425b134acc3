import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { StartedSession } from './access/sessions.ts';

/** Whether a request was made to the https address that this server is known by. */
export function isSecure(c: Context, url: string | undefined): boolean {
	const own = url === undefined ? null : URL.parse(url);
	return own?.protocol === 'https:' && own.host === (c.req.header('host') ?? '').toLowerCase();
}

/** A cookie is sent to every port of a host: the port in its name keeps two servers of one machine apart. */
function nameOf(c: Context, url: string | undefined): string {
	if (isSecure(c, url)) return '__Host-footbridge';
	const [, port = '80'] = /:(\d+)$/.exec(c.req.header('host') ?? '') ?? [];
	return `footbridge-${port}`;
}

export function sessionCookie(c: Context, url: string | undefined): string | undefined {
	return getCookie(c, nameOf(c, url));
}

/** Given to the browser alone: no script reads it, no other site makes it be sent. */
export function giveSessionCookie(c: Context, url: string | undefined, { cookie, expiresAt }: StartedSession): void {
	setCookie(c, nameOf(c, url), cookie, { ...safe(c, url), path: '/', expires: new Date(expiresAt) });
}

export function dropSessionCookie(c: Context, url: string | undefined): void {
	deleteCookie(c, nameOf(c, url), { ...safe(c, url), path: '/' });
}

const signInCookie = 'footbridge-sign-in';
const signInPath = '/api/v1/sign-in';

/** What a browser takes along to a sign-in provider and back. */
export function giveSignInCookie(c: Context, url: string | undefined, text: string): void {
	setCookie(c, signInCookie, text, { ...safe(c, url), path: signInPath, maxAge: 600 });
}

/** Read once. */
export function takeSignInCookie(c: Context, url: string | undefined): string | undefined {
	const text = getCookie(c, signInCookie);
	deleteCookie(c, signInCookie, { ...safe(c, url), path: signInPath });
	return text;
}

function safe(c: Context, url: string | undefined) {
	return { httpOnly: true, sameSite: 'Lax', secure: isSecure(c, url) } as const;
}
