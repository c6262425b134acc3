import type { Hono } from 'hono';
import { type CacheEntry, cacheKeyProblem, cacheLimits } from '#core/cache/cache.ts';
import type { Problem } from '#core/result.ts';
import type { Session } from './sessions.ts';
import { numberIn, type Toolkit } from './toolkit-context.ts';
import { addTwirp, TwirpError } from './twirp.ts';

/** Caches, version 2 of their protocol. */
export function cacheService(app: Hono, toolkit: Toolkit): void {
	const { caches } = toolkit.storage;
	addTwirp(app, toolkit, 'CacheService', {
		async CreateCacheEntry({ session, text }) {
			const begun = await beginCache(toolkit, session, text('key'), text('version'));
			if (!begun.ok) return { ok: false, message: begun.why };
			const grant = { use: 'upload', session: session.id, blob: begun.blob } as const;
			return { ok: true, signed_upload_url: toolkit.urls.sign(toolkit.origin(), grant, toolkit.clock.now()) };
		},

		async FinalizeCacheEntryUpload({ session, body, text }) {
			const [key, version] = [text('key'), text('version')];
			const draft = [...session.drafts.values()].find(
				(other) => other.kind === 'cache' && other.cache.key === key && other.cache.version === version,
			);
			if (draft?.kind !== 'cache') return { ok: false, message: 'no upload of that key was begun by this job' };
			session.drafts.delete(draft.cache.blob);
			const done = await caches.finish(session.job.project, draft.cache, numberIn(body, 'size_bytes'));
			return done.ok ? { ok: true, entry_id: String(done.value.id) } : { ok: false, message: whyOf(done.error) };
		},

		async GetCacheEntryDownloadURL({ session, body, text }) {
			const more = Array.isArray(body['restore_keys']) ? body['restore_keys'] : (body['restoreKeys'] ?? []);
			const keys = [text('key'), ...(Array.isArray(more) ? more : [])];
			const found = await findCache(toolkit, session, keys, text('version'));
			if (found instanceof TwirpError) return found;
			if (found === undefined) return { ok: false, signed_download_url: '', matched_key: '' };
			return { ok: true, signed_download_url: cacheUrl(toolkit, session, found), matched_key: found.key };
		},
	});
}

type Begun =
	| { readonly ok: true; readonly blob: string; readonly number: number }
	| { readonly ok: false; readonly why: string };

/** Begins a cache of the job in the one scope that it may write. */
export async function beginCache(toolkit: Toolkit, session: Session, key: string, version: string): Promise<Begun> {
	const { run, job, project } = session.job;
	if (session.drafts.size >= draftLimit) return { ok: false, why: 'too many uploads were begun and not finished' };
	const begun = await toolkit.storage.caches.begin(project, { key, version, scope: session.scopes.write, run, job });
	if (!begun.ok) return { ok: false, why: whyOf(begun.error) };
	const { blob } = begun.value;
	const number = session.drafts.size + 1 + Math.floor(Math.random() * 1e9);
	session.drafts.set(blob, { kind: 'cache', cache: begun.value, number, pieces: new Map() });
	return { ok: true, blob, number };
}

/** Uploads that a job may have under way. */
const draftLimit = 1000;

/** What the job may restore by these keys. */
export async function findCache(
	toolkit: Toolkit,
	session: Session,
	keys: readonly unknown[],
	version: string,
): Promise<CacheEntry | undefined | TwirpError> {
	const texts = keys.filter((key) => typeof key === 'string');
	const wrong = texts.map(cacheKeyProblem).find((problem) => problem !== undefined);
	if (texts.length !== keys.length || keys.length > cacheLimits.keys || wrong !== undefined)
		return new TwirpError('invalid_argument', `the keys cannot be used: ${wrong ?? 'there are more than 10'}`);
	return toolkit.storage.caches.find(session.job.project, { keys: texts, version, scopes: session.scopes.read });
}

/** Where a job downloads a cache that it may read. */
export function cacheUrl(toolkit: Toolkit, session: Session, entry: CacheEntry): string {
	const grant = {
		use: 'download',
		session: session.id,
		blob: entry.blob,
		name: 'cache.tar',
		mime: 'application/octet-stream',
	} as const;
	return toolkit.urls.sign(toolkit.origin(), grant, toolkit.clock.now());
}

function whyOf([problem]: readonly Problem[]): string {
	return problem?.why === undefined ? (problem?.what ?? 'refused') : `${problem.what}: ${problem.why}`;
}
