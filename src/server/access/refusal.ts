import type { Problem } from '#core/result.ts';
import { Refused } from '../problems.ts';

/** Leaves a handler with 401: nobody knows who asks. */
export function notSignedIn(problem: Problem): never {
	throw new Refused(401, [problem]);
}

/** Leaves a handler with 403: it is known who asks, and that is not enough. */
export function notAllowed(problem: Problem): never {
	throw new Refused(403, [problem]);
}

/** Leaves a handler with 429 and the seconds to wait. */
export function tooOften(ms: number): never {
	const seconds = Math.max(1, Math.ceil(ms / 1000));
	const problem: Problem = {
		code: 'FB6043',
		what: 'that was tried too often',
		next: `try again in ${seconds < 120 ? `${seconds} s` : `${Math.ceil(seconds / 60)} min`}`,
	};
	throw new Refused(429, [problem], { 'Retry-After': String(seconds) });
}

/** Leaves a handler with 422: what was asked cannot be. */
export function cannotBe(problem: Problem): never {
	throw new Refused(422, [problem]);
}
