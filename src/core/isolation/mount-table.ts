/** One line of /proc/self/mountinfo: what is mounted where. */
export interface Mount {
	readonly point: string;
	readonly type: string;
}

/** Reads /proc/self/mountinfo, in its order (a later mount at the same point hides the earlier one). */
export function parseMountTable(mountinfo: string): readonly Mount[] {
	return mountinfo.split('\n').flatMap((line) => {
		const fields = line.split(' ');
		const point = fields[4];
		const type = fields[fields.indexOf('-', 6) + 1];
		return point === undefined || type === undefined ? [] : [{ point: unescapeOctal(point), type }];
	});
}

function unescapeOctal(text: string): string {
	return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

/** Whether a path is a folder or below it; both absolute and normal. */
export function isWithin(path: string, folder: string): boolean {
	return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}
