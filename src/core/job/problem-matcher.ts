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
		if (matchers.some(({ owner }) => owner.toLowerCase() === matcher.owner.toLowerCase()))
			return failed(wrong(path, `it has two matchers of the owner ${matcher.owner}`));
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
	const why = whyUnusable(good);
	if (why !== undefined) return `${why} in the matcher ${owner}`;
	const level = severity ?? '';
	if (typeof level !== 'string' || (level !== '' && levelOf(level) === undefined))
		return `the severity of ${owner} is none of error, warning and notice`;
	return {
		owner,
		severity: level === '' ? 'error' : level,
		...(typeof fromPath === 'string' && fromPath !== '' ? { fromPath } : {}),
		patterns: good,
	};
}

function whyUnusable(patterns: readonly MatcherPattern[]): string | undefined {
	if (patterns.length === 0) return 'there is no pattern';
	const isLoopMisplaced = patterns.some(({ loop }, index) => loop && (index === 0 || index < patterns.length - 1));
	if (isLoopMisplaced) return 'only the last one of several patterns may loop';
	for (const part of parts) {
		const count = patterns.filter(({ groups }) => groups[part] !== undefined).length;
		if (count > 1) return `${part} is told by two patterns`;
		if (count === 0 && part === 'message') return 'no pattern tells a message';
	}
	const last = patterns.at(-1);
	return last?.loop === true && last.groups.message === undefined
		? 'the pattern that loops tells no message'
		: undefined;
}

function readPattern(item: unknown, owner: string): MatcherPattern | string {
	const regexp = propertyOf(item, 'regexp');
	if (typeof regexp !== 'string' || regexp === '') return `a pattern of ${owner} has no regexp`;
	try {
		new RegExp(regexp);
	} catch (error) {
		// The message repeats the whole expression before it says what is wrong.
		const why = error instanceof Error ? error.message.replace(/^.*\/: /s, '') : error;
		return `a regexp of ${owner} cannot be read: ${why}`;
	}
	const groups: { [part in MatcherPart]?: number } = {};
	const mostGroup = groupCount(regexp);
	for (const part of parts) {
		const group = propertyOf(item, part) ?? undefined;
		if (group === undefined) continue;
		if (typeof group !== 'number' || !Number.isInteger(group) || group < 0)
			return `${part} of ${owner} is no number of a group`;
		if (group > mostGroup) return `${part} of ${owner} is the group ${group}, and its regexp has only ${mostGroup}`;
		groups[part] = group;
	}
	return { regexp, groups, loop: propertyOf(item, 'loop') === true };
}

/** How many groups an expression has. It is counted and not run, because it may run for ever. */
function groupCount(regexp: string): number {
	const tokens = regexp.match(/\\.|\[(?:\\.|[^\]\\])*\]|\((?!\?)|\(\?<(?![=!])/gs) ?? [];
	return tokens.filter((token) => token.startsWith('(')).length;
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
	const level = levelOf(match.severity ?? matcher.severity);
	if (level === undefined || match.message === undefined || match.message.trim() === '') return undefined;
	const base = match.fromPath ?? matcher.fromPath;
	const file = match.file === undefined ? undefined : insideWorkspace(match.file, workspace, base && folderOf(base));
	return {
		level,
		message: match.message,
		...(file === undefined ? {} : { file, ...position('line', match.line), ...position('column', match.column) }),
		...(match.code === undefined || match.code.trim() === '' ? {} : { rule: match.code.trim() }),
	};
}

function levelOf(severity: string): Annotation['level'] | undefined {
	const known = severity.toLowerCase();
	return (['error', 'warning', 'notice'] as const).find((level) => level === known);
}

/** `fromPath` names a file, a project file for instance: paths are relative to its folder. */
function folderOf(path: string): string {
	return path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
}

function position(
	name: 'line' | 'column',
	text: string | undefined,
): { readonly line?: number; readonly column?: number } {
	const value = text !== undefined && /^\d+$/.test(text) ? Number(text) : 0;
	return value > 0 && Number.isSafeInteger(value) ? { [name]: value } : {};
}
