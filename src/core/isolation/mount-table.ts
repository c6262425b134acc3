/** One line of /proc/self/mountinfo: what is mounted where. */
export interface Mount {
	readonly point: string;
	readonly type: string;
}

/** A mount with its options: `rw`, `nosuid`, `nodev`, `noexec` ... */
export interface MountRow extends Mount {
	readonly options: readonly string[];
}

/** Reads /proc/self/mountinfo, in its order (a later mount at the same point hides the earlier one). */
export function parseMountTable(mountinfo: string): readonly MountRow[] {
	return mountinfo.split('\n').flatMap((line) => {
		const fields = line.split(' ');
		const point = fields[4];
		const type = fields[fields.indexOf('-', 6) + 1];
		if (point === undefined || type === undefined) return [];
		return [{ point: unescapeOctal(point), type, options: fields[5]?.split(',') ?? [] }];
	});
}

function unescapeOctal(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** The mount that a path is on: of several at one point the last, which hides the others. */
export function mountOf(mounts: readonly MountRow[], path: string): MountRow | undefined {
	const around = mounts.filter(({ point }) => isWithin(path, point));
	const depth = Math.max(...around.map(({ point }) => point.length));
	return around.findLast(({ point }) => point.length === depth);
}

/** Whether a path is a folder or below it; both absolute and normal. */
export function isWithin(path: string, folder: string): boolean {
	return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

/** Those that are not below another one. */
export function outermost(paths: readonly string[]): readonly string[] {
	return [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isWithin(path, other)));
}
