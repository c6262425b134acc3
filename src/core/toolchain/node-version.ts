import { parse as parseToml } from 'smol-toml';
import { fieldOf, textOf } from './fields.ts';
import { newestIn } from './newest.ts';

/** Lines of Node with long-term support, by their names. One that is newer than this table is asked for by its number. */
const ltsLines: { readonly [name: string]: number } = {
	...{ argon: 4, boron: 6, carbon: 8, dubnium: 10, erbium: 12, fermium: 14, gallium: 16 },
	...{ hydrogen: 18, iron: 20, jod: 22, krypton: 24 },
};

/** What `node-version` stands for, as a range of versions; or why it stands for nothing that is here. */
export function nodeRange(asked: string): { readonly range: string } | { readonly why: string } {
	const text = asked.trim();
	if (['node', 'latest', 'current'].includes(text)) return { range: '*' };
	if (/nightly|canary|-rc\b/.test(text)) return { why: `${text} is no release of Node` };
	if (!text.startsWith('lts/')) return { range: text };
	const alias = text.slice('lts/'.length).toLowerCase();
	const lines = Object.values(ltsLines);
	const back = alias === '*' ? 0 : /^-\d+$/.test(alias) ? Number(alias) : Number.NaN;
	const line = Number.isInteger(back) ? lines.at(back - 1) : ltsLines[alias];
	return line === undefined
		? { why: `there is no LTS release '${alias}' in what is known here` }
		: { range: `${line}` };
}

/** What a file says of the version of Node. */
export type NodeFile =
	| { readonly version: string }
	/** Another file, relative to this one, says it. */
	| { readonly from: string }
	| { readonly version: undefined };

/** The version that `package.json`, `.nvmrc`, `.node-version`, `.tool-versions` or `mise.toml` names. */
export function nodeVersionIn(text: string): NodeFile {
	const manifest = jsonOf(text);
	if (manifest !== undefined) return ofManifest(manifest);
	const node = fieldOf(tomlOf(text), 'tools', 'node');
	if (node !== undefined) return { version: textOf(node) ?? textOf(fieldOf(node, 'version')) };
	for (const line of text.split(/\r?\n/)) {
		const words = line.trim().split(/\s+/);
		const named = words.length === 2 && /^node(js)?$/.test(words[0] ?? '') ? words[1] : undefined;
		const version = named ?? (words.length === 1 && words[0] !== '' ? words[0] : undefined);
		if (version !== undefined) return { version: version.replace(/^v(?=\d)/, '') };
	}
	return { version: text.trim() };
}

function ofManifest(manifest: unknown): NodeFile {
	const runtimes = [fieldOf(manifest, 'devEngines', 'runtime') ?? []].flat();
	const runtime = runtimes.find(
		(one) => textOf(fieldOf(one, 'name'))?.toLowerCase() === 'node' && textOf(fieldOf(one, 'version')) !== undefined,
	);
	const version =
		textOf(fieldOf(manifest, 'volta', 'node')) ??
		textOf(fieldOf(runtime, 'version')) ??
		textOf(fieldOf(manifest, 'engines', 'node'));
	const from = textOf(fieldOf(manifest, 'volta', 'extends'));
	return version === undefined && from !== undefined ? { from } : { version };
}

/** Undefined for what is no JSON object. */
function jsonOf(text: string): unknown {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === 'object' && value !== null ? value : undefined;
	} catch {
		return undefined;
	}
}

function tomlOf(text: string): unknown {
	try {
		return parseToml(text);
	} catch {
		return undefined;
	}
}

/** The major version of npm that a line of Node came with. */
const npmOfLine: { readonly [line: number]: number } = {
	...{ 4: 2, 5: 3, 6: 3, 7: 4, 8: 6, 9: 5, 10: 6, 11: 6, 12: 6, 13: 6, 14: 6, 15: 7, 16: 8, 17: 8, 18: 10, 19: 9 },
	...{ 20: 10, 21: 10, 22: 10, 23: 10, 24: 11, 25: 11, 26: 11 },
};

/** A package's versions with the versions of Node that each supports. */
export interface Supports {
	readonly [version: string]: string;
}

/** The npm for a version of Node: the newest that supports it of those no newer than its line came with. */
export function npmFor(node: string, npms: Supports): string | undefined {
	const newest = npmOfLine[majorOf(node)] ?? Number.POSITIVE_INFINITY;
	return newestSupporting(node, npms, (version) => majorOf(version) <= newest);
}

/** The corepack for a version of Node; Node 25 and later come without. */
export function corepackFor(node: string, corepacks: Supports): string | undefined {
	const came = newestIn('>=14.19.0 <15 || >=16.9.0 <25', [node]);
	return came === undefined ? undefined : newestSupporting(node, corepacks, () => true);
}

function newestSupporting(node: string, versions: Supports, isWanted: (version: string) => boolean) {
	const supporting = Object.entries(versions).filter(
		([version, engines]) => isWanted(version) && newestIn(engines, [node]) !== undefined,
	);
	return newestIn(
		'*',
		supporting.map(([version]) => version),
	);
}

function majorOf(version: string): number {
	return Number(version.split('.')[0]);
}

/** Whether npm is what a manifest names as its package manager: its cache is then kept unless that is turned off. */
export function isNpmNamed(text: string): boolean {
	const manifest = jsonOf(text);
	const named = [fieldOf(manifest, 'devEngines', 'packageManager') ?? []].flat().map((one) => fieldOf(one, 'name'));
	return [...named, fieldOf(manifest, 'packageManager')].some((name) => /^\^?npm(@.*)?$/.test(textOf(name) ?? ''));
}
