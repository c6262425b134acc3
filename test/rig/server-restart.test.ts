import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { writeServerFile } from '#cli/server-file.ts';
import { openFootbridge } from '#cli/wire.ts';

test('a command waits for the key of a server that answers before it has told it', async (t) => {
	const data = mkdtempSync(join(tmpdir(), 'footbridge-restart-'));
	let key = 'first';
	const server = createServer((request, response) => {
		const isKnown = request.url === '/healthz' || request.headers.authorization === `Bearer ${key}`;
		setTimeout(() => response.writeHead(isKnown ? 200 : 401).end('{}'), request.url === '/slow' ? 600 : 0);
	});
	await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
	t.after(() => {
		server.close();
		rmSync(data, { recursive: true });
	});
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	writeServerFile(data, { url, pid: process.pid, key });
	const footbridge = await openFootbridge({ data });
	assert.equal((await footbridge.fetch('/api/v1/runs')).status, 200);
	key = 'second';
	const [first, second] = [footbridge.fetch('/api/v1/runs'), footbridge.fetch('/slow')];
	await sleep(200);
	writeServerFile(data, { url, pid: process.pid, key });
	assert.equal((await first).status, 200);
	assert.equal((await second).status, 200, 'also when another request has read the key before it was refused');
});
