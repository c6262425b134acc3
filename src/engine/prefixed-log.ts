import type { JobLog } from './job-log.ts';

/** A job's log for a step that runs beside others: each of its lines says whose it is. */
export function prefixedLog(log: JobLog, prefix: string): JobLog {
	const prefixed = (text: string) => text.replaceAll(/^/gm, prefix);
	return {
		get line() {
			return log.line;
		},
		say: (text) => log.say(prefixed(text)),
		problem: (problem) => log.problem({ ...problem, what: `${prefix}${problem.what}` }),
		stream() {
			const stream = log.stream();
			let isStart = true;
			return {
				push(text, isEnd) {
					const line = stream.push(isStart ? `${prefix}${text}` : text, isEnd);
					isStart = isEnd;
					return line;
				},
				end: () => stream.end(),
			};
		},
		close: async () => {},
	};
}
