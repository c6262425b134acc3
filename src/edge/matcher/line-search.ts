import { stripVTControlCharacters } from 'node:util';
import { createContext, Script } from 'node:vm';
import { annotationOf, MatcherState, type ProblemMatcher } from '#core/job/problem-matcher.ts';
import type { FoundLine, LinesAnswer, LinesRequest, RemovedMatcher } from './worker-messages.ts';

/** Milliseconds that one matcher may take for one line. */
const lineBudget = 250;
/** After so many lines that took longer, a matcher is used no longer. */
const mostSlowLines = 3;
/** After so many of all matchers together, none is. */
const mostSlowLinesOfAll = 10;

/** Looks through lines with the matchers of one job, each of them within its time. To be used in a worker: it blocks for as long. */
export class LineSearch {
	readonly #streams = new Map<number, Map<string, Seeker>>();
	/** By matcher: how many lines took it too long. */
	readonly #slow = new Map<string, number>();
	#slowOfAll = 0;
	/** By matcher: why it is used no longer. */
	readonly #out = new Map<string, string>();

	look({ stream, workspace, matchers, lines, isLast }: LinesRequest): LinesAnswer {
		const removed: RemovedMatcher[] = [];
		const seekers = this.#seekersOf(stream, matchers).filter((seeker) => this.#isUsable(seeker, removed));
		const pass = new Pass(seekers, lines, workspace);
		while (this.#slowOfAll < mostSlowLinesOfAll) {
			const { line, index } = pass;
			const why = whyEnded(() => pass.go());
			if (why === undefined) break;
			// Whoever did not begin with the whole budget gets it now.
			if (pass.line !== line || pass.index !== index) continue;
			const seeker = pass.skip();
			this.#blame(seeker, why);
			if (!this.#isUsable(seeker, removed)) pass.drop(seeker);
		}
		if (isLast) this.#streams.delete(stream);
		return { found: pass.found, removed, isOver: this.#slowOfAll >= mostSlowLinesOfAll };
	}

	#seekersOf(stream: number, matchers: readonly ProblemMatcher[]): readonly Seeker[] {
		const known = this.#streams.get(stream) ?? new Map<string, Seeker>();
		this.#streams.set(stream, known);
		return matchers.map((matcher) => {
			// A matcher that took the place of another one begins anew.
			const key = JSON.stringify(matcher);
			const seeker = known.get(key) ?? new Seeker(key, matcher);
			known.set(key, seeker);
			return seeker;
		});
	}

	#blame({ key }: Seeker, why: string): void {
		if (why !== tooLate) {
			this.#out.set(key, why);
			return;
		}
		const times = (this.#slow.get(key) ?? 0) + 1;
		this.#slow.set(key, times);
		this.#slowOfAll += 1;
		if (times === mostSlowLines) this.#out.set(key, `${why} for ${times} lines`);
	}

	#isUsable({ key, matcher: { owner } }: Seeker, removed: RemovedMatcher[]): boolean {
		const why = this.#out.get(key);
		if (why !== undefined) removed.push({ owner, why });
		return why === undefined;
	}
}

/** The way through some lines, which may be broken off at any time and then goes on at the same place. */
class Pass {
	line = 0;
	/** Of the matcher whose turn it is. */
	index = 0;
	readonly found: FoundLine[] = [];
	readonly #seekers: Seeker[];
	readonly #lines: readonly string[];
	readonly #workspace: string;
	#text = '';

	constructor(seekers: readonly Seeker[], lines: readonly string[], workspace: string) {
		this.#seekers = [...seekers];
		this.#lines = lines;
		this.#workspace = workspace;
	}

	go(): void {
		for (; this.line < this.#lines.length; this.line += 1) {
			if (this.index === 0) this.#text = plain(this.#lines[this.line] ?? '');
			while (this.index < this.#seekers.length) {
				if (this.#isFound()) break;
				this.index += 1;
			}
			this.index = 0;
		}
	}

	/** The matcher whose turn it is does without this line. */
	skip(): Seeker {
		const seeker = this.#seekers[this.index];
		if (seeker === undefined) throw new Error('broken off without a matcher');
		seeker.state.reset();
		this.index += 1;
		return seeker;
	}

	/** Takes out the matcher that was skipped. */
	drop(seeker: Seeker): void {
		this.#seekers.splice(this.#seekers.indexOf(seeker), 1);
		this.index -= 1;
	}

	#isFound(): boolean {
		const seeker = this.#seekers[this.index];
		const match = seeker?.take(this.#text);
		if (seeker === undefined || match === undefined) return false;
		for (const other of this.#seekers) if (other !== seeker) other.state.reset();
		const annotation = annotationOf(match, seeker.matcher, this.#workspace);
		if (annotation === undefined) return false;
		this.found.push({ line: this.line, annotation });
		return true;
	}
}

class Seeker {
	readonly key: string;
	readonly matcher: ProblemMatcher;
	readonly state: MatcherState;
	readonly #expressions: readonly RegExp[];

	constructor(key: string, matcher: ProblemMatcher) {
		this.key = key;
		this.matcher = matcher;
		this.state = new MatcherState(matcher);
		this.#expressions = matcher.patterns.map(({ regexp }) => new RegExp(regexp));
	}

	take(line: string) {
		return this.state.take((pattern) => this.#expressions[pattern]?.exec(line) ?? undefined);
	}
}

function plain(line: string): string {
	return line.includes('\u001b') || line.includes('\u009b') ? stripVTControlCharacters(line) : line;
}

const tooLate = 'it took too long';
const context = createContext({ work: undefined });
const script = new Script('work()');

/** Does work that cannot be trusted to end: why it did not, or undefined. What it changed until then stays. */
function whyEnded(work: () => void): string | undefined {
	context['work'] = work;
	try {
		script.runInContext(context, { timeout: lineBudget });
		return undefined;
	} catch (error) {
		// It is an error of the other context, so it is no instance of Error here.
		const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
		if (code === 'ERR_SCRIPT_EXECUTION_TIMEOUT') return tooLate;
		return `it failed: ${String(message).replace(/^.*\/: /s, '')}`;
	}
}
