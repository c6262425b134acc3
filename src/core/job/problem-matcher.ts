import type { Annotation } from '../event.ts';
import { failed, ok, type Problem, type Result } from '../result.ts';
import { insideWorkspace } from './workspace-path.ts';

/** A problem matcher as `add-matcher` brings it: patterns that find problems in the output of programs. */
export interface ProblemMatcher {
	readonly owner: string;
	/** Of problems whose pattern tells none. */
	readonly severity: string;
	/** Path that relative file names are relative to; absent: the workspace. */
	readonly fromPath?: string;
	readonly patterns: readonly MatcherPattern[];
}

/** One line of a problem; the numbers are groups of the expression. */
export interface MatcherPattern {
	readonly regexp: string;
	readonly groups: { readonly [part in MatcherPart]?: number };
	/** The last pattern may match again and again, after the ones before it matched once. */
	readonly loop: boolean;
}

const parts = ['file', 'fromPath', 'line', 'column', 'severity', 'code', 'message'] as const;
type MatcherPart = (typeof parts)[number];

/** What the patterns of a matcher found, before it is an annotation. */
export type Match = { readonly [part in MatcherPart]?: string };

/** Reads the file of `add-matcher`. FB2070: it is not one, with the reason. */
export function readMatchers(text: string, path: string): Result<readonly ProblemMatcher[]> {
	let content: unknown;
	try {
		content = JSON.parse(text.replace(/^\u{FEFF}/u, ''));
	} catch (error) {
		return failed(wrong(path, `it is not JSON: ${error instanceof Error ? error.message : error}`));
	}
	const list = propertyOf(content, 'problemMatcher');
	if (!Array.isArray(list)) return failed(wrong(path, 'it has no list `problemMatcher`'));
	const matchers: ProblemMatcher[] = [];
	for (const item of list) {
		const matcher = readMatcher(item);
		if (typeof matcher === 'string') return failed(wrong(path, matcher));
		matchers.push(matcher);
	}
	return ok(matchers);
}

function wrong(path: string, why: string): Problem {
	return { code: 'FB2070', what: `The problem matcher ${path} cannot be used`, why, next: 'correct the file' };
}

function readMatcher(item: unknown): ProblemMatcher | string {
	const [owner, severity, fromPath, pattern] = ['owner', 'severity', 'fromPath', 'pattern'].map((key) =>
		propertyOf(item, key),
	);
	if (typeof owner !== 'string' || owner === '') return 'a matcher has no owner';
	const patterns = (Array.isArray(pattern) ? pattern : [pattern]).map((one) => readPattern(one, owner));
	const broken = patterns.find((one) => typeof one === 'string');
	if (typeof broken === 'string') return broken;
	const good = patterns.filter((one) => typeof one !== 'string');
	const last = good.at(-1);
	if (last === undefined) return `${owner} has no pattern`;
	if (last.groups.message === undefined) return `the last pattern of ${owner} has no message`;
	if (good.slice(0, -1).some(({ loop }) => loop)) return `only the last pattern of ${owner} may loop`;
	return {
		owner,
		severity: typeof severity === 'string' ? severity : 'error',
		...(typeof fromPath === 'string' ? { fromPath } : {}),
		patterns: good,
	};
}

function readPattern(item: unknown, owner: string): MatcherPattern | string {
	const regexp = propertyOf(item, 'regexp');
	if (typeof regexp !== 'string' || regexp === '') return `a pattern of ${owner} has no regexp`;
	try {
		new RegExp(regexp);
	} catch (error) {
		return `a regexp of ${owner} cannot be read: ${error instanceof Error ? error.message : error}`;
	}
	const groups: { [part in MatcherPart]?: number } = {};
	for (const part of parts) {
		const group = propertyOf(item, part);
		if (group === undefined) continue;
		if (typeof group !== 'number' || !Number.isInteger(group) || group < 0)
			return `${part} of ${owner} is no number of a group`;
		groups[part] = group;
	}
	return { regexp, groups, loop: propertyOf(item, 'loop') === true };
}

function propertyOf(value: unknown, name: string): unknown {
	return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
		? (value as { readonly [key: string]: unknown })[name]
		: undefined;
}

/** The lines of a problem that one matcher has seen so far. */
export class MatcherState {
	readonly #matcher: ProblemMatcher;
	#seen: (Match | undefined)[] = [];

	constructor(matcher: ProblemMatcher) {
		this.#matcher = matcher;
	}

	/** Takes a line; `find` gives the groups of a pattern in it. The whole problem, when this line completes one. */
	take(find: (pattern: number) => readonly (string | undefined)[] | undefined): Match | undefined {
		const { patterns } = this.#matcher;
		const last = patterns.length - 1;
		for (let index = last; index >= 0; index -= 1) {
			const before = index === 0 ? {} : this.#seen[index - 1];
			if (before === undefined) continue;
			const groups = find(index);
			if (groups === undefined) {
				// A line that does not go on ends what had begun.
				this.#seen[index === last ? index - 1 : index] = undefined;
				continue;
			}
			const match = { ...before, ...named(patterns[index], groups) };
			if (index < last) {
				this.#seen[index] = match;
				continue;
			}
			this.reset();
			if (patterns[index]?.loop === true && index > 0) this.#seen[index - 1] = before;
			return match;
		}
		return undefined;
	}

	reset(): void {
		this.#seen = [];
	}
}

function named(pattern: MatcherPattern | undefined, groups: readonly (string | undefined)[]): Match {
	const found: { [part in MatcherPart]?: string } = {};
	for (const part of parts) {
		const group = pattern?.groups[part];
		const text = group === undefined ? undefined : groups[group];
		if (text !== undefined && text !== '') found[part] = text;
	}
	return found;
}

/** The annotation that a found problem is; undefined when its severity is none that is shown. */
export function annotationOf(
	match: Match,
	matcher: ProblemMatcher,
	workspace: string,
): Omit<Annotation, 'logLine'> | undefined {
	const severity = (match.severity ?? matcher.severity).toLowerCase();
	const level = (['error', 'warning', 'notice'] as const).find((known) => known === severity);
	if (level === undefined || match.message === undefined) return undefined;
	const base = match.fromPath ?? matcher.fromPath;
	const file = match.file === undefined ? undefined : insideWorkspace(match.file, workspace, base && folderOf(base));
	return {
		level,
		message: match.message,
		...(file === undefined ? {} : { file, ...position('line', match.line), ...position('column', match.column) }),
		...(match.code === undefined ? {} : { rule: match.code }),
	};
}

/** `fromPath` names a file, a project file for instance: paths are relative to its folder. */
function folderOf(path: string): string {
	return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function position(
	name: 'line' | 'column',
	text: string | undefined,
): { readonly line?: number; readonly column?: number } {
	const value = Number(text);
	return text !== undefined && Number.isInteger(value) && value > 0 ? { [name]: value } : {};
}
