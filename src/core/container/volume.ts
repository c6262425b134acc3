/** What a container sees at a path. */
export interface Volume {
	/** A folder of this machine, a volume of the engine by its name, or one without a name. */
	readonly kind: 'folder' | 'named' | 'anonymous';
	/** Empty for one without a name. */
	readonly source: string;
	readonly target: string;
	readonly isReadOnly: boolean;
}

/** Reads `name:/path`, `/folder:/path:ro` and `/path` as `docker run -v` does; undefined when it is none of these. */
export function volumeOf(text: string): Volume | undefined {
	const parts = text.split(':');
	if (parts.length === 1)
		return isPath(text) ? { kind: 'anonymous', source: '', target: text, isReadOnly: false } : undefined;
	const [source = '', target = '', flags = '', ...rest] = parts;
	if (rest.length > 0 || !isPath(target)) return undefined;
	const known = flags === '' ? [] : flags.split(',');
	if (!known.every((flag) => ['ro', 'rw', 'z', 'Z', 'cached', 'delegated', 'consistent', 'nocopy'].includes(flag)))
		return undefined;
	const isReadOnly = known.includes('ro');
	if (source.startsWith('/')) return isPath(source) ? { kind: 'folder', source, target, isReadOnly } : undefined;
	return /^[A-Za-z0-9][\w.-]*$/.test(source) ? { kind: 'named', source, target, isReadOnly } : undefined;
}

/** A volume with a name is the job's own, and goes with it: what one job leaves there, no other one finds. */
export function ownVolumes(volumes: readonly Volume[], id: string): readonly Volume[] {
	return volumes.map((volume) =>
		volume.kind === 'named' ? { ...volume, source: `footbridge-${id}-${volume.source}` } : volume,
	);
}

function isPath(text: string): boolean {
	return text.startsWith('/') && text !== '/' && !text.split('/').includes('..') && !text.includes('\0');
}
