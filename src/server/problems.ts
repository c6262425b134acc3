import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { ProblemResponse } from '#core/api.ts';
import { type Problem, ProblemError, problemOf, type Result } from '#core/result.ts';

/** Answers a request that cannot be met: `application/problem+json` (RFC 9457) with Footbridge's own problems in it. */
export function problemResponse(c: Context, status: ContentfulStatusCode, problems: readonly Problem[]): Response {
	const [first] = problems;
	const body: ProblemResponse = {
		type: first === undefined ? 'about:blank' : `urn:footbridge:problem:${first.code}`,
		title: first?.what ?? 'The request cannot be met',
		status,
		problems,
	};
	return c.body(JSON.stringify(body), status, { 'Content-Type': 'application/problem+json' });
}

/** Leaves a handler, whose type knows only what it answers when all is well; `onError` answers. */
export class Refused extends Error {
	readonly status: ContentfulStatusCode;
	readonly problems: readonly Problem[];
	readonly headers: { readonly [name: string]: string };
	constructor(status: ContentfulStatusCode, problems: readonly Problem[], headers = {}) {
		super(problems[0]?.what ?? 'refused');
		this.status = status;
		this.problems = problems;
		this.headers = headers;
	}
}

/** The value, or what the engine refused: 404 when the thing that was named is not there, else 422. */
export function granted<T>(result: Result<T>): T {
	if (result.ok) return result.value;
	const isMissing = result.error.some((problem) => notThere.has(problem.code));
	throw new Refused(isMissing ? 404 : 422, result.error);
}

/** Codes of the engine that say: no such project, run, environment. */
const notThere: ReadonlySet<string> = new Set(['FB2001', 'FB2004', 'FB3001']);

/** The value, or 404 with a sentence that says what is not there. */
export function found<T>(value: T | undefined, missing: string): T {
	if (value === undefined) throw new Refused(404, [{ code: 'FB6004', what: missing }]);
	return value;
}

/** 400 with a sentence that says what is wrong with the request. */
export function badRequest(what: string): never {
	throw new Refused(400, [{ code: 'FB6002', what }]);
}

/** There is nothing under this address. */
export function notFound(c: Context): Response {
	return problemResponse(c, 404, [{ code: 'FB6004', what: `there is no ${c.req.method} ${c.req.path}` }]);
}

/** What a handler threw: a problem is told, a bug is told as one and written to standard error with its stack. */
export const onError: ErrorHandler = (error, c) => {
	if (error instanceof Refused) {
		for (const [name, value] of Object.entries(error.headers)) c.header(name, value);
		return problemResponse(c, error.status, error.problems);
	}
	if (error instanceof HTTPException) {
		return problemResponse(c, error.status as ContentfulStatusCode, [{ code: 'FB6001', what: error.message }]);
	}
	if (!(error instanceof ProblemError)) console.error(error);
	return problemResponse(c, 500, [problemOf(error)]);
};
