/**
 * A file's path relative to the workspace; undefined for anything outside, so that an annotation never points at a foreign file.
 * A relative path is taken from `base`, itself relative to the workspace or absolute.
 */
export function insideWorkspace(file: string, workspace: string, base = ''): string | undefined {
	if (/^[a-z][a-z0-9+.-]*:/i.test(file) || file.includes('\0')) return undefined;
	const from = base.startsWith('/') ? base : `${workspace}/${base}`;
	const absolute = normalized(file.startsWith('/') ? file : `${from}/${file}`);
	const inside = absolute?.startsWith(`${workspace}/`) === true ? absolute.slice(workspace.length + 1) : '';
	return inside === '' ? undefined : inside;
}

/** Without `.`, `..` and empty parts; undefined when it leads above the root. */
function normalized(path: string): string | undefined {
	const parts: string[] = [];
	for (const part of path.split('/')) {
		if (part === '' || part === '.') continue;
		if (part !== '..') parts.push(part);
		else if (parts.pop() === undefined) return undefined;
	}
	return `/${parts.join('/')}`;
}
