import { ok, type Result } from '../result.ts';
import { type Entry, YamlFile } from '../yaml-file.ts';
import type { Application, Service } from './application.ts';
import { type ComposeReader, textOf } from './compose-reader.ts';
import { readService } from './compose-service.ts';

/** A Compose file as Footbridge runs it, and what of it has no effect here. */
export interface ComposeFile {
	readonly application: Application;
	/** One sentence each; shown, never swallowed. */
	readonly notes: readonly string[];
}

/** Reads a Compose file with `variables` for its `${...}`. Problems FB1601, each with its line. */
export function parseCompose(
	text: string,
	path: string,
	variables: { readonly [name: string]: string },
): Result<ComposeFile> {
	const file = new YamlFile(path, text, 'FB1601');
	const top = file.entries(file.root, path);
	const reader: ComposeReader = { file, variables, notes: new Set() };
	readTop(reader, top);
	const entries = file.entries(top.get('services')?.value, '`services`');
	const services = [...entries].map(([name, entry]) => readService(reader, name, entry));
	if (services.length === 0 && file.problems.length === 0)
		file.refuse(top.get('services')?.key ?? file.root, 'there is no service', { next: 'add one below `services:`' });
	const volumes = volumesOf(reader, top.get('volumes'));
	if (file.problems.length === 0) {
		checkDependencies(reader, services, entries);
		checkVolumes(reader, { services, volumes }, entries);
	}
	if (file.problems.length > 0) return { ok: false, error: file.problems };
	return ok({ application: { services, volumes }, notes: [...reader.notes] });
}

function readTop({ file, notes }: ComposeReader, top: ReadonlyMap<string, Entry>): void {
	for (const [name, { key }] of top) {
		if (['services', 'volumes'].includes(name) || name.startsWith('x-')) continue;
		if (['version', 'name'].includes(name)) notes.add(`${name} has no effect (${file.where(key)})`);
		else
			file.refuse(key, `${name} is not supported`, {
				why: 'services run as processes of this machine',
				next: `remove ${name}`,
			});
	}
}

function volumesOf(reader: ComposeReader, entry: Entry | undefined): readonly string[] {
	const volumes = reader.file.entries(entry?.value, '`volumes`');
	for (const [name, { key, value }] of volumes) {
		if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) reader.file.refuse(key, `${name} cannot be the name of a volume`);
		for (const [setting, given] of reader.file.entries(value, `volume ${name}`)) {
			if (setting === 'driver' && textOf(reader, given.value, setting) === 'local') continue;
			if (['name', 'labels'].includes(setting))
				reader.notes.add(
					`${setting} of volume ${name} has no effect: it is a folder of the environment (${reader.file.where(given.key)})`,
				);
			else
				reader.file.refuse(given.key, `${setting} of volume ${name} is not supported`, {
					why: 'a volume is a folder of its environment',
				});
		}
	}
	return [...volumes.keys()];
}

function checkDependencies(
	{ file }: ComposeReader,
	services: readonly Service[],
	entries: ReadonlyMap<string, Entry>,
): void {
	const byName = new Map(services.map((service) => [service.name, service]));
	const place = (name: string) =>
		file.entries(entries.get(name)?.value, name).get('depends_on')?.key ?? entries.get(name)?.key;
	for (const service of services) {
		for (const { service: needed, condition } of service.dependsOn) {
			const other = byName.get(needed);
			if (other === undefined)
				file.refuse(place(service.name), `service ${service.name} depends on ${needed}, which is not there`);
			else if (condition === 'service_healthy' && other.healthcheck === undefined) {
				file.refuse(
					place(service.name),
					`service ${service.name} waits for ${needed} to be healthy, and ${needed} has no healthcheck`,
				);
			}
		}
	}
	const circle = circleOf(services);
	if (file.problems.length > 0 || circle.length === 0) return;
	file.refuse(place(circle[0] ?? ''), `the services depend on each other in a circle: ${circle.join(' → ')}`);
}

/** One circle of dependencies, its first service again at the end; nothing when there is none. */
function circleOf(services: readonly Service[]): readonly string[] {
	const { left } = ordered(services);
	const path: string[] = [];
	// Everything that is left depends on something that is left: following it must come back.
	for (let name = left[0]?.name; name !== undefined; ) {
		const at = path.indexOf(name);
		path.push(name);
		if (at !== -1) return path.slice(at);
		const needed = left.find((service) => service.name === name)?.dependsOn ?? [];
		name = needed.find(({ service }) => left.some((other) => other.name === service))?.service;
	}
	return [];
}

function checkVolumes({ file }: ComposeReader, application: Application, entries: ReadonlyMap<string, Entry>): void {
	for (const { name, volumes = [] } of application.services) {
		const place = file.entries(entries.get(name)?.value, name).get('volumes')?.key;
		for (const volume of volumes) {
			if (!application.volumes.includes(volume.name))
				file.refuse(place, `volume ${volume.name} of service ${name} is not declared`, {
					next: `add it below \`volumes:\` of the file`,
				});
		}
		if (new Set(volumes.map(({ path }) => path)).size < volumes.length)
			file.refuse(place, `two volumes of service ${name} are at the same path`);
	}
}

/** Services so that each comes after all that it depends on; undefined when they go in a circle. */
export function startOrder(services: readonly Service[]): readonly Service[] | undefined {
	const { order, left } = ordered(services);
	return left.length === 0 ? order : undefined;
}

function ordered(services: readonly Service[]): {
	readonly order: readonly Service[];
	readonly left: readonly Service[];
} {
	const order: Service[] = [];
	let left = [...services];
	for (;;) {
		const ready = left.filter((service) =>
			service.dependsOn.every((needed) => order.some((other) => other.name === needed.service)),
		);
		if (ready.length === 0) return { order, left };
		order.push(...ready);
		left = left.filter((service) => !ready.includes(service));
	}
}

/** Names of all services that one depends on, directly or through others. */
export function dependenciesOf(services: readonly Service[], name: string): ReadonlySet<string> {
	const found = new Set<string>();
	const visit = (from: string) => {
		for (const { service } of services.find((other) => other.name === from)?.dependsOn ?? []) {
			if (found.has(service)) continue;
			found.add(service);
			visit(service);
		}
	};
	visit(name);
	return found;
}
