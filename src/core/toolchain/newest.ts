import { maxSatisfying, rcompare, satisfies, valid, validRange } from 'semver';

/** The newest version that a range names; none when the range cannot be read. Prereleases count only where the range names one. */
export function newestIn(range: string, versions: readonly string[]): string | undefined {
	const asked = range.trim();
	if (validRange(asked, { loose: true }) === null) return undefined;
	return maxSatisfying(versions.filter(isVersion), asked, { loose: true }) ?? undefined;
}

/** Whether it is one version and no range. */
export function isVersion(text: string): boolean {
	return valid(text, { loose: true }) !== null;
}

/** Versions that come nearest to what was asked for and cannot be had: of the same major version, else the newest. */
export function nearestTo(range: string, versions: readonly string[]): readonly string[] {
	const known = versions.filter(isVersion).toSorted((a, b) => rcompare(a, b, { loose: true }));
	const [major, minor] = /\d+(?:\.\d+)?/.exec(range)?.[0].split('.') ?? [];
	const wished = [`${major}.${minor}`, `${major}`].map((line) => known.filter((version) => satisfies(version, line)));
	return (wished.find((line) => line.length > 0) ?? known).slice(0, 3);
}
