import { readFile, stat } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import type { Context, MiddlewareHandler } from 'hono';
import { problemResponse } from './problems.ts';

/**
 * The built page. Files below `assets/` have their content's hash in their name and are kept for good by browsers; everything
 * else is asked for again each time. An address without a file is a place within the page, and gets the page.
 */
export function webFiles(directory: string): MiddlewareHandler {
	return async (c, next) => {
		if (c.req.method !== 'GET' && c.req.method !== 'HEAD') return next();
		const path = pathOf(c);
		if (path === undefined) return next();
		const file = join(directory, path);
		if (extname(path) !== '' && (await isFile(file))) return send(c, file, path.startsWith('/assets/'));
		// A missing asset must not be answered with the page: the browser would run HTML as a script.
		if (path.startsWith('/assets/')) return next();
		const page = join(directory, 'index.html');
		if (await isFile(page)) return send(c, page, false);
		return problemResponse(c, 503, [
			{ code: 'FB6005', what: 'the page is not built', where: directory, next: 'npm run build' },
		]);
	};
}

/** The decoded path, when it can only lead below the directory. */
function pathOf(c: Context): string | undefined {
	try {
		const path = normalize(decodeURIComponent(new URL(c.req.url).pathname));
		return path.includes('\0') || path.includes('..') ? undefined : path;
	} catch {
		return undefined;
	}
}

async function isFile(file: string): Promise<boolean> {
	const found = await stat(file).catch(() => undefined);
	return found?.isFile() ?? false;
}

async function send(c: Context, file: string, isForGood: boolean): Promise<Response> {
	const type = types[extname(file)] ?? 'application/octet-stream';
	return c.body(await readFile(file), 200, {
		'Content-Type': type,
		'Cache-Control': isForGood ? 'public, max-age=31536000, immutable' : 'no-cache',
	});
}

const types: { readonly [extension: string]: string } = {
	'.html': 'text/html; charset=utf-8',
	'.js': 'text/javascript; charset=utf-8',
	'.css': 'text/css; charset=utf-8',
	'.svg': 'image/svg+xml',
	'.png': 'image/png',
	'.ico': 'image/x-icon',
	'.json': 'application/json',
	'.woff2': 'font/woff2',
	'.txt': 'text/plain; charset=utf-8',
};
