import { ok } from '#core/result.ts';
import { coalesced } from './coalesce.ts';
import { lineTest } from './line-test.ts';
import type { LogLine, Logs } from './log.ts';

/** The logs of tests and simulations. */
export function memoryLogs(): Logs {
	const logs = new Map<string, LogLine[]>();
	const writers = new Set<string>();
	const followers = new Map<string, Set<{ readonly call: () => void }>>();
	return {
		writer(key) {
			if (writers.has(key)) throw new Error(`the log ${key} has a writer already`);
			writers.add(key);
			const kept = logs.get(key) ?? [];
			logs.set(key, kept);
			const write = (at: number, lines: readonly string[]): number => {
				if (lines.some((line) => line.includes('\n'))) throw new Error('a line of a log has a line feed inside');
				const stamp = new Date(at).toISOString();
				for (const text of lines) kept.push({ number: kept.length + 1, at: stamp, text });
				if (lines.length > 0) for (const listener of followers.get(key) ?? []) listener.call();
				return kept.length;
			};
			return {
				write,
				append(at, lines) {
					const texts = Buffer.from(lines).toString('utf8').split('\n');
					if (texts.pop() !== '') throw new Error('a block of log lines does not end with a line feed');
					return write(at, texts);
				},
				async *texts() {
					if (kept.length > 0) yield Buffer.from(kept.map(({ text }) => `${text}\n`).join(''));
				},
				get line() {
					return kept.length;
				},
				flush: async () => {},
				close: async () => {
					writers.delete(key);
				},
			};
		},
		async read(key, from, limit) {
			const kept = logs.get(key) ?? [];
			const first = Math.max(1, from) - 1;
			return { total: kept.length, lines: kept.slice(first, first + Math.max(0, limit)) };
		},
		async search(key, search) {
			const test = lineTest(search);
			if (!test.ok) return test;
			const kept = logs.get(key) ?? [];
			const found = kept.filter(({ text }) => test.value(text));
			return ok({ total: found.length, searched: kept.length, lines: found.slice(0, Math.max(0, search.limit)) });
		},
		isOpen: (key) => writers.has(key),
		async rewrite(key, rewriter) {
			if (writers.has(key)) throw new Error(`the log ${key} is being written`);
			const kept = logs.get(key) ?? [];
			const first = Buffer.from(rewriter.push(Buffer.from(kept.map(({ text }) => `${text}\n`).join(''))));
			const texts = Buffer.concat([first, rewriter.end()]).toString('utf8').split('\n');
			const rewritten = kept.map((line, index) => ({ ...line, text: texts[index] ?? '' }));
			const changed = rewritten.filter(({ text }, index) => text !== kept[index]?.text).length;
			kept.splice(0, kept.length, ...rewritten);
			return { lines: kept.length, changed };
		},
		follow(key, listener) {
			const calls = coalesced(listener);
			const listeners = followers.get(key) ?? new Set();
			followers.set(key, listeners.add(calls));
			return () => {
				calls.stop();
				listeners.delete(calls);
			};
		},
	};
}
