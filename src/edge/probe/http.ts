import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { Probe, ProbeAnswer } from './probe.ts';

/** Asks over HTTP(S) with a connection of its own each time, so that it meets what a new user meets. Redirects are answers. The body is not read. */
export function httpProbe(): Probe {
	return { ask };
}

function ask(url: string, timeoutMs: number): Promise<ProbeAnswer> {
	const start = performance.now();
	const answer = (good: boolean, detail: string): ProbeAnswer => ({
		good,
		detail,
		durationMs: Math.round((performance.now() - start) * 10) / 10,
	});
	return new Promise((resolve) => {
		const onResponse = (response: IncomingMessage) => {
			const status = response.statusCode ?? 0;
			resolve(answer(status > 0 && status < 500, `HTTP ${status}`));
			response.destroy();
		};
		try {
			const target = new URL(url);
			const request = target.protocol === 'https:' ? requestHttps : requestHttp;
			// The signal covers name lookup, connection and headers; a socket's own timeout would start again with every packet.
			const signal = AbortSignal.timeout(timeoutMs);
			const asked = request(
				target,
				{ agent: false, signal, headers: { 'user-agent': 'footbridge-probe', connection: 'close' } },
				onResponse,
			);
			asked.on('error', (error) =>
				resolve(answer(false, signal.aborted ? `no answer in ${timeoutMs} ms` : reasonOf(error))),
			);
			asked.end();
		} catch (error) {
			resolve(answer(false, error instanceof Error ? error.message : String(error)));
		}
	});
}

const reasons: { readonly [code: string]: string } = {
	ECONNREFUSED: 'connection refused',
	ECONNRESET: 'connection reset',
	ENOTFOUND: 'name not found',
	EAI_AGAIN: 'name lookup failed',
	EHOSTUNREACH: 'host unreachable',
	ENETUNREACH: 'network unreachable',
	EPROTO: 'TLS failed',
};

function reasonOf(error: Error): string {
	const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
	return reasons[code] ?? (error.message || code || 'no answer');
}
