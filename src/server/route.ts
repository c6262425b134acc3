import { createRoute, type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Engine } from '#engine/engine.ts';
import { ProblemResponse } from './schemas.ts';

/** The server's application, as groups of routes add to it. */
export type Api = OpenAPIHono;

/** A group of routes: what it needs, and what it adds. */
export type Routes = (api: Api, engine: Engine) => void;

/** A route that answers JSON of this shape, or a problem. */
export function jsonRoute<
	const Path extends string,
	Method extends 'get' | 'post',
	Request extends NonNullable<RouteConfig['request']>,
	Answer extends z.ZodType,
>(route: {
	readonly method: Method;
	readonly path: Path;
	readonly summary: string;
	readonly request: Request;
	readonly answer: Answer;
}) {
	const { method, path, summary, request, answer } = route;
	return createRoute({
		method,
		path,
		summary,
		request,
		responses: {
			200: { description: summary, content: { 'application/json': { schema: answer } } },
			default: {
				description: 'What went wrong, and what to do about it',
				content: { 'application/problem+json': { schema: ProblemResponse } },
			},
		},
	});
}

/** A required JSON body. */
export const jsonBody = <T extends z.ZodType>(schema: T) => ({
	required: true as const,
	content: { 'application/json': { schema } },
});

/** `before` and `limit` of a list: newest first, `next` of a page is the `before` of the one after it. */
export const pageQuery = {
	before: z.coerce.number().int().positive().optional(),
	limit: z.coerce.number().int().min(1).max(200).default(50),
};

/** The answer of a list. */
export const pageOf = <T extends z.ZodType>(item: T) =>
	z.object({ items: z.array(item).readonly(), next: z.int().nullable() });

/** Cuts one row more than the limit, which was asked for to see whether there is more, into a page. */
export function toPage<Row extends { readonly seq: number }>(rows: readonly Row[], limit: number) {
	const items = rows.slice(0, limit);
	return { items, next: rows.length > limit ? (items.at(-1)?.seq ?? null) : null };
}

/** Leaves out what is undefined: a filter that was not given. */
export function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
	return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
		[K in keyof T]?: Exclude<T[K], undefined>;
	};
}
