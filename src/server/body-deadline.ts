import type { MiddlewareHandler } from 'hono';
import { problemResponse } from './problems.ts';

/** Reads the body of a request before anything else happens, and gives up on one that trickles in. */
export function bodyDeadline(ms: number): MiddlewareHandler {
	return async (c, next) => {
		if (c.req.raw.body === null) return next();
		let timer: ReturnType<typeof setTimeout> | undefined;
		const isLate = new Promise<boolean>((resolve) => {
			timer = setTimeout(() => resolve(true), ms);
		});
		// Kept by the request: whoever reads it later, as text or as JSON, reads these bytes.
		const read = c.req.arrayBuffer().then(() => false);
		try {
			if (!(await Promise.race([read, isLate]))) return await next();
		} finally {
			clearTimeout(timer);
		}
		read.catch(() => undefined);
		return problemResponse(c, 408, [{ code: 'FB6066', what: `the request did not come within ${ms / 1000} s` }]);
	};
}
