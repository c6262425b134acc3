import assert from 'node:assert/strict';
import { test } from 'node:test';

const url = process.env.FOOTBRIDGE_ENVIRONMENT_URL;
assert.ok(url, 'FOOTBRIDGE_ENVIRONMENT_URL says where the service runs');
const ask = (path, init) => fetch(new URL(path, url), init);

test('the service is healthy and says which version it is', async () => {
	const health = await (await ask('/healthz')).json();
	assert.equal(health.status, 'ok');
	assert.match(health.version, /^[0-9a-f]{12}$/);
});

test('a note that was written is found, and gone when removed', async () => {
	const written = await ask('/api/notes', { method: 'POST', body: JSON.stringify({ text: 'A note by a test' }) });
	assert.equal(written.status, 201);
	const { id } = await written.json();
	const { notes } = await (await ask('/api/notes?q=by+test')).json();
	assert.deepEqual(
		notes.map((note) => note.id),
		[id],
	);
	assert.equal((await ask(`/api/notes/${id}`, { method: 'DELETE' })).status, 200);
	assert.equal((await ask(`/api/notes/${id}`, { method: 'DELETE' })).status, 404);
});

test('a note without a text is refused', async () => {
	const answer = await ask('/api/notes', { method: 'POST', body: JSON.stringify({ text: ' ' }) });
	assert.equal(answer.status, 400);
});

test('the page is served as the build made it', async () => {
	const [page, health] = await Promise.all([ask('/'), ask('/healthz')]);
	assert.match(page.headers.get('content-type'), /^text\/html/);
	assert.ok((await page.text()).includes((await health.json()).version));
});
