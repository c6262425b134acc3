import { isMap, isScalar, isSeq } from 'yaml';
import { durationMs } from '../duration.ts';
import { ok, type Result } from '../result.ts';
import { type Entry, YamlFile } from '../yaml-file.ts';
import type { Application, Healthcheck, Service } from './application.ts';
import { interpolate } from './interpolate.ts';

/** A Compose file as Footbridge runs it, and what of it has no effect here. */
export interface ComposeFile {
	readonly application: Application;
	/** One sentence each; shown, never swallowed. */
	readonly notes: readonly string[];
}

const used = ['command', 'environment', 'ports', 'healthcheck', 'depends_on', 'working_dir', 'stop_grace_period'];
/** Settings that a process beside a `command` can do without: they are told as notes. */
const harmless = [
	'image',
	'build',
	'restart',
	'labels',
	'container_name',
	'init',
	'tty',
	'stdin_open',
	'expose',
	'platform',
	'pull_policy',
];

/** Reads a Compose file with `variables` for its `${...}`. Problems FB1601, each with its line. */
export function parseCompose(
	text: string,
	path: string,
	variables: { readonly [name: string]: string },
): Result<ComposeFile> {
	const file = new YamlFile(path, text, 'FB1601');
	const top = file.entries(file.root, path);
	const reader: Reader = { file, variables, notes: [] };
	for (const [name, { key }] of top) {
		if (['services', 'name', 'version', 'volumes'].includes(name) || name.startsWith('x-')) continue;
		file.refuse(key, `${name} is not supported`, {
			why: 'services run as processes of this machine',
			next: `remove ${name}`,
		});
	}
	const services = [...file.entries(top.get('services')?.value, '`services`')].map(([name, entry]) =>
		serviceOf(reader, name, entry),
	);
	if (services.length === 0 && file.problems.length === 0)
		file.refuse(file.root, 'there is no service', { next: 'add one below `services:`' });
	if (file.problems.length === 0) checkDependencies(reader, services, top);
	if (file.problems.length > 0) return { ok: false, error: file.problems };
	const volumes = [...file.entries(top.get('volumes')?.value, '`volumes`').keys()];
	return ok({ application: { services, volumes }, notes: reader.notes });
}

interface Reader {
	readonly file: YamlFile;
	readonly variables: { readonly [name: string]: string };
	readonly notes: string[];
}

function serviceOf(reader: Reader, name: string, { key, value }: Entry): Service {
	const { file } = reader;
	const what = `service ${name}`;
	if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(name)) file.refuse(key, `${name} cannot be the name of a service`);
	const entries = file.entries(value, what);
	for (const [setting, entry] of entries) {
		if (used.includes(setting) || setting.startsWith('x-')) continue;
		if (harmless.includes(setting))
			reader.notes.push(`${setting} of ${what} has no effect: it runs as a process (${file.where(entry.key)})`);
		else
			file.refuse(entry.key, `${setting} of ${what} is not supported`, {
				next: `remove it; supported are ${used.join(', ')}`,
			});
	}
	if (!entries.has('command')) {
		file.refuse(key, `${what} has no command`, {
			why: 'services run as processes of this machine, not from an image',
			next: `say how it starts: command: node server.js`,
		});
	}
	const healthcheck = healthcheckOf(reader, entries.get('healthcheck'), what);
	return {
		name,
		command: commandOf(reader, entries.get('command')?.value, `command of ${what}`),
		environment: environmentOf(reader, entries.get('environment')?.value, what),
		workingDirectory: folderOf(reader, entries.get('working_dir'), what),
		ports: portsOf(reader, entries.get('ports')?.value, what),
		dependsOn: dependenciesOf(reader, entries.get('depends_on')?.value, what),
		stopGraceMs: duration(reader, entries.get('stop_grace_period'), `stop_grace_period of ${what}`, 10_000),
		...(healthcheck === undefined ? {} : { healthcheck }),
	};
}

function commandOf(reader: Reader, node: unknown, what: string): Service['command'] {
	if (!isSeq(node)) return { shell: textOf(reader, node, what) };
	return { argv: node.items.map((item) => textOf(reader, item, what)) };
}

function environmentOf(reader: Reader, node: unknown, what: string): { readonly [name: string]: string } {
	if (!isSeq(node)) {
		return Object.fromEntries(
			[...reader.file.entries(node, `environment of ${what}`)].map(([name, { value }]) => [
				name,
				textOf(reader, value, name),
			]),
		);
	}
	return Object.fromEntries(
		node.items.map((item) => {
			const text = textOf(reader, item, `environment of ${what}`);
			const at = text.indexOf('=');
			return at === -1 ? [text, reader.variables[text] ?? ''] : [text.slice(0, at), text.slice(at + 1)];
		}),
	);
}

/** Container ports, from `8080:3000`, `127.0.0.1:8080:3000/tcp`, `3000` and the long form. */
function portsOf(reader: Reader, node: unknown, what: string): readonly string[] {
	if (node === undefined || node === null) return [];
	if (!isSeq(node)) return reader.file.refuse(node, `ports of ${what} must be a list`) ?? [];
	return node.items.map((item) => {
		const text = isMap(item)
			? textOf(reader, item.get('target', true), 'target')
			: textOf(reader, item, `ports of ${what}`);
		const port = /(\d+)(\/tcp)?$/.exec(text)?.[1];
		if (port === undefined)
			reader.file.refuse(item, `${text} is not a port of ${what}`, { next: 'write it as "3000" or "8080:3000"' });
		return port ?? '0';
	});
}

function dependenciesOf(reader: Reader, node: unknown, what: string): Service['dependsOn'] {
	if (isSeq(node))
		return node.items.map((item) => ({
			service: textOf(reader, item, `depends_on of ${what}`),
			condition: 'service_started' as const,
		}));
	return [...reader.file.entries(node, `depends_on of ${what}`)].map(([service, { value }]) => {
		const settings = reader.file.entries(value, `depends_on ${service} of ${what}`);
		const condition = settings.has('condition')
			? textOf(reader, settings.get('condition')?.value, 'condition')
			: 'service_started';
		if (condition === 'service_started' || condition === 'service_healthy') return { service, condition };
		reader.file.refuse(settings.get('condition')?.value, `condition ${condition} is not supported`, {
			next: 'use service_started or service_healthy',
		});
		return { service, condition: 'service_started' as const };
	});
}

function healthcheckOf(reader: Reader, entry: Entry | undefined, what: string): Healthcheck | undefined {
	if (entry === undefined) return undefined;
	const entries = reader.file.entries(entry.value, `healthcheck of ${what}`);
	reader.file.onlyKeys(
		entries,
		['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'],
		`healthcheck of ${what}`,
	);
	if (textOf(reader, entries.get('disable')?.value, 'disable') === 'true') return undefined;
	const test = testOf(reader, entries.get('test')?.value, what);
	if (test === undefined) return undefined;
	return {
		test,
		intervalMs: duration(reader, entries.get('interval'), 'interval', 30_000),
		timeoutMs: duration(reader, entries.get('timeout'), 'timeout', 30_000),
		retries: Number(entries.has('retries') ? textOf(reader, entries.get('retries')?.value, 'retries') : 3) || 3,
		startPeriodMs: duration(reader, entries.get('start_period'), 'start_period', 0),
	};
}

function testOf(reader: Reader, node: unknown, what: string): Healthcheck['test'] | undefined {
	if (!isSeq(node))
		return node === undefined
			? reader.file.refuse(node, `healthcheck of ${what} has no test`)
			: { shell: textOf(reader, node, 'test') };
	const [kind, ...words] = node.items.map((item) => textOf(reader, item, 'test'));
	if (kind === 'NONE') return undefined;
	if (kind === 'CMD') return { argv: words };
	if (kind === 'CMD-SHELL') return { shell: words.join(' ') };
	return reader.file.refuse(node, `test of ${what} begins with ${kind}`, {
		next: 'begin it with CMD, CMD-SHELL or NONE',
	});
}

function folderOf(reader: Reader, entry: Entry | undefined, what: string): string {
	const folder = textOf(reader, entry?.value, `working_dir of ${what}`);
	if (/^\/|(^|\/)\.\.(\/|$)/.test(folder))
		reader.file.refuse(entry?.value, `working_dir of ${what} must be a folder of the repository`);
	return folder.replace(/^\.\/?/, '');
}

function duration(reader: Reader, entry: Entry | undefined, what: string, otherwise: number): number {
	if (entry === undefined) return otherwise;
	const text = textOf(reader, entry.value, what);
	const ms = durationMs(text);
	if (ms === undefined)
		reader.file.refuse(entry.value, `${what} is ${text}`, { next: 'write a duration such as 5s or 1m30s' });
	return ms ?? otherwise;
}

function textOf(reader: Reader, node: unknown, what: string): string {
	const text = isScalar(node) || node === null || node === undefined ? (reader.file.text(node, what) ?? '') : '';
	if (!isScalar(node) && node !== null && node !== undefined) reader.file.refuse(node, `${what} must be text`);
	const filled = interpolate(text, reader.variables);
	if (!filled.ok) reader.file.refuse(node, filled.error);
	return filled.ok ? filled.value : text;
}

function checkDependencies(reader: Reader, services: readonly Service[], top: ReadonlyMap<string, Entry>): void {
	const node = top.get('services')?.value;
	const byName = new Map(services.map((service) => [service.name, service]));
	for (const service of services) {
		for (const { service: needed, condition } of service.dependsOn) {
			const other = byName.get(needed);
			if (other === undefined)
				reader.file.refuse(node, `service ${service.name} depends on ${needed}, which is not there`);
			else if (condition === 'service_healthy' && other.healthcheck === undefined) {
				reader.file.refuse(
					node,
					`service ${service.name} waits for ${needed} to be healthy, and ${needed} has no healthcheck`,
				);
			}
		}
	}
	if (reader.file.problems.length === 0 && startOrder(services) === undefined)
		reader.file.refuse(node, 'the services depend on each other in a circle');
}

/** Services so that each comes after all that it depends on; undefined when they go in a circle. */
export function startOrder(services: readonly Service[]): readonly Service[] | undefined {
	const order: Service[] = [];
	let left = [...services];
	while (left.length > 0) {
		const ready = left.filter((service) =>
			service.dependsOn.every((needed) => order.some((other) => other.name === needed.service)),
		);
		if (ready.length === 0) return undefined;
		order.push(...ready);
		left = left.filter((service) => !ready.includes(service));
	}
	return order;
}
