import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Event } from '#core/event.ts';
import { problemOf } from '#core/result.ts';
import { fileLogs } from '#edge/log/files.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';

/** Writes events and log lines to a disk that fails, and prints as JSON what it was told. Arguments: `full`, `unsyncable` or `unsyncable-log`, a directory. */
const [disk = '', directory = ''] = process.argv.slice(2);
const event: Event = { kind: 'step-started', job: 'test', attempt: 1, step: 0, name: 'x'.repeat(2000), line: 1 };
const codes: string[] = [];
const acknowledged: number[] = [];
const note = (error: unknown) => codes.push(problemOf(error).code);

if (disk === 'unsyncable-log') {
	const log = fileLogs(join(directory, 'logs')).writer('r1/test.1');
	log.write(Date.now(), ['first']);
	await log.flush().catch(note);
	try {
		log.write(Date.now(), ['second']);
	} catch (error) {
		note(error);
	}
	console.log(JSON.stringify({ codes, lines: log.line }));
	process.exit();
}

const ballast = join(directory, 'ballast');
if (disk === 'full') writeFileSync(ballast, Buffer.alloc(512 * 1024));
const store = await sqliteStore({ file: join(directory, 'footbridge.db'), clock: { now: () => Date.now() } });
const writer = fileLogs(join(directory, 'logs')).writer('r1/test.1');
const append = async () => {
	const [recorded] = await store.append('run/1', 'engine', [event]);
	acknowledged.push(recorded?.seq ?? 0);
};

if (disk === 'full') {
	for (let i = 0; i < 2000 && codes.length === 0; i++) await append().catch(note);
	for (let i = 0; i < 2000 && codes.length === 1; i++) {
		try {
			writer.write(Date.now(), ['y'.repeat(5000)]);
		} catch (error) {
			note(error);
		}
	}
	rmSync(ballast);
} else {
	for (let i = 0; i < 200 && codes.length === 0; i++) await append().catch(note);
}
for (let i = 0; i < 3; i++) await append().catch(note);
const lines = writer.write(Date.now(), ['the last line']);
await writer.close().catch(note);
const seqs = (await store.readAfter(0, 1e6)).map((recorded) => recorded.seq);
await store.close();
console.log(JSON.stringify({ codes, acknowledged, seqs, lines }));
