import { isIP } from 'node:net';
import { getConnInfo } from '@hono/node-server/conninfo';
import type { Context } from 'hono';
import type { Origin } from '#core/access/access-event.ts';
import type { Visitor } from './access/sign-in.ts';

/** From where a request comes, and with what. `isBehindProxy`: a program on this machine passes on what comes from elsewhere. */
export function visitorOf(c: Context, isBehindProxy: boolean): Visitor {
	const address = addressOf(c, isBehindProxy);
	return { address, from: originOf(address), device: deviceOf(c.req.header('user-agent') ?? '') };
}

/** The address slows down who guesses, and decides nothing else: what a header says may be a lie. */
function addressOf(c: Context, isBehindProxy: boolean): string {
	const direct = connectionOf(c) ?? '127.0.0.1';
	const passedOn = c.req.header('x-forwarded-for')?.split(',').at(-1)?.trim() ?? '';
	return isBehindProxy && originOf(direct) === 'this machine' && isIP(passedOn) !== 0 ? plain(passedOn) : plain(direct);
}

/** None for a request that was made in this process. */
function connectionOf(c: Context): string | undefined {
	try {
		return getConnInfo(c).remote.address;
	} catch {
		return undefined;
	}
}

/** Of IPv6 the network: who has one address of it has all. */
function plain(address: string): string {
	const text = address.replace(/^::ffff:(?=\d+\.)/, '');
	return isIP(text) === 6 && text !== '::1' ? text.split(':').slice(0, 4).join(':') : text;
}

function originOf(address: string): Origin {
	if (/^(127\.|::1$)/.test(address)) return 'this machine';
	return /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.|f[cd]|fe80)/i.test(address)
		? 'a private network'
		: 'the internet';
}

const browsers = [
	['Edg/', 'Edge'],
	['Firefox/', 'Firefox'],
	['Chrome/', 'Chrome'],
	['Safari/', 'Safari'],
] as const;
const systems = [
	['Android', 'Android'],
	['iPhone', 'iPhone'],
	['iPad', 'iPad'],
	['Windows', 'Windows'],
	['Mac OS X', 'Mac'],
	['Linux', 'Linux'],
] as const;

/** What a person knows their own browser by. */
function deviceOf(agent: string): string {
	const find = (words: readonly (readonly [string, string])[]) => words.find(([word]) => agent.includes(word))?.[1];
	const [browser, system] = [find(browsers), find(systems)];
	return browser === undefined ? 'a program' : system === undefined ? browser : `${browser} on ${system}`;
}
