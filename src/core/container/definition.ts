import type { Json } from '../plan.ts';
import { failed, ok, type Problem, type Result } from '../result.ts';
import { imageReference } from './image-reference.ts';
import { type ContainerOptions, containerOptions, volumePowers } from './options.ts';
import { type PortMapping, portMappings } from './port-mapping.ts';
import { type Volume, volumeOf } from './volume.ts';
import { wordsOf } from './words.ts';

/** A container of a workflow, with all its values known. */
export interface ContainerDefinition {
	readonly image: string;
	readonly env: { readonly [name: string]: string };
	readonly ports: readonly PortMapping[];
	readonly volumes: readonly Volume[];
	readonly options: ContainerOptions['settings'];
	/** What of it reaches beyond the container, each as an option. */
	readonly powers: readonly string[];
	readonly credentials?: Credentials;
	/** Absent: the image's. */
	readonly entrypoint?: readonly string[];
	readonly command?: readonly string[];
}

/** Who asks a registry for an image. */
export interface Credentials {
	readonly username: string;
	readonly password: string;
}

/**
 * Reads `container`, or one of `services`, with all expressions evaluated; undefined where its image is empty, which as on GitHub
 * means that there is none. FB2102: it says something else than a container. `name` is what it is called in problems.
 */
export function containerDefinition(
	value: Json,
	{ name, where }: { readonly name: string; readonly where: string },
): Result<ContainerDefinition | undefined> {
	const refuse = (why: string, next: string): Problem => ({
		code: 'FB2102',
		what: `${name} cannot be made`,
		why,
		where,
		next,
	});
	const mapping = typeof value === 'string' || value === null ? { image: value ?? '' } : value;
	if (typeof mapping !== 'object' || Array.isArray(mapping))
		return failed(refuse('it is neither the name of an image nor a mapping', 'write: image: <name>:<tag>'));
	const parts = mapping as { readonly [key: string]: Json };
	const image = textOf(parts['image'])
		.trim()
		.replace(/^docker:\/\//, '');
	if (image === '') return ok(undefined);
	const problems: Problem[] = [];
	if (imageReference(image) === undefined && !/^sha256:[0-9a-f]{64}$/.test(image))
		problems.push(refuse(`'${image}' is no name of an image`, 'write <name>:<tag>, in lower case'));
	const options = containerOptions(textOf(parts['options']), where);
	if (!options.ok) return options;
	const { settings, powers } = options.value;
	const written = [...listOf(parts['volumes']), ...settings.volumes];
	const volumes = written.flatMap((text) => {
		const volume = volumeOf(text);
		if (volume === undefined)
			problems.push(refuse(`'${text}' is no volume`, 'write <name>:/<path>, /<folder>:/<path> or /<path>'));
		return volume ?? [];
	});
	const ports = [...listOf(parts['ports']), ...settings.ports].flatMap((text) => {
		const mappings = portMappings(text);
		if (mappings === undefined)
			problems.push(refuse(`'${text}' is no port`, 'write <port of this machine>:<port>, or <port>'));
		return mappings ?? [];
	});
	const words = { entrypoint: commandOf(parts['entrypoint']), command: commandOf(parts['command']) };
	if (words.entrypoint === false || words.command === false)
		problems.push(refuse('a quote is left open in its command', 'close it'));
	if (problems.length > 0) return failed(...problems);
	const credentials = credentialsOf(parts['credentials']);
	return ok({
		image,
		env: textsOf(parts['env']),
		ports,
		volumes,
		options: settings,
		powers: [...new Set([...powers, ...volumePowers(written)])],
		...(credentials === undefined ? {} : { credentials }),
		...(words.entrypoint ? { entrypoint: words.entrypoint } : {}),
		...(words.command ? { command: words.command } : {}),
	});
}

/** Undefined: nothing is written. False: it cannot be read. */
function commandOf(value: Json | undefined): readonly string[] | undefined | false {
	const text = textOf(value);
	return text.trim() === '' ? undefined : (wordsOf(text) ?? false);
}

/** Both parts must be there: as on GitHub, an empty one means that nobody signs in. */
function credentialsOf(value: Json | undefined): Credentials | undefined {
	const { username = '', password = '' } = textsOf(value);
	return username === '' || password === '' ? undefined : { username, password };
}

function listOf(value: Json | undefined): readonly string[] {
	return Array.isArray(value) ? value.map(textOf).filter((text) => text !== '') : [];
}

function textsOf(value: Json | undefined): { readonly [name: string]: string } {
	if (typeof value !== 'object' || value === null || Array.isArray(value)) return {};
	return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, textOf(inner)]));
}

function textOf(value: Json | undefined): string {
	return value === undefined || value === null || typeof value === 'object' ? '' : String(value);
}
