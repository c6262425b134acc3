/** Longest name of a file in an archive, in characters. */
const longestName = 4096;

/**
 * Looks at the names of an archive before any of it is written: undefined when this one is a place of its own inside the folder that
 * the archive is unpacked into, else what is wrong. One that is not makes the whole archive a lie.
 */
export function entryNames(): (name: string) => string | undefined {
	/** In lower case: `file`, or `folder` where something lies below. */
	const places = new Map<string, 'file' | 'folder'>();
	return (name) => {
		const wrong = nameProblem(name);
		if (wrong !== undefined) return wrong;
		const isFolder = name.endsWith('/');
		const parts = name.split('/').filter((part) => part !== '' && part !== '.');
		if (parts.length === 0) return isFolder || name === '.' ? undefined : 'the name is empty';
		const folded = parts.map((part) => part.toLowerCase());
		for (let length = 1; length < folded.length; length++) {
			const above = folded.slice(0, length).join('/');
			if (places.get(above) === 'file') return `${JSON.stringify(above)} is a file and a folder`;
			places.set(above, 'folder');
		}
		const place = folded.join('/');
		const known = places.get(place);
		if (isFolder) {
			if (known === 'file') return 'it is a file and a folder';
			places.set(place, 'folder');
			return undefined;
		}
		if (known !== undefined) return known === 'folder' ? 'it is a file and a folder' : 'it is there twice';
		places.set(place, 'file');
		return undefined;
	};
}

function nameProblem(name: string): string | undefined {
	if (name === '') return 'the name is empty';
	if (name.length > longestName) return `the name is longer than ${longestName} characters`;
	if (name.includes('\0')) return 'the name has a NUL character';
	if (name.includes('\\')) return 'the name has a backslash';
	if (name.startsWith('/') || /^[A-Za-z]:/.test(name)) return 'the name is an absolute path';
	if (name.split('/').includes('..')) return 'the name leads out of the folder';
	return undefined;
}
