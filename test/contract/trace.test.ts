import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { traced } from '#core/isolation/launch.ts';
import { straceTraces } from '#edge/trace/strace.ts';
import { needs } from '../needs.ts';

const place = mkdtempSync(join(tmpdir(), 'footbridge-trace-'));
after(() => rmSync(place, { recursive: true, force: true }));

describe('traces of strace', needs('strace'), () => {
	const traces = straceTraces();

	function trace(name: string, script: string): string {
		const path = join(place, name);
		const [program = '', ...args] = traced(['bash', '-c', script], path);
		execFileSync(program, args, { stdio: 'ignore' });
		return path;
	}

	test('they are available where strace is', async () => {
		assert.equal(await traces.available(), undefined);
	});

	test('failing calls of every process are told, with the program`s name, the path and the error', async () => {
		const path = trace('failing', 'cat /no/such/file; mkdir /proc/no; cat /etc/hostname; true');
		const failures = await traces.failures(path, 1000);
		assert.ok(
			failures.some((line) =>
				/^\d+<cat> .*openat\(.*"\/no\/such\/file", O_RDONLY\) = -1 ENOENT \(No such file/.test(line),
			),
		);
		assert.ok(failures.some((line) => /^\d+<mkdir> .*mkdir\("\/proc\/no", 0777\) = -1 ENOENT/.test(line)));
		assert.ok(!failures.some((line) => line.includes('/etc/hostname')), 'calls that worked are left out');
	});

	test('only the last ones are told when there are more than asked for', async () => {
		const path = trace('many', 'for i in $(seq 300); do : <"/missing/$i"; done; true');
		const failures = await traces.failures(path, 10);
		const numbers = failures.map((line) => /"\/missing\/(\d+)"/.exec(line)?.[1]).filter(Boolean);
		assert.equal(failures.length, 10);
		assert.ok(numbers.includes('300') && !numbers.includes('200'));
	});

	test('calls of processes that ran at the same time are whole', async () => {
		const path = trace(
			'parallel',
			'for i in 1 2 3 4; do (for j in $(seq 50); do : <"/missing/$i/$j"; done) & done; wait',
		);
		const failures = await traces.failures(path, 5000);
		const opened = failures.filter((line) =>
			/openat\(AT_FDCWD[^,]*, "\/missing\/\d\/\d+", O_RDONLY\) = -1 ENOENT/.test(line),
		);
		assert.equal(opened.length, 200);
		assert.ok(!failures.some((line) => line.includes('unfinished') || line.includes('resumed')));
	});

	test('a removed trace is gone, and removing it again is no error', async () => {
		const path = join(place, 'gone');
		writeFileSync(path, '');
		assert.deepEqual(await traces.failures(path, 5), []);
		await traces.remove(path);
		await traces.remove(path);
		assert.equal(existsSync(path), false);
	});
});
