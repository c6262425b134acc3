import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/**
 * The program behind `hashFiles()`. It runs in the job's room as the job's user, so it is one file that imports nothing but Node.
 * The rules are those of @actions/glob and of the hashFiles program of actions/runner (src/Misc/expressionFunc/hashFiles).
 */

/** A pattern as segments of an absolute path. */
export interface Pattern {
	readonly isNegative: boolean;
	/** Ends with a slash: only folders match. */
	readonly isFolderOnly: boolean;
	readonly segments: readonly string[];
	/** Stands for what lies below a pattern that named a folder. */
	readonly isImplicit: boolean;
}

const [noMatch, folderMatch, fileMatch] = [0, 1, 2] as const;
const anyMatch = folderMatch | fileMatch;

/** The patterns of an argument list: one a line, `#` begins a comment, relative to the workspace. Exported for the tests. */
export function readPatterns(sources: readonly string[], workspace: string, home: string): readonly Pattern[] {
	const lines = sources.flatMap((source) => source.split(/\r?\n/)).map((line) => line.trim());
	return lines
		.filter((line) => line !== '' && !line.startsWith('#'))
		.flatMap((line) => {
			const pattern = readPattern(line, workspace, home);
			const isOpen = pattern.isFolderOnly || pattern.segments.at(-1) !== '**';
			if (!isOpen) return [pattern];
			return [pattern, { ...pattern, isFolderOnly: false, isImplicit: true, segments: [...pattern.segments, '**'] }];
		});
}

function readPattern(line: string, workspace: string, home: string): Pattern {
	const marks = /^!*/.exec(line)?.[0].length ?? 0;
	const body = line.slice(marks).trim();
	const path = rooted(body, workspace, home);
	const isFolderOnly = path.endsWith('/') && path !== '/';
	return {
		isNegative: marks % 2 === 1,
		isFolderOnly,
		segments: path.split('/').filter((segment) => segment !== ''),
		isImplicit: false,
	};
}

function rooted(body: string, workspace: string, home: string): string {
	const literal = (folder: string) => folder.replaceAll('\\', '\\\\').replaceAll(/[[?*]/g, '[$&]');
	if (body.split('/').some((segment, index) => segment === '..' || (segment === '.' && index > 0))) {
		throw new Error(`Invalid pattern '${body}'. Relative pathing '.' and '..' is not allowed.`);
	}
	if (body === '.' || body.startsWith('./')) return `${literal(workspace)}${body.slice(1)}`;
	if (body === '~' || body.startsWith('~/')) return `${literal(home)}${body.slice(1)}`;
	return body.startsWith('/') ? body : `${literal(workspace)}/${body}`;
}

/** What of a path the patterns take: nothing, only a folder, or anything. */
function matchOf(patterns: readonly Pattern[], segments: readonly string[]): number {
	return patterns.reduce((found, pattern) => {
		if (!takes(pattern, segments)) return found;
		const kind = pattern.isFolderOnly ? folderMatch : anyMatch;
		return pattern.isNegative ? found & ~kind : found | kind;
	}, noMatch as number);
}

/** Whether something below the path may match. */
function mayMatchBelow(patterns: readonly Pattern[], segments: readonly string[]): boolean {
	return patterns.some((pattern) => !pattern.isNegative && matchesStart(pattern.segments, segments));
}

/** What is implied lies below the folder; the folder itself is the other pattern's matter. */
function takes({ segments: pattern, isImplicit }: Pattern, path: readonly string[]): boolean {
	if (!isImplicit) return matches(pattern, path);
	const folder = pattern.slice(0, -1);
	return path.some((_, length) => matches(folder, path.slice(0, length)));
}

/** `**` takes any number of segments, none too. */
function matches(pattern: readonly string[], path: readonly string[]): boolean {
	const [first, ...rest] = pattern;
	if (first === undefined) return path.length === 0;
	if (first === '**') {
		for (let taken = 0; taken <= path.length; taken += 1) if (matches(rest, path.slice(taken))) return true;
		return false;
	}
	const [segment, ...others] = path;
	return segment !== undefined && segmentMatcher(first)(segment) && matches(rest, others);
}

function matchesStart(pattern: readonly string[], path: readonly string[]): boolean {
	for (const [index, segment] of path.entries()) {
		const wanted = pattern[index];
		if (wanted === undefined) return false;
		if (wanted === '**') return true;
		if (!segmentMatcher(wanted)(segment)) return false;
	}
	return true;
}

const matchers = new Map<string, (segment: string) => boolean>();

function segmentMatcher(pattern: string): (segment: string) => boolean {
	const known = matchers.get(pattern);
	if (known !== undefined) return known;
	const made = makeMatcher(pattern);
	matchers.set(pattern, made);
	return made;
}

/** `*`, `?` and `[...]` within one segment, a backslash before a character takes it as it is; `.` and `..` are never matched by them. */
function makeMatcher(pattern: string): (segment: string) => boolean {
	if (!/[*?[\\]/.test(pattern)) return (segment) => segment === pattern;
	let source = '';
	for (let position = 0; position < pattern.length; position += 1) {
		const character = pattern.charAt(position);
		if (character === '*') {
			// Stars in a row are one: without this, a pattern could take exponential time.
			if (!source.endsWith('[^/]*?')) source += '[^/]*?';
		} else if (character === '?') source += '[^/]';
		else if (character === '\\' && position + 1 < pattern.length) {
			position += 1;
			source += escaped(pattern.charAt(position));
		} else if (character === '[') {
			const set = /^\[([!^]?)(\]?(?:[^\]\\]|\\.)*)\]/.exec(pattern.slice(position));
			if (set === null || set[2] === '') source += '\\[';
			else {
				source += `[${set[1] === '' ? '' : '^'}${(set[2] ?? '').replaceAll(/[[\]^]/g, '\\$&')}]`;
				position += set[0].length - 1;
			}
		} else source += escaped(character);
	}
	const expression = new RegExp(`^(?:${source})$`, 's');
	return (segment) => segment !== '.' && segment !== '..' && expression.test(segment);
}

function escaped(character: string): string {
	return character.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}

/** Folders from which to look: the part of each pattern before its first wildcard; one within another is looked through once. */
export function searchPaths(patterns: readonly Pattern[]): readonly string[] {
	const starts = patterns
		.filter(({ isNegative }) => !isNegative)
		.map(({ segments }) => {
			const end = segments.findIndex((segment) => literalOf(segment) === undefined);
			const fixed = segments.slice(0, end === -1 ? segments.length : end).map((segment) => literalOf(segment) ?? '');
			return `/${fixed.join('/')}`;
		});
	const unique = [...new Set(starts)];
	return unique.filter(
		(path) => !unique.some((other) => other !== path && path.startsWith(other === '/' ? other : `${other}/`)),
	);
}

/** The text that a segment stands for alone; undefined when it stands for several. */
function literalOf(segment: string): string | undefined {
	let literal = '';
	for (let position = 0; position < segment.length; position += 1) {
		const character = segment.charAt(position);
		if (character === '\\' && position + 1 < segment.length) {
			position += 1;
			literal += segment.charAt(position);
			continue;
		}
		if (character === '*' || character === '?') return undefined;
		if (character === '[') {
			const single = /^\[([^\]!^\\])\]/.exec(segment.slice(position));
			if (single === null) {
				if (segment.includes(']', position + 1)) return undefined;
			} else {
				literal += single[1];
				position += 2;
				continue;
			}
		}
		literal += character;
	}
	return literal;
}

/** What else a search asks for. */
export interface Search {
	readonly followLinks: boolean;
	/** Folders that match are found too. */
	readonly findsFolders?: boolean;
	/** What has a name with a dot before it is not looked at. */
	readonly skipsHidden?: boolean;
}

/** The files that the patterns match, in the order in which GitHub visits them: folder by folder, names by their bytes. */
export async function* filesOf(
	patterns: readonly Pattern[],
	{ followLinks, findsFolders = false, skipsHidden = false }: Search,
): AsyncGenerator<string> {
	const open = [...searchPaths(patterns)].reverse().map((path) => ({ path, chain: [] as readonly string[] }));
	for (let item = open.pop(); item !== undefined; item = open.pop()) {
		const { path, chain } = item;
		const segments = path.split('/').filter((segment) => segment !== '');
		const match = matchOf(patterns, segments);
		const isOpen = match !== noMatch || mayMatchBelow(patterns, segments);
		if (!isOpen || (skipsHidden && segments.at(-1)?.startsWith('.'))) continue;
		const about = await (followLinks ? stat(path) : lstat(path)).catch(ifMissing);
		if (about === undefined) continue;
		if (!about.isDirectory()) {
			if ((match & fileMatch) !== 0) yield path;
			continue;
		}
		if (findsFolders && (match & folderMatch) !== 0) yield path;
		const real = followLinks ? await realpath(path) : path;
		if (chain.includes(real)) continue;
		const names = (await readdir(path)).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
		for (const name of names.reverse()) open.push({ path: join(path, name), chain: [...chain, real] });
	}
}

/** A path that is not there, or a link to one, is nothing; what cannot be looked at is an error. */
function ifMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT') return undefined;
	throw error;
}

/** SHA-256 over the SHA-256 of each file; empty when no file of the workspace matches. */
export async function hashOf(sources: readonly string[], workspace: string, home: string): Promise<string> {
	const [first, ...others] = sources;
	const isFollowing = first?.toLowerCase() === '--follow-symbolic-links';
	const patterns = readPatterns(isFollowing ? others : sources, workspace, home);
	const whole = createHash('sha256');
	let count = 0;
	for await (const file of filesOf(patterns, { followLinks: isFollowing })) {
		if (!file.startsWith(`${workspace}/`) || (await stat(file)).isDirectory()) continue;
		const hash = createHash('sha256');
		await pipeline(createReadStream(file), hash);
		whole.update(hash.digest());
		count += 1;
	}
	return count === 0 ? '' : whole.digest('hex');
}

/** Answers each call of a file with a line: the hash, or `!` and what is wrong. */
async function answer(calls: readonly (readonly string[])[]): Promise<void> {
	for (const patterns of calls) {
		const line = await hashOf(patterns, process.cwd(), process.env['HOME'] ?? '/').catch(
			(error: unknown) => `!${(error instanceof Error ? error.message : String(error)).replaceAll(/\s+/g, ' ')}`,
		);
		process.stdout.write(`${line}\n`);
	}
}

if (import.meta.main) await answer(JSON.parse(await readFile(process.argv[2] ?? '', 'utf8')));
