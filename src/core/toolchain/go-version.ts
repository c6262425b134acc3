import { coerce, valid } from 'semver';
import { newestIn } from './newest.ts';

/** A version of Go as semver writes it: `1.22` is 1.22.0, `1.22rc1` is 1.22.0-rc.1. Undefined for what is none. */
export function goSemver(version: string): string | undefined {
	const [, release = '', kind, number = ''] = /^(?:go)?(\d+(?:\.\d+){0,2})(?:(beta|rc)(\d+))?$/.exec(version) ?? [];
	const base = coerce(release)?.version;
	if (base === undefined) return undefined;
	return valid(kind === undefined ? base : `${base}-${kind}.${number}`) ?? undefined;
}

/** The version that `go-version` names among those that there are, written as Go writes it. */
export function pickGo(asked: string, versions: readonly string[]): string | undefined {
	const bySemver = new Map(versions.flatMap((version) => [[goSemver(version), version] as const]));
	const known = [...bySemver.keys()].filter((version) => version !== undefined);
	const newest = newestIn('*', known);
	const range = (() => {
		const text = asked.trim().replace(/^go(?=\d)/, '');
		if (text === 'stable') return '*';
		if (text === 'oldstable') return newest === undefined ? text : `<${newest.split('.').slice(0, 2).join('.')}`;
		// A prerelease is asked for as Go writes it.
		return /\d(?:beta|rc)\d/.test(text) ? (goSemver(text) ?? text) : text;
	})();
	const found = newestIn(range, known);
	return found === undefined ? undefined : bySemver.get(found);
}

/** The version that `go.mod`, `go.work`, `.tool-versions` or `.go-version` names; empty when it names none. */
export function goVersionIn(file: string, text: string, hasLocalToolchain: boolean): string {
	const name = file.slice(file.lastIndexOf('/') + 1);
	if (name === 'go.mod' || name === 'go.work') {
		const toolchain = hasLocalToolchain ? undefined : /^toolchain go(1\.\d+(?:\.\d+|rc\d+)?)/m.exec(text)?.[1];
		return toolchain ?? /^go (\d+(?:\.\d+)*)/m.exec(text)?.[1] ?? '';
	}
	if (name === '.tool-versions') return /^golang\s+([^\n#]+)/m.exec(text)?.[1]?.trim() ?? '';
	return text.trim();
}
