import { readFile } from 'node:fs/promises';
import { Notes } from './notes.js';

const bodyLimit = 64 * 1024;
const pageFiles = { '/': 'index.html', '/page.js': 'page.js', '/page.css': 'page.css' };
const types = { html: 'text/html', js: 'text/javascript', css: 'text/css' };

/** The service without its port: `answer` takes a request of node:http. `page` is the folder that the build writes. */
export function application({ file, page }) {
	let notes;
	const open = () => {
		notes ??= new Notes(file);
		return notes;
	};
	return {
		answer: (request, response) => {
			respond({ request, page, open }).then(
				(answer) => send(response, answer),
				(error) => send(response, json(error.status ?? 503, { error: error.message })),
			);
		},
		close: () => notes?.close(),
	};
}

async function respond({ request, page, open }) {
	const { pathname, searchParams } = new URL(request.url, 'http://notes');
	const route = `${request.method} ${pathname}`;
	if (request.method === 'GET' && Object.hasOwn(pageFiles, pathname)) return pageFile(page, pageFiles[pathname]);
	if (route === 'GET /healthz') {
		open().list();
		return json(200, { status: 'ok', ...JSON.parse(await readFile(new URL('version.json', page), 'utf8')) });
	}
	if (route === 'GET /api/notes') return json(200, { notes: open().list(searchParams.get('q') ?? '') });
	if (route === 'POST /api/notes') {
		const { text } = await bodyOf(request);
		if (typeof text !== 'string' || text.trim() === '') return json(400, { error: 'a note needs a text' });
		return json(201, open().add(text));
	}
	const id = /^DELETE \/api\/notes\/([\w-]+)$/.exec(route)?.[1];
	if (id !== undefined) return open().remove(id) ? json(200, {}) : json(404, { error: `there is no note ${id}` });
	return json(404, { error: `there is no ${route}` });
}

async function pageFile(page, name) {
	const extension = name.slice(name.lastIndexOf('.') + 1);
	return { status: 200, type: types[extension], body: await readFile(new URL(name, page)) };
}

async function bodyOf(request) {
	let text = '';
	for await (const chunk of request.setEncoding('utf8')) {
		text += chunk;
		if (text.length > bodyLimit) throw Object.assign(new Error('the note is too long'), { status: 413 });
	}
	try {
		return JSON.parse(text);
	} catch {
		throw Object.assign(new Error('the request is not JSON'), { status: 400 });
	}
}

function json(status, value) {
	return { status, type: 'application/json', body: JSON.stringify(value) };
}

function send(response, { status, type, body }) {
	response.writeHead(status, { 'Content-Type': `${type}; charset=utf-8`, 'Content-Length': Buffer.byteLength(body) });
	response.end(body);
}
