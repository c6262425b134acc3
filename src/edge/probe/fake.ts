import type { Probe, ProbeAnswer } from './probe.ts';

/** A probe that answers what it is told to: a test sets `answer` and reads `asked`. */
export interface FakeProbe extends Probe {
	answer: (url: string) => Pick<ProbeAnswer, 'good' | 'detail'>;
	/** URLs in the order they were asked. */
	readonly asked: string[];
}

/** Answers `HTTP 200` in 1 ms until told otherwise. */
export function fakeProbe(): FakeProbe {
	return {
		asked: [],
		answer: () => ({ good: true, detail: 'HTTP 200' }),
		async ask(url) {
			this.asked.push(url);
			return { ...this.answer(url), durationMs: 1 };
		},
	};
}
