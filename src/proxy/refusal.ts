import { STATUS_CODES } from 'node:http';

/** What the proxy answers itself, when no version did. */
export interface Refusal {
	readonly status: number;
	/** One sentence. */
	readonly why: string;
}

/** What an attempt to reach a version ended with, as people understand it. */
export function refusalOf(error: unknown): Refusal {
	const code = (error as NodeJS.ErrnoException).code ?? '';
	if (error instanceof NoAnswer) return { status: 504, why: `the application did not answer in ${error.afterMs} ms` };
	if (code === 'ECONNREFUSED')
		return { status: 503, why: 'the application takes no connections: it is starting again, or has ended' };
	if (code === 'ECONNRESET' || code === 'EPIPE')
		return { status: 502, why: 'the application closed the connection before it answered' };
	if (code.startsWith('HPE_')) return { status: 502, why: 'the application answered something that is not HTTP' };
	return { status: 502, why: 'the application did not answer' };
}

/** The answer's time was over. */
export class NoAnswer extends Error {
	readonly afterMs: number;
	constructor(afterMs: number) {
		super(`no answer in ${afterMs} ms`);
		this.afterMs = afterMs;
	}
}

/** The page for people or the JSON for programs, by what the request accepts. */
export function refusalAnswer(
	{ status, why }: Refusal,
	accept: string | undefined,
): { readonly headers: readonly string[]; readonly body: string } {
	const title = STATUS_CODES[status] ?? '';
	const isPage = accept?.includes('text/html') === true;
	const body = isPage ? page(`${status} ${title}`, why) : `${JSON.stringify({ status, title, detail: why })}\n`;
	return {
		body,
		headers: [
			...['content-type', isPage ? 'text/html; charset=utf-8' : 'application/problem+json'],
			...['content-length', String(Buffer.byteLength(body))],
			...['cache-control', 'no-store'],
			...(status === 503 ? ['retry-after', '2'] : []),
		],
	};
}

/** The same as bytes, for a connection that is closed after it. */
export function refusalBytes(refusal: Refusal, accept: string | undefined): string {
	const { headers, body } = refusalAnswer(refusal, accept);
	const lines = Array.from({ length: headers.length / 2 }, (_, at) => `${headers[at * 2]}: ${headers[at * 2 + 1]}\r\n`);
	return `HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}\r\n${lines.join('')}connection: close\r\n\r\n${body}`;
}

/** Both texts are the proxy's own: nothing of a request gets into the page. */
function page(title: string, why: string): string {
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
	:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
	body { max-width: 34rem; margin: 20vh auto 0; padding: 0 1.5rem }
	h1 { font-size: 1.25rem }
</style>
<h1>${title}</h1>
<p>${why[0]?.toUpperCase()}${why.slice(1)}.</p>
</html>
`;
}
