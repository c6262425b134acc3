import { coalesced } from './coalesce.ts';
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
			return {
				write(at, lines) {
					if (lines.some((line) => line.includes('\n'))) throw new Error('a line of a log has a line feed inside');
					const stamp = new Date(at).toISOString();
					for (const text of lines) kept.push({ number: kept.length + 1, at: stamp, text });
					if (lines.length > 0) for (const listener of followers.get(key) ?? []) listener.call();
					return kept.length;
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
