import { fieldOf, textOf } from './fields.ts';

/** A package manager as `packageManager` and `devEngines` of a manifest name it. */
export interface NamedManager {
	readonly name: string;
	/** A version or a range; what follows a plus sign is its hash. */
	readonly version: string;
}

/** What the text of a manifest names as the package manager: `packageManager` before `devEngines`. */
export function packageManagerIn(text: string): NamedManager | undefined {
	const manifest = parsed(text);
	const written = textOf(fieldOf(manifest, 'packageManager'));
	const [, name, version] = /^\^?([a-z]+)@([^+]+)/.exec(written ?? '') ?? [];
	if (name !== undefined && version !== undefined) return { name, version };
	for (const one of [fieldOf(manifest, 'devEngines', 'packageManager') ?? []].flat()) {
		const [named, range] = [textOf(fieldOf(one, 'name')), textOf(fieldOf(one, 'version'))];
		if (named !== undefined && range !== undefined) return { name: named, version: range };
	}
	return undefined;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
