/** A published weakness of git that a repository can use against whoever clones or reads it. */
interface Advisory {
	readonly name: string;
	readonly what: string;
	/** The first mended version of each line, newest line first. */
	readonly mended: readonly string[];
}

/** docs: github.com/git/git/security/advisories. */
const advisories: readonly Advisory[] = [
	{
		name: 'CVE-2025-48384',
		what: 'a submodule path that ends in a carriage return runs a hook',
		mended: ['2.50.1', '2.49.1', '2.48.2', '2.47.3', '2.46.4', '2.45.4', '2.44.4', '2.43.7'],
	},
	{
		name: 'CVE-2025-48385',
		what: 'a bundle URI writes files anywhere',
		mended: ['2.50.1', '2.49.1', '2.48.2', '2.47.3', '2.46.4', '2.45.4', '2.44.4', '2.43.7'],
	},
	{
		name: 'CVE-2024-52006',
		what: 'a carriage return in a URL takes credentials to another host',
		mended: ['2.48.1', '2.47.2', '2.46.3', '2.45.3', '2.44.3', '2.43.6', '2.42.4', '2.41.3', '2.40.4'],
	},
	{
		name: 'CVE-2024-32002',
		what: 'a clone with submodules runs a hook of the repository',
		mended: ['2.45.1', '2.44.1', '2.43.4', '2.42.2', '2.41.1', '2.40.2', '2.39.4'],
	},
	{
		name: 'CVE-2023-25652',
		what: 'a patch writes outside the work tree',
		mended: [
			'2.40.1',
			'2.39.3',
			'2.38.5',
			'2.37.7',
			'2.36.6',
			'2.35.8',
			'2.34.8',
			'2.33.8',
			'2.32.7',
			'2.31.8',
			'2.30.9',
		],
	},
];

/** The published weaknesses that a version of git has, as far as its number tells. */
export function weaknessesOf(version: string): readonly Pick<Advisory, 'name' | 'what'>[] {
	const own = partsOf(version);
	return advisories.filter(({ mended }) => {
		const newest = partsOf(mended[0] ?? '');
		if (compare(own, newest) >= 0) return false;
		const line = mended.map(partsOf).find(([major, minor]) => major === own[0] && minor === own[1]);
		return line === undefined || compare(own, line) < 0;
	});
}

/** Whether a version comes before another one. */
export function isOlder(version: string, than: string): boolean {
	return compare(partsOf(version), partsOf(than)) < 0;
}

function partsOf(version: string): readonly [number, number, number] {
	const [major = 0, minor = 0, patch = 0] = (version.match(/\d+/g) ?? []).map(Number);
	return [major, minor, patch];
}

function compare(a: readonly number[], b: readonly number[]): number {
	const index = a.findIndex((part, at) => part !== b[at]);
	return index < 0 ? 0 : (a[index] ?? 0) - (b[index] ?? 0);
}
