import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import type { Check } from './check.ts';

/** The port of the page, and the host of `origin`. */
export async function networkChecks(folder: string): Promise<readonly Check[]> {
	const checks = await Promise.all([port(4455), origin(folder)]);
	return checks.filter((check) => check !== undefined);
}

async function port(number: number): Promise<Check> {
	if (!(await answers('127.0.0.1', number, 300)))
		return { name: 'port', state: 'fine', says: `${number} is free for \`footbridge up\`` };
	const server = await fetch(`http://127.0.0.1:${number}/healthz`, { signal: AbortSignal.timeout(300) }).catch(
		() => undefined,
	);
	const isOurs = server?.ok === true;
	if (isOurs) return { name: 'port', state: 'fine', says: `a server answers at http://127.0.0.1:${number}` };
	return {
		name: 'port',
		state: 'good',
		says: `${number} is taken by another program`,
		command: 'footbridge up --port 0',
	};
}

/** Only branches that are fetched and pushed need it: runs do not. */
async function origin(folder: string): Promise<Check | undefined> {
	const url = await promisify(execFile)('git', ['-C', folder, 'remote', 'get-url', 'origin']).then(
		({ stdout }) => stdout.trim(),
		() => undefined,
	);
	if (url === undefined || url === '') return undefined;
	const place = hostOf(url);
	if (place === undefined) {
		const path = url.replace(/^file:\/\//, '');
		if (existsSync(path)) return { name: 'origin', state: 'fine', says: path };
		return { name: 'origin', state: 'good', says: `${path} is not there`, command: 'git remote set-url origin <url>' };
	}
	const proxied = ['https_proxy', 'HTTPS_PROXY', 'all_proxy', 'ALL_PROXY'].some(
		(name) => (process.env[name] ?? '') !== '',
	);
	if (proxied && place.port !== 22)
		return { name: 'origin', state: 'fine', says: `${place.host}, by the proxy: not tried` };
	if (await answers(place.host, place.port, 600))
		return { name: 'origin', state: 'fine', says: `${place.host}:${place.port} answers` };
	return {
		name: 'origin',
		state: 'good',
		says: `${place.host}:${place.port} does not answer: nothing can be fetched or pushed`,
		command: 'git ls-remote origin HEAD',
	};
}

/** Host and port of `https://host/x`, `ssh://git@host:22/x` and `git@host:x`; undefined for a path. */
export function hostOf(url: string): { readonly host: string; readonly port: number } | undefined {
	const ports: { readonly [scheme: string]: number } = { https: 443, http: 80, ssh: 22, git: 9418 };
	const [, scheme, host, own] =
		/^(https?|ssh|git):\/\/(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)(?::(\d+))?(?:\/|$)/.exec(url) ?? [];
	if (scheme !== undefined && host !== undefined)
		return { host: host.replace(/^\[|\]$/g, ''), port: Number(own ?? ports[scheme]) };
	const short = /^(?:[^@/:]+@)?([^@/:]{2,}):(?!\/\/|:)/.exec(url)?.[1];
	return short === undefined ? undefined : { host: short, port: 22 };
}

function answers(host: string, number: number, withinMs: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect({ host, port: number });
		const end = (isThere: boolean) => {
			socket.destroy();
			resolve(isThere);
		};
		// A name that is looked up for long counts, too.
		const clock = setTimeout(() => end(false), withinMs);
		socket
			.once('connect', () => end(true))
			.once('error', () => end(false))
			.once('close', () => clearTimeout(clock));
	});
}
