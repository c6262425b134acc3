import type { IncomingMessage } from 'node:http';

/** Headers that belong to one connection, not to the request. */
const hopByHop = new Set([
	'connection',
	'keep-alive',
	'proxy-authenticate',
	'proxy-authorization',
	'proxy-connection',
	'te',
	'trailer',
	'transfer-encoding',
	'upgrade',
	// The proxy has answered it itself by then.
	'expect',
]);
const forwarded = new Set(['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host']);

/** The headers that a version gets: the user's without those of his connection, and where he came from. */
export function forwardedHeaders(from: IncomingMessage): string[] {
	const headers = endToEnd(from).filter(([name]) => !forwarded.has(name.toLowerCase()));
	const client = from.socket.remoteAddress ?? '';
	const before = from.headers['x-forwarded-for'];
	headers.push(['x-forwarded-for', before === undefined ? client : `${String(before)}, ${client}`]);
	// Only programs of this machine reach the proxy: one that ends TLS in front of it knows what the user asked for.
	headers.push(['x-forwarded-proto', firstOf(from.headers['x-forwarded-proto']) ?? 'http']);
	headers.push(['x-forwarded-host', firstOf(from.headers['x-forwarded-host']) ?? from.headers.host ?? '']);
	if (from.headers['transfer-encoding'] !== undefined) headers.push(['transfer-encoding', 'chunked']);
	return headers.flat();
}

/** The headers that a user gets: the version's without those of its connection. */
export function answerHeaders(answer: IncomingMessage): string[] {
	return endToEnd(answer).flat();
}

/** `name: value` lines of everything that a message has, as it stands. */
export function rawHeaderLines(message: IncomingMessage): string {
	return pairs(message.rawHeaders)
		.map(([name, value]) => `${name}: ${value}\r\n`)
		.join('');
}

function endToEnd(message: IncomingMessage): [string, string][] {
	const named = new Set((message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase()));
	return pairs(message.rawHeaders).filter(([name]) => {
		const lower = name.toLowerCase();
		return !hopByHop.has(lower) && !named.has(lower);
	});
}

function pairs(raw: readonly string[]): [string, string][] {
	return Array.from({ length: raw.length / 2 }, (_, index) => [raw[index * 2] ?? '', raw[index * 2 + 1] ?? '']);
}

function firstOf(header: string | string[] | undefined): string | undefined {
	return Array.isArray(header) ? header[0] : header;
}
