import { createServer } from 'node:http';
import { join } from 'node:path';
import { application } from './application.js';

const folder = process.env.NOTES_FOLDER || process.env.FOOTBRIDGE_DATA || 'data';
const app = application({ file: join(folder, 'notes.journal'), page: new URL('../dist/', import.meta.url) });
const server = createServer(app.answer);

server.listen(Number(process.env.PORT || 3000), '127.0.0.1', () => {
	console.log(`notes listens on http://127.0.0.1:${server.address().port}, its notes are in ${folder}`);
});

// Requests that were accepted are answered before the process ends.
process.once('SIGTERM', () => {
	console.log('notes stops: no new requests');
	server.close(() => {
		app.close();
		console.log('notes stopped');
	});
	server.closeIdleConnections();
});
