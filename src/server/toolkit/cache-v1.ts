import type { Context, Hono } from 'hono';
import { problemOf } from '#core/result.ts';
import { beginCache, cacheUrl, findCache } from './cache-service.ts';
import type { Draft, Session } from './sessions.ts';
import { jsonOf, numberIn, sessionOf, type Toolkit, textIn } from './toolkit-context.ts';
import { TwirpError } from './twirp.ts';

const base = '/_apis/artifactcache';

/** Caches, version 1 of their protocol: what older versions of actions speak. */
export function cacheV1(app: Hono, toolkit: Toolkit): void {
	const { caches } = toolkit.storage;
	const guarded =
		(handler: (c: Context, session: Session) => Promise<Response>) =>
		async (c: Context): Promise<Response> => {
			const session = sessionOf(toolkit, c, 'runtime');
			return session === undefined ? refusal(c, 401, 'the token is not the one of a running job') : handler(c, session);
		};

	app.get(
		`${base}/cache`,
		guarded(async (c, session) => {
			const keys = (c.req.query('keys') ?? '').split(',');
			const found = await findCache(toolkit, session, keys, c.req.query('version') ?? '');
			if (found instanceof TwirpError) return refusal(c, 400, found.message);
			if (found === undefined) return c.body(null, 204);
			return c.json({
				archiveLocation: cacheUrl(toolkit, session, found),
				cacheKey: found.key,
				scope: found.scope,
				creationTime: found.savedAt,
			});
		}),
	);

	app.get(
		`${base}/caches`,
		guarded(async (c) => c.json({ totalCount: 0, artifactCaches: [] })),
	);

	app.post(
		`${base}/caches`,
		guarded(async (c, session) => {
			const body = (await jsonOf(c)) ?? {};
			const begun = await beginCache(toolkit, session, textIn(body, 'key') ?? '', textIn(body, 'version') ?? '');
			return begun.ok ? c.json({ cacheId: begun.number }, 201) : refusal(c, 409, begun.why);
		}),
	);

	app.patch(
		`${base}/caches/:number`,
		guarded(async (c, session) => {
			const draft = draftOf(session, c.req.param('number') ?? '');
			const [, from, to] = /^bytes (\d{1,15})-(\d{1,15})\/(?:\*|\d+)$/.exec(c.req.header('content-range') ?? '') ?? [];
			if (draft === undefined) return refusal(c, 404, 'no such upload was begun by this job');
			if (from === undefined || to === undefined) return refusal(c, 400, 'the Content-Range cannot be read');
			try {
				const upload = await draft.cache.upload();
				const size = await upload.write(from, c.req.raw.body ?? emptyBody());
				if (size !== Number(to) - Number(from) + 1) return refusal(c, 400, 'the piece has another size than its range');
				draft.pieces.set(Number(from), size);
				return c.body(null, 204);
			} catch (error) {
				return refusal(c, 413, problemOf(error).what);
			}
		}),
	);

	app.post(
		`${base}/caches/:number`,
		guarded(async (c, session) => {
			const draft = draftOf(session, c.req.param('number') ?? '');
			if (draft === undefined) return refusal(c, 404, 'no such upload was begun by this job');
			const names = piecesInOrder(draft.pieces);
			if (names === undefined) return refusal(c, 400, 'pieces of the upload are missing');
			session.drafts.delete(draft.cache.blob);
			try {
				await (await draft.cache.upload()).commit(names);
			} catch (error) {
				return refusal(c, 400, problemOf(error).what);
			}
			const size = numberIn((await jsonOf(c)) ?? {}, 'size');
			const done = await caches.finish(session.job.project, draft.cache, size);
			return done.ok ? c.body(null, 204) : refusal(c, 409, done.error[0]?.what ?? 'refused');
		}),
	);
}

/** The pieces from the first byte on; undefined when one is missing, or two say something of the same byte. */
function piecesInOrder(pieces: ReadonlyMap<number, number>): readonly string[] | undefined {
	const sorted = [...pieces].sort(([one], [other]) => one - other);
	let end = 0;
	for (const [start, size] of sorted) {
		if (start !== end) return undefined;
		end = start + size;
	}
	return sorted.map(([start]) => String(start));
}

function draftOf(session: Session, number: string): Extract<Draft, { kind: 'cache' }> | undefined {
	for (const draft of session.drafts.values())
		if (draft.kind === 'cache' && String(draft.number) === number) return draft;
	return undefined;
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

function refusal(c: Context, status: 400 | 401 | 404 | 409 | 413, message: string): Response {
	return c.json({ message }, status);
}
