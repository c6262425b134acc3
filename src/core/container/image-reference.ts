/** The name of an image, taken apart. */
export interface ImageReference {
	/** `docker.io` where none is named. */
	readonly registry: string;
	/** `library/postgres` */
	readonly repository: string;
	readonly tag?: string;
	readonly digest?: string;
}

/** Takes the name of an image apart, by the rules of the registries; undefined when it cannot be one. */
export function imageReference(text: string): ImageReference | undefined {
	const [, name = '', tag, digest] = /^([^@]+?)(?::([\w][\w.-]{0,127}))?(?:@(sha256:[0-9a-f]{64}))?$/.exec(text) ?? [];
	const parts = name.split('/');
	const [first = ''] = parts;
	const hasRegistry = parts.length > 1 && (/[.:]/.test(first) || first === 'localhost');
	const path = hasRegistry ? parts.slice(1) : parts;
	if (name.length > 255 || !path.every((part) => /^[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*$/.test(part)))
		return undefined;
	if (hasRegistry && !/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{1,5})?$/i.test(first)) return undefined;
	const registry = hasRegistry && first !== 'index.docker.io' ? first : 'docker.io';
	return {
		registry,
		repository: registry === 'docker.io' && path.length === 1 ? `library/${path[0]}` : path.join('/'),
		...(tag === undefined ? {} : { tag }),
		...(digest === undefined ? {} : { digest }),
	};
}

/** Whether the name means another image tomorrow as a matter of course: the newest one. */
export function isNewest({ tag, digest }: ImageReference): boolean {
	return digest === undefined && (tag === undefined || tag === 'latest');
}

/** The name as an engine takes it: with the tag that is meant when none is written. */
export function fullName(text: string): string {
	const reference = imageReference(text);
	return reference !== undefined && reference.tag === undefined && reference.digest === undefined
		? `${text}:latest`
		: text;
}
