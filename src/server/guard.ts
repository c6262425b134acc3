import type { Context, MiddlewareHandler } from 'hono';
import { isSecure } from './cookie.ts';
import { problemResponse } from './problems.ts';

/**
 * Lets a request through only when it was meant for this server: the name it asked for is ours (a foreign name that resolves
 * to loopback is DNS rebinding), and what changes something does not come from another site's page.
 */
export function guard(hosts: readonly string[]): MiddlewareHandler {
	const known = new Set([...loopbackNames, ...hosts.map((host) => host.toLowerCase())]);
	return async (c, next) => {
		const host = c.req.header('host') ?? '';
		if (!known.has(hostname(host))) {
			return problemResponse(c, 421, [
				{
					code: 'FB6011',
					what: `this server does not answer to the name ${JSON.stringify(hostname(host))}`,
					why: 'a page of another site could otherwise reach it through a name that points here',
					next: 'open it by its own address, or start it with that name as an allowed host',
				},
			]);
		}
		if ((!isReadOnly(c.req.method) && isCrossSite(c)) || isForeignOrigin(c)) {
			return problemResponse(c, 403, [
				{
					code: 'FB6012',
					what: 'the request comes from a page of another site',
					why: `Origin ${c.req.header('origin') ?? 'is absent'}, Host ${host}`,
				},
			]);
		}
		return next();
	};
}

const loopbackNames = ['localhost', '127.0.0.1', '[::1]'];

/** Whether a request of this method changes nothing. */
export const isReadOnly = (method: string): boolean => method === 'GET' || method === 'HEAD';

/** Whether a page of another site makes the browser send it. A browser always says so of a changing request; a program says nothing. */
export function isCrossSite(c: Context): boolean {
	const site = c.req.header('sec-fetch-site');
	return (site !== undefined && site !== 'same-origin' && site !== 'none') || isForeignOrigin(c);
}

/** A script of another site that would read the answer, or a stream of ours. */
function isForeignOrigin(c: Context): boolean {
	const [host, origin] = [c.req.header('host') ?? '', c.req.header('origin')];
	return origin !== undefined && origin !== `http://${host}` && origin !== `https://${host}`;
}

function hostname(host: string): string {
	return host.toLowerCase().replace(/:\d+$/, '');
}

/** Headers that every answer carries: nothing inline runs, nobody frames the page, nothing is sniffed. */
export function securityHeaders(url: string | undefined): MiddlewareHandler {
	return async (c, next) => {
		await next();
		for (const [name, value] of headers) c.res.headers.set(name, value);
		if (isSecure(c, url)) c.res.headers.set('Strict-Transport-Security', 'max-age=31536000');
	};
}

const headers = [
	[
		'Content-Security-Policy',
		[
			"default-src 'none'",
			"script-src 'self'",
			"style-src 'self'",
			"img-src 'self' data:",
			"connect-src 'self'",
			"font-src 'self'",
			"base-uri 'none'",
			"form-action 'none'",
			"frame-ancestors 'none'",
		].join('; '),
	],
	['X-Content-Type-Options', 'nosniff'],
	['X-Frame-Options', 'DENY'],
	['Referrer-Policy', 'no-referrer'],
	['Cross-Origin-Opener-Policy', 'same-origin'],
	['Cross-Origin-Resource-Policy', 'same-origin'],
] as const;
