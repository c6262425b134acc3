/** The value at a path of fields of what was read from a file; undefined when there is none. */
export function fieldOf(value: unknown, ...path: readonly string[]): unknown {
	return path.reduce<unknown>(
		(inner, name) =>
			typeof inner === 'object' && inner !== null && Object.hasOwn(inner, name)
				? (inner as { readonly [name: string]: unknown })[name]
				: undefined,
		value,
	);
}

/** Text that is not empty. */
export function textOf(value: unknown): string | undefined {
	return typeof value === 'string' && value !== '' ? value : undefined;
}
