/** A repository's files as far as a starter looks: names, one level down, and what stands in a few of them. */
export interface RepositoryFiles {
	/** Paths below the root, `web/package.json`; folders end with `/`. */
	readonly paths: readonly string[];
	/** Text of those for which `isTelling` holds. */
	readonly texts: ReadonlyMap<string, string>;
}

/** One folder of it: the root, or one below. */
export interface RepositoryFolder {
	/** `.` for the root, else its name. */
	readonly path: string;
	has(name: string): boolean;
	/** The text of a file, empty when it is not there. */
	text(name: string): string;
	/** The names that a pattern fits. */
	names(pattern: RegExp): readonly string[];
}

/** Whether a starter wants to read the file of this name. */
export function isTelling(name: string): boolean {
	return (
		/^(package\.json|\.nvmrc|\.node-version|pyproject\.toml|setup\.(cfg|py)|tox\.ini|Pipfile|go\.(mod|work)|Cargo\.toml|CMakeLists\.txt|configure\.ac|\.gitmodules|\.gitattributes)$/.test(
			name,
		) ||
		/^(GNUm|m|M)akefile$/.test(name) ||
		/^(dev-|test-)?requirements[\w.-]*\.txt$/.test(name)
	);
}

/** The root, then the folders one level down that hold sources. */
export function foldersOf({ paths, texts }: RepositoryFiles): readonly RepositoryFolder[] {
	const below = new Set(paths.flatMap((path) => (path.includes('/') ? [path.slice(0, path.indexOf('/'))] : [])));
	const names = [...below].filter(
		(name) =>
			!/^\.|^(node_modules|vendor|third_party|dist|build|out|target|venv|env|tests?|testdata|fixtures|docs|examples?)$/.test(
				name,
			),
	);
	return ['.', ...names.sort()].map((path) => {
		const prefix = path === '.' ? '' : `${path}/`;
		const own = paths.filter((other) => other.startsWith(prefix)).map((other) => other.slice(prefix.length));
		const known = new Set(own);
		return {
			path,
			has: (name) => known.has(name),
			text: (name) => texts.get(prefix + name) ?? '',
			names: (pattern) => own.filter((name) => pattern.test(name)),
		};
	});
}
