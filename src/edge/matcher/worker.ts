import { stripVTControlCharacters } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { createContext, Script } from 'node:vm';
import { parentPort } from 'node:worker_threads';
import { MatcherState, type ProblemMatcher } from '#core/job/problem-matcher.ts';
import type { FoundLine, LinesAnswer, LinesRequest } from './worker-messages.ts';

// An expression that goes astray is handed to V8's linear engine, where that one can read it.
setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

/** Milliseconds that one expression may take for one line, and for many together. */
const lineBudget = 250;
const batchBudget = 2000;

const search = new Script(
	'lines.map((line) => { const found = expression.exec(line); return found === null ? null : [...found]; })',
);
type Groups = readonly (string | undefined)[] | null;

const states = new Map<string, Map<string, MatcherState>>();

parentPort?.on('message', (request: LinesRequest) => parentPort?.postMessage(look(request)));

function look({ stream, matchers, lines: raw, isLast }: LinesRequest): LinesAnswer {
	const lines = raw.map((line) => stripVTControlCharacters(line));
	const slow: string[] = [];
	const groups = new Map(
		matchers.map((matcher) => [
			matcher,
			matcher.patterns.map(({ regexp }) => searched(regexp, lines, () => slow.push(matcher.owner))),
		]),
	);
	const known = states.get(stream) ?? new Map<string, MatcherState>();
	states.set(stream, known);
	const found: FoundLine[] = [];
	for (let line = 0; line < lines.length; line += 1) {
		const first = firstMatch(line);
		if (first !== undefined) found.push(first);
	}
	if (isLast) states.delete(stream);
	return { found, slow };

	/** The first matcher that completes a problem has the line; the others begin anew. */
	function firstMatch(line: number): FoundLine | undefined {
		for (const [matcher, found] of groups) {
			const state = stateOf(known, matcher);
			const match = state.take((pattern) => found[pattern]?.[line] ?? undefined);
			if (match === undefined) continue;
			for (const other of known.values()) if (other !== state) other.reset();
			return { line, owner: matcher.owner, match };
		}
		return undefined;
	}
}

function stateOf(known: Map<string, MatcherState>, matcher: ProblemMatcher): MatcherState {
	// A matcher that took the place of another begins anew.
	const key = JSON.stringify(matcher);
	const state = known.get(key) ?? new MatcherState(matcher);
	known.set(key, state);
	return state;
}

/** The groups of an expression in each line. When all lines together take too long, they are asked one by one. */
function searched(regexp: string, lines: readonly string[], onSlow: () => void): readonly Groups[] {
	const expression = new RegExp(regexp);
	const run = (some: readonly string[], timeout: number): readonly Groups[] =>
		search.runInContext(createContext({ lines: some, expression }), { timeout });
	try {
		return run(lines, batchBudget);
	} catch {
		return lines.map((line) => {
			try {
				return run([line], lineBudget)[0] ?? null;
			} catch {
				onSlow();
				return null;
			}
		});
	}
}
