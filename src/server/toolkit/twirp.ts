import type { Context, Hono } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Problem } from '#core/result.ts';
import type { Session } from './sessions.ts';
import { jsonOf, sessionOf, type Toolkit, textIn } from './toolkit-context.ts';

/** The answer of a method, or why there is none. */
export type TwirpAnswer = { readonly [name: string]: unknown } | TwirpError;

/** An error as Twirp tells it. 409 and 4xx are final to the clients; 5xx they try again. */
export class TwirpError {
	readonly status: ContentfulStatusCode;
	readonly code: string;
	readonly message: string;
	constructor(code: keyof typeof statuses, message: string) {
		this.code = code;
		this.status = statuses[code];
		this.message = message;
	}
}

const statuses = {
	invalid_argument: 400,
	unauthenticated: 401,
	permission_denied: 403,
	not_found: 404,
	already_exists: 409,
	failed_precondition: 412,
} as const;

export interface TwirpCall {
	readonly session: Session;
	readonly body: { readonly [name: string]: unknown };
	/** A text that the call needs; empty when it is missing. */
	text(name: string): string;
}

/** Adds the methods of a service: `POST /twirp/<service>/<method>` with the token of a running job. */
export function addTwirp(
	app: Hono,
	toolkit: Toolkit,
	service: string,
	methods: { readonly [method: string]: (call: TwirpCall) => Promise<TwirpAnswer> },
): void {
	app.post(`/twirp/github.actions.results.api.v1.${service}/:method`, async (c) => {
		const session = sessionOf(toolkit, c, 'runtime');
		if (session === undefined)
			return told(c, new TwirpError('unauthenticated', 'the token is not the one of a running job'));
		const method = c.req.param('method');
		const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
		if (handler === undefined) return told(c, new TwirpError('not_found', `there is no ${service}/${method}`));
		const body = await jsonOf(c);
		if (body === undefined) return told(c, new TwirpError('invalid_argument', 'the body is not a JSON object'));
		const run = textIn(body, 'workflow_run_backend_id');
		if (run !== undefined && run !== session.job.run)
			return told(c, new TwirpError('permission_denied', 'the token is for another run'));
		const answer = await handler({ session, body, text: (name) => textIn(body, name) ?? '' });
		return answer instanceof TwirpError ? told(c, answer) : c.json(answer);
	});
}

function told(c: Context, { status, code, message }: TwirpError): Response {
	return c.json({ code, msg: message }, status);
}

const codes: { readonly [code: string]: keyof typeof statuses } = {
	FB2081: 'already_exists',
	FB2083: 'failed_precondition',
	FB2086: 'failed_precondition',
};

/** A refusal of the storage in Twirp's words. */
export function twirpError([problem]: readonly Problem[]): TwirpError {
	const { code = '', what = 'refused', why } = problem ?? {};
	return new TwirpError(codes[code] ?? 'invalid_argument', why === undefined ? what : `${what}: ${why}`);
}
