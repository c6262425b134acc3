import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Where PATH has a program, or undefined. */
export function programPath(name: string, path = process.env['PATH'] ?? ''): string | undefined {
	for (const folder of path.split(delimiter)) {
		if (folder === '') continue;
		const file = join(folder, name);
		try {
			accessSync(file, constants.X_OK);
			if (statSync(file).isFile()) return file;
		} catch {
			// The next folder may have it.
		}
	}
	return undefined;
}
