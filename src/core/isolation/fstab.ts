/** One thing to mount. */
export interface MountEntry {
	readonly source: string;
	readonly target: string;
	readonly type: string;
	readonly options: readonly string[];
}

/** The file from which one `mount --all --fstab` makes them all, in order. */
export function fstab(entries: readonly MountEntry[]): string {
	return entries
		.map(
			({ source, target, type, options }) =>
				`${escapePath(source)} ${escapePath(target)} ${type} ${options.join(',')} 0 0\n`,
		)
		.join('');
}

/** Shows a file or folder at a second place; `readOnly` there, whatever its own rights are. */
export function bind(source: string, target: string, access: 'writable' | 'readOnly'): MountEntry {
	return { source, target, type: 'none', options: access === 'readOnly' ? ['bind', 'ro'] : ['bind'] };
}

/** White space and the backslash end or begin something in fstab. */
function escapePath(path: string): string {
	return path.replace(/[\s\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
