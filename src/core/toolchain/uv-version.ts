import { minSatisfying } from 'semver';
import { parse as parseToml } from 'smol-toml';
import { fieldOf, textOf } from './fields.ts';
import { isVersion, newestIn } from './newest.ts';

/** The version of uv that is asked for among those that there are. */
export function pickUv(asked: string, versions: readonly string[], isLowest: boolean): string | undefined {
	const text = asked.trim().replace(/^v(?=\d)/, '');
	const range =
		text === 'latest' || text === 'latest-known'
			? '*'
			: text.replaceAll(',', ' ').replace(/^==/, '').replace(/^~=/, '~');
	if (!isLowest) return newestIn(range, versions);
	return minSatisfying(versions.filter(isVersion), range) ?? undefined;
}

/** The version of uv that a file names: `required-version`, a line of requirements, or `.tool-versions`. */
export function uvVersionIn(file: string, text: string): string | undefined {
	if (file.endsWith('.tool-versions')) return /^uv\s+(\S+)/m.exec(text)?.[1];
	if (!file.endsWith('.toml')) return /^uv\s*((?:==|>=|<=|~=|<|>)[^#;\n]+)/m.exec(text)?.[1]?.trim();
	try {
		const read = parseToml(text);
		return textOf(fieldOf(read, 'required-version')) ?? textOf(fieldOf(read, 'tool', 'uv', 'required-version'));
	} catch {
		return undefined;
	}
}
