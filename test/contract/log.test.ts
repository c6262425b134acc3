import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	appendFileSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	truncateSync,
	utimesSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileLogs } from '#edge/log/files.ts';
import type { LogSearch, Logs } from '#edge/log/log.ts';
import { memoryLogs } from '#edge/log/memory.ts';
import { logPath } from '#edge/log/path.ts';

const root = mkdtempSync(join(tmpdir(), 'fb-log-'));
after(() => rmSync(root, { recursive: true, force: true }));
let directories = 0;
const newDirectory = () => join(root, String(directories++));

const at = Date.UTC(2026, 0, 5, 12);
const stamp = '2026-01-05T12:00:00.000Z';
const numbered = (from: number, count: number) => Array.from({ length: count }, (_, i) => `line ${from + i}`);

const kinds: { readonly [name: string]: () => Logs } = { memory: memoryLogs, file: () => fileLogs(newDirectory()) };

for (const [name, open] of Object.entries(kinds)) {
	describe(`${name} logs`, () => {
		test('give back what was written, by line number, while they are written', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			assert.equal(writer.line, 0);
			assert.equal(writer.write(at, ['first', '', 'third \u001b[31mred\u001b[0m ünï \u2028']), 3);
			assert.equal(writer.write(at + 1500, ['fourth']), 4);
			assert.equal(writer.write(at, []), 4);
			assert.equal(writer.line, 4);
			assert.deepEqual(await logs.read('r1/test.1', 2, 10), {
				total: 4,
				lines: [
					{ number: 2, at: stamp, text: '' },
					{ number: 3, at: stamp, text: 'third \u001b[31mred\u001b[0m ünï \u2028' },
					{ number: 4, at: '2026-01-05T12:00:01.500Z', text: 'fourth' },
				],
			});
			await writer.close();
			assert.equal((await logs.read('r1/test.1', 1, 1)).lines[0]?.text, 'first');
		});

		test('have no lines where there is no log, before the first and after the last line', async () => {
			const logs = open();
			assert.deepEqual(await logs.read('r1/none.1', 1, 10), { total: 0, lines: [] });
			const writer = logs.writer('r1/test.1');
			writer.write(at, ['only']);
			assert.deepEqual(await logs.read('r1/test.1', 2, 10), { total: 1, lines: [] });
			assert.deepEqual(
				(await logs.read('r1/test.1', 0, 10)).lines.map((line) => line.number),
				[1],
			);
			assert.deepEqual(await logs.read('r1/test.1', 1, 0), { total: 1, lines: [] });
			await writer.close();
		});

		test('find any page of many lines', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			for (let i = 1; i <= 1000; i += 7) writer.write(at, numbered(i, Math.min(7, 1001 - i)));
			for (const from of [1, 2, 63, 64, 65, 127, 128, 129, 640, 641, 999, 1000]) {
				const { total, lines } = await logs.read('r1/test.1', from, 70);
				assert.equal(total, 1000);
				assert.deepEqual(
					lines.map((line) => line.text),
					numbered(from, Math.min(70, 1001 - from)),
				);
			}
			await writer.close();
		});

		test('go on after the last line when they are opened again', async () => {
			const logs = open();
			const first = logs.writer('r1/test.1');
			first.write(at, numbered(1, 100));
			await first.close();
			const second = logs.writer('r1/test.1');
			assert.equal(second.line, 100);
			assert.equal(second.write(at, ['line 101']), 101);
			assert.deepEqual(
				(await logs.read('r1/test.1', 100, 5)).lines.map((line) => line.text),
				['line 100', 'line 101'],
			);
			await second.close();
		});

		test('have one writer, and refuse a line that is two', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			assert.throws(() => logs.writer('r1/test.1'), /has a writer already/);
			assert.throws(() => writer.write(at, ['two\nlines']), /line feed/);
			assert.equal(writer.line, 0);
			await writer.close();
			await logs.writer('r1/test.1').close();
		});

		test('keep keys apart, whatever characters are in them', async () => {
			const logs = open();
			const keys = [
				'r1/test.1',
				'r1/test.2',
				'r2/test.1',
				'r1/test (a, b).1',
				'r1/test (a/b).1',
				'r1/../../x.1',
				'r1/ünï.1',
				'r1/Test%2f.1',
				`r1/${'x'.repeat(400)}.1`,
				`r1/${'x'.repeat(400)}.2`,
			];
			for (const key of keys) {
				const writer = logs.writer(key);
				writer.write(at, [key]);
				await writer.close();
			}
			for (const key of keys)
				assert.deepEqual(
					(await logs.read(key, 1, 9)).lines.map((line) => line.text),
					[key],
				);
		});

		test('take lines as bytes, and refuse a block that is no whole lines', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			const block = (...lines: readonly string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(''));
			for (let i = 1; i <= 300; i += 3) assert.equal(writer.append(at, block(...numbered(i, 3))), i + 2);
			assert.equal(writer.append(at, new Uint8Array(0)), 300);
			assert.equal(writer.write(at, ['']), 301);
			assert.equal(writer.append(at, block('', 'ünï \u2028', '')), 304);
			assert.throws(() => writer.append(at, Buffer.from('one\ntwo')), /line feed/);
			assert.equal(writer.line, 304);
			const { total, lines } = await logs.read('r1/test.1', 255, 60);
			assert.equal(total, 304);
			assert.deepEqual(
				lines.map(({ text }) => text),
				[...numbered(255, 46), '', '', 'ünï \u2028', ''],
			);
			assert.ok(lines.every((line) => line.at === stamp));
			const texts: string[] = [];
			for await (const part of writer.texts()) texts.push(Buffer.from(part).toString());
			assert.equal(texts.join(''), [...numbered(1, 300), '', '', 'ünï \u2028', ''].map((line) => `${line}\n`).join(''));
			await writer.close();
		});

		test('are searched, as text in any case and by regular expression, with all matches counted', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			writer.write(at, [
				'Error: one',
				'fine',
				'\u001b[31mer\u001b[0mror two',
				'a.b',
				'axb',
				'2026-01-05T12:00 in the text',
			]);
			const find = async (pattern: string, more: Partial<LogSearch> = {}) => {
				const found = await logs.search('r1/test.1', { pattern, isRegex: false, limit: 10, ...more });
				assert.ok(found.ok);
				return found.value;
			};
			assert.deepEqual(await find('ERROR'), {
				total: 2,
				searched: 6,
				lines: [
					{ number: 1, at: stamp, text: 'Error: one' },
					{ number: 3, at: stamp, text: '\u001b[31mer\u001b[0mror two' },
				],
			});
			const numbers = async (pattern: string, more: Partial<LogSearch> = {}) =>
				(await find(pattern, more)).lines.map(({ number }) => number);
			assert.deepEqual(await numbers('Error', { isCaseSensitive: true }), [1]);
			assert.deepEqual(await numbers('a.b'), [4]);
			assert.deepEqual(await numbers('a.b', { isRegex: true }), [4, 5]);
			assert.deepEqual(await numbers('^error.*(one|two)$', { isRegex: true }), [1, 3]);
			assert.deepEqual(await numbers('12:00'), [6], 'the time of a line is not its text');
			assert.deepEqual(await numbers('31m'), [], 'nor is a colour');
			assert.deepEqual({ ...(await find('e', { limit: 1 })), lines: [] }, { total: 4, searched: 6, lines: [] });
			assert.equal((await find('e', { limit: 1 })).lines.length, 1);
			assert.deepEqual(await logs.search('r1/none.1', { pattern: 'x', isRegex: false, limit: 1 }), {
				ok: true,
				value: { total: 0, searched: 0, lines: [] },
			});
			const broken = await logs.search('r1/test.1', { pattern: '(', isRegex: true, limit: 1 });
			assert.equal(!broken.ok && broken.error[0]?.code, 'FB7013');
			await writer.close();
		});

		test('are rewritten line by line once nobody writes them, with their numbers and times', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			for (let i = 1; i <= 2000; i++) writer.write(at + i, [`line ${i}`]);
			const shout = () => ({
				push: (texts: Uint8Array) => Buffer.from(Buffer.from(texts).toString().replaceAll('line 7', 'LINE SEVEN ')),
				end: () => new Uint8Array(0),
			});
			assert.ok(logs.isOpen('r1/test.1'));
			await assert.rejects(async () => logs.rewrite('r1/test.1', shout()), /is being written/);
			await writer.close();
			assert.ok(!logs.isOpen('r1/test.1'));
			assert.deepEqual(await logs.rewrite('r1/test.1', shout()), { lines: 2000, changed: 111 });
			for (const from of [1, 7, 64, 65, 700, 1999]) {
				const { total, lines } = await logs.read('r1/test.1', from, 2);
				assert.equal(total, 2000);
				assert.deepEqual(
					lines,
					[from, from + 1].map((number) => ({
						number,
						at: new Date(at + number).toISOString(),
						text: `line ${number}`.replace('line 7', 'LINE SEVEN '),
					})),
				);
			}
			assert.deepEqual(await logs.rewrite('r1/none.1', shout()), { lines: 0, changed: 0 });
			const next = logs.writer('r1/test.1');
			assert.equal(next.write(at, ['line 2001']), 2001);
			await next.close();
		});

		test('tell followers of new lines, together, and not after they left', async () => {
			const logs = open();
			const writer = logs.writer('r1/test.1');
			let calls = 0;
			let seen = 0;
			const leave = logs.follow('r1/test.1', () => {
				calls++;
				seen = writer.line;
			});
			for (let i = 0; i < 50; i++) {
				writer.write(at, ['x']);
				await sleep(5);
			}
			await sleep(150);
			assert.equal(seen, 50);
			assert.ok(calls >= 2 && calls <= 8, `${calls} calls in about 400 ms`);
			leave();
			const before = calls;
			writer.write(at, ['y']);
			await sleep(150);
			assert.equal(calls, before);
			await writer.close();
		});
	});
}

describe('a log file', () => {
	const make = async (lines: number) => {
		const directory = newDirectory();
		const logs = fileLogs(directory);
		const writer = logs.writer('r1/test.1');
		for (let from = 1; from <= lines; from += 1000) writer.write(at, numbered(from, Math.min(1000, lines - from + 1)));
		await writer.close();
		const file = logPath(directory, 'r1/test.1');
		return { directory, logs, file, index: file.replace(/\.log$/, '.idx') };
	};
	const old = (file: string) => utimesSync(file, 1_700_000_000, 1_700_000_000);

	test('is plain text that `cat` shows', async () => {
		const { file, directory } = await make(2);
		assert.equal(readFileSync(file, 'utf8'), `${stamp} line 1\n${stamp} line 2\n`);
		assert.deepEqual(readdirSync(join(directory, 'r1')), ['test.1.idx', 'test.1.log']);
	});

	test('of which a crash has left any number of bytes shows every whole line and the torn one, and can be written on', async () => {
		const { directory, file } = await make(200);
		const whole = readFileSync(file);
		const index = readFileSync(file.replace(/\.log$/, '.idx'));
		for (let bytes = whole.length; bytes >= 0; bytes -= 41) {
			writeFileSync(file, whole.subarray(0, bytes));
			writeFileSync(file.replace(/\.log$/, '.idx'), index);
			old(file);
			const logs = fileLogs(directory);
			const expected = whole.subarray(0, bytes).toString().split('\n');
			if (expected.at(-1) === '') expected.pop();
			const { total, lines } = await logs.read('r1/test.1', 1, 500);
			assert.equal(total, expected.length);
			const shown = lines.map((line) =>
				expected[line.number - 1]?.startsWith(`${stamp} `) ? `${line.at} ${line.text}` : line.text,
			);
			assert.deepEqual(
				shown,
				expected.map((line) => (line === stamp ? '' : line)),
			);
			const writer = logs.writer('r1/test.1');
			assert.equal(writer.write(at, ['after the crash']), expected.length + 1);
			await writer.close();
			const last = await logs.read('r1/test.1', expected.length, 5);
			assert.equal(last.lines.at(-1)?.text, 'after the crash');
			assert.equal(last.total, expected.length + 1);
		}
	});

	test('is right without its index, with half of it, and with one that is wrong', async () => {
		const { logs, file, index } = await make(30_000);
		const good = readFileSync(index);
		const wrong: { readonly [name: string]: () => void } = {
			missing: () => rmSync(index),
			empty: () => writeFileSync(index, ''),
			short: () => truncateSync(index, 8 * 100),
			'cut in an entry': () => truncateSync(index, 8 * 100 + 3),
			'past the end': () => appendFileSync(index, Buffer.alloc(8, 0x7f)),
			'full of noise': () => writeFileSync(index, Buffer.alloc(good.length, 0x11)),
		};
		for (const [name, damage] of Object.entries(wrong)) {
			writeFileSync(index, good);
			damage();
			for (const from of [1, 100, 6400, 6401, 29_990]) {
				const { total, lines } = await logs.read('r1/test.1', from, 20);
				assert.equal(total, 30_000, name);
				assert.deepEqual(
					lines.map((line) => line.text),
					numbered(from, Math.min(20, 30_001 - from)),
					name,
				);
			}
		}
		rmSync(index);
		await logs.read('r1/test.1', 1, 1);
		assert.deepEqual(readFileSync(index), good, 'a reader makes a missing index again');
		assert.ok(statSync(file).size > 0);
	});

	test('of two million lines is paged in milliseconds, also just after it was opened', async () => {
		const { directory } = await make(2_000_000);
		const times: number[] = [];
		for (let i = 0; i < 40; i++) {
			const from = 1 + ((i * 49_999_981) % 2_000_000);
			const start = performance.now();
			const { total, lines } = await fileLogs(directory).read('r1/test.1', from, 200);
			times.push(performance.now() - start);
			assert.equal(total, 2_000_000);
			assert.equal(lines[0]?.text, `line ${from}`);
		}
		times.sort((a, b) => a - b);
		assert.ok((times[20] ?? 99) < 10, `the median page took ${times[20]} ms`);
		assert.ok((times[38] ?? 99) < 20, `the second slowest page took ${times[38]} ms`);
	});

	test('of two million lines is searched whole, while others get their turn', async () => {
		const { logs } = await make(2_000_000);
		const delay = monitorEventLoopDelay({ resolution: 1 });
		delay.enable();
		const start = performance.now();
		const found = await logs.search('r1/test.1', { pattern: '99999', isRegex: false, limit: 3 });
		const ms = performance.now() - start;
		delay.disable();
		assert.ok(found.ok);
		const wanted = numbered(1, 2_000_000).filter((line) => line.includes('99999')).length;
		assert.deepEqual([found.value.total, found.value.searched, found.value.lines.length], [wanted, 2_000_000, 3]);
		assert.equal(found.value.lines[1]?.number, 199_999);
		assert.ok(ms < 8000, `${ms} ms`);
		assert.ok(delay.percentile(99) < 50e6, `the loop waited ${delay.percentile(99) / 1e6} ms`);
	});

	test('is not hung by an expression that never ends: it is told, and the next search works', async () => {
		const logs = fileLogs(newDirectory());
		const writer = logs.writer('r1/test.1');
		writer.write(at, ['fine', `${'a'.repeat(40)}!`]);
		const endless = await logs.search('r1/test.1', { pattern: '^(a+)+$', isRegex: true, limit: 1 });
		assert.equal(!endless.ok && endless.error[0]?.code, 'FB7014');
		const found = await logs.search('r1/test.1', { pattern: '^a+!$', isRegex: true, limit: 1 });
		assert.ok(found.ok && found.value.total === 1);
		const stopped = new AbortController();
		const stopping = logs.search('r1/test.1', { pattern: '^(a+)+$', isRegex: true, limit: 1, signal: stopped.signal });
		stopped.abort();
		assert.ok((await stopping).ok, 'who does not wait any more gets what was found');
		await writer.close();
	});

	test('keeps bytes that are not UTF-8 as they are', async () => {
		const directory = newDirectory();
		const writer = fileLogs(directory).writer('r1/test.1');
		const odd = Buffer.from([0xff, 0xfe, 0x00, 0xc3, 0x28, 0x1b, 0x5b]);
		writer.append(at, Buffer.concat([odd, Buffer.from('\n')]));
		await writer.close();
		const stored = readFileSync(logPath(directory, 'r1/test.1'));
		assert.deepEqual(stored, Buffer.concat([Buffer.from(`${stamp} `), odd, Buffer.from('\n')]));
	});

	test('that another process writes is followed and read', async () => {
		const directory = newDirectory();
		const script = `
			const { fileLogs } = await import(${JSON.stringify(import.meta.resolve('#edge/log/files.ts'))});
			const writer = fileLogs(${JSON.stringify(directory)}).writer('r1/test.1');
			writer.write(${at}, ['one']);
			console.log('ready');
			process.stdin.once('data', () => { writer.write(${at}, ['two']); });
		`;
		const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
			stdio: ['pipe', 'pipe', 'inherit'],
		});
		await once(child.stdout, 'data');
		const logs = fileLogs(directory);
		assert.equal((await logs.read('r1/test.1', 1, 5)).total, 1);
		const heard = Promise.withResolvers<void>();
		const leave = logs.follow('r1/test.1', heard.resolve);
		await sleep(50);
		child.stdin.write('go\n');
		await heard.promise;
		assert.deepEqual(
			(await logs.read('r1/test.1', 2, 5)).lines.map((line) => line.text),
			['two'],
		);
		leave();
		child.kill('SIGKILL');
		await once(child, 'exit');
		const writer = logs.writer('r1/test.1');
		assert.equal(writer.write(at, ['three']), 3);
		await writer.close();
	});

	test('shows one line of 20 MB and the line after it', async () => {
		const logs = fileLogs(newDirectory());
		const writer = logs.writer('r1/test.1');
		writer.write(at, ['x'.repeat(20_000_000), 'after']);
		const { lines } = await logs.read('r1/test.1', 1, 5);
		assert.deepEqual(
			lines.map((line) => line.text.length),
			[20_000_000, 5],
		);
		await writer.close();
	});

	test('leaves nothing outside its directory', () => {
		for (const key of ['../../etc/passwd.1', '/etc/passwd.1', '..', 'r1/..', '']) {
			assert.ok(dirname(dirname(logPath('/logs', key))) === '/logs', logPath('/logs', key));
		}
	});
});
