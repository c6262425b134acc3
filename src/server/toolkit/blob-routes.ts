import type { Context, Hono } from 'hono';
import { problemOf } from '#core/result.ts';
import type { Upload } from '#edge/blob/blob.ts';
import type { Grant } from './signed-urls.ts';
import type { Toolkit } from './toolkit-context.ts';

/** Where contents are uploaded and downloaded by signed URLs: as much of a block blob store as the toolkits use. */
export function blobRoutes(app: Hono, toolkit: Toolkit): void {
	const grantOf = (c: Context, use: Grant['use']): Grant | undefined => {
		const grant = toolkit.urls.read(c.req.param('token') ?? '', c.req.query('sig') ?? '', toolkit.clock.now());
		const session = grant === undefined ? undefined : toolkit.sessions.byId(grant.session);
		return grant?.use === use && session !== undefined ? grant : undefined;
	};

	app.put('/blobs/:token', async (c) => {
		const grant = grantOf(c, 'upload');
		if (grant === undefined)
			return refusal(c, 403, 'AuthenticationFailed', 'the URL is not valid, or its time is over');
		const draft = toolkit.sessions.byId(grant.session)?.drafts.get(grant.blob);
		if (draft === undefined) return refusal(c, 409, 'BlobImmutable', 'the upload is over');
		try {
			const upload = await (draft.kind === 'artifact' ? draft.artifact : draft.cache).upload();
			return await put(c, upload);
		} catch (error) {
			const { code, what } = problemOf(error);
			const [status, name] = refusals[code] ?? [500, 'InternalError'];
			if (status === 500 && !c.req.raw.signal.aborted) console.error(error);
			return refusal(c, status, name, what);
		}
	});

	app.get('/blobs/:token', async (c) => {
		const grant = grantOf(c, 'download');
		if (grant === undefined)
			return refusal(c, 403, 'AuthenticationFailed', 'the URL is not valid, or its time is over');
		const session = toolkit.sessions.byId(grant.session);
		const content = session === undefined ? undefined : await toolkit.storage.content(session.job.project, grant.blob);
		if (content === undefined) return refusal(c, 404, 'BlobNotFound', 'the content was removed');
		return download(c, content, grant);
	});
}

const refusals: { readonly [code: string]: readonly [400 | 409 | 413 | 507, string] } = {
	FB7020: [409, 'BlobImmutable'],
	FB7021: [400, 'InvalidBlockList'],
	FB7022: [413, 'RequestBodyTooLarge'],
	FB7024: [507, 'InsufficientStorage'],
};

/** Put Block, Put Block List, or Put Blob. */
async function put(c: Context, upload: Upload): Promise<Response> {
	const body = c.req.raw.body ?? emptyBody();
	const comp = c.req.query('comp');
	if (comp === 'block') {
		const id = c.req.query('blockid') ?? '';
		if (id === '' || id.length > 256) return refusal(c, 400, 'InvalidQueryParameterValue', 'the block has no id');
		await upload.write(`block ${id}`, body);
		return stored(c);
	}
	if (comp === 'blocklist') {
		const ids = await blockIds(body);
		if (ids === undefined) return refusal(c, 400, 'InvalidXmlDocument', 'the list of blocks cannot be read');
		await upload.commit(ids.map((id) => `block ${id}`));
		return stored(c);
	}
	if (comp !== undefined)
		return refusal(c, 400, 'InvalidQueryParameterValue', `comp=${comp.slice(0, 40)} is not known`);
	await upload.write('whole', body);
	await upload.commit(['whole']);
	return stored(c);
}

/** 50,000 ids are less. */
const listLimit = 8 * 1024 * 1024;

/** The ids of a block list. What is not a list of ids is none: no entity, no declaration is looked at. */
async function blockIds(body: AsyncIterable<Uint8Array>): Promise<readonly string[] | undefined> {
	let text = '';
	const decoder = new TextDecoder();
	for await (const chunk of body) {
		text += decoder.decode(chunk, { stream: true });
		if (text.length > listLimit) return undefined;
	}
	const [, inner] = /^\uFEFF?\s*(?:<\?xml[^<>]*\?>)?\s*<BlockList>([^&]*)<\/BlockList>\s*$/.exec(text) ?? [];
	if (inner === undefined) return undefined;
	const ids = [...inner.matchAll(/<(Latest|Uncommitted|Committed)>([^<>]*)<\/\1>/g)].map(([, , id = '']) => id.trim());
	const rest = inner.replaceAll(/<(Latest|Uncommitted|Committed)>[^<>]*<\/\1>/g, '').trim();
	return rest === '' ? ids : undefined;
}

async function* emptyBody(): AsyncGenerator<Uint8Array> {}

function stored(c: Context): Response {
	const at = new Date();
	return c.body(null, 201, {
		etag: `"${at.getTime().toString(16)}"`,
		'last-modified': at.toUTCString(),
		'x-ms-request-id': crypto.randomUUID(),
		'x-ms-version': '2025-01-05',
		'x-ms-request-server-encrypted': 'false',
	});
}

function download(
	c: Context,
	content: {
		readonly sizeBytes: number;
		readonly sha256: string;
		read(range?: { start: number; end: number }): AsyncIterable<Uint8Array>;
	},
	{ name = 'content', mime = 'application/octet-stream' }: Grant,
): Response {
	const total = content.sizeBytes;
	const range = rangeOf(c.req.header('range') ?? c.req.header('x-ms-range'), total);
	const headers = {
		'accept-ranges': 'bytes',
		'content-type': mime,
		etag: `"${content.sha256}"`,
		// Opened in a browser, it is a file to keep and nothing that runs.
		'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`,
		'content-security-policy': "default-src 'none'; sandbox",
		'x-ms-blob-type': 'BlockBlob',
		'x-ms-request-id': crypto.randomUUID(),
	};
	if (range === 'outside') return c.body(null, 416, { ...headers, 'content-range': `bytes */${total}` });
	const { start, end } = range ?? { start: 0, end: total };
	const body = c.req.method === 'HEAD' || end === start ? null : ReadableStream.from(content.read({ start, end }));
	const sized = { ...headers, 'content-length': String(end - start) };
	if (range === undefined) return new Response(body, { status: 200, headers: sized });
	const headersOfPart = { ...sized, 'content-range': `bytes ${start}-${end - 1}/${total}` };
	return new Response(body, { status: 206, headers: headersOfPart });
}

/** One range of a `Range` header; undefined: all of it. */
function rangeOf(
	header: string | undefined,
	total: number,
): { readonly start: number; readonly end: number } | 'outside' | undefined {
	const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? '') ?? [];
	if (from === '' && to === '') return undefined;
	const start = from === '' ? Math.max(0, total - Number(to)) : Number(from);
	const end = from === '' || to === '' ? total : Math.min(Number(to) + 1, total);
	return start < end ? { start, end } : 'outside';
}

function refusal(c: Context, status: 400 | 403 | 404 | 409 | 413 | 500 | 507, code: string, message: string): Response {
	const text = message.replaceAll(/[<>&]/g, ' ');
	return c.body(
		`<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${text}</Message></Error>`,
		status,
		{ 'content-type': 'application/xml', 'x-ms-error-code': code },
	);
}
