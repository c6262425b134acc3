import { isMap, isSeq, type Node } from 'yaml';
import type { Entry } from '../yaml-file.ts';
import type { Healthcheck, Service, VolumeMount } from './application.ts';
import { type ComposeReader, durationOf, isNothing, listOf, textOf } from './compose-reader.ts';

const used = [
	'command',
	'environment',
	'ports',
	'healthcheck',
	'depends_on',
	'working_dir',
	'stop_grace_period',
	'volumes',
];
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

/** Reads one service; problems are kept in the reader's file. */
export function readService(reader: ComposeReader, name: string, { key, value }: Entry): Service {
	const { file } = reader;
	const what = `service ${name}`;
	// A name is a file's name, and a key of plain objects.
	if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/.test(name) || name in {})
		file.refuse(key, `${name} cannot be the name of a service`, { next: 'use letters, digits, - and _' });
	const entries = file.entries(value, what);
	for (const [setting, entry] of entries) {
		if (used.includes(setting) || setting.startsWith('x-')) continue;
		if (harmless.includes(setting))
			reader.notes.add(`${setting} of ${what} has no effect: it runs as a process (${file.where(entry.key)})`);
		else
			file.refuse(entry.key, `${setting} of ${what} is not supported`, {
				next: `remove it; supported are ${used.join(', ')}`,
			});
	}
	const healthcheck = healthcheckOf(reader, entries.get('healthcheck'), what);
	const volumes = listOf(reader, entries.get('volumes'), `volumes of ${what}`).flatMap(
		(item) => volumeOf(reader, item, what) ?? [],
	);
	return {
		name,
		command: commandOf(reader, entries.get('command'), { what, key }),
		environment: environmentOf(reader, entries.get('environment')?.value, what),
		workingDirectory: folderOf(reader, entries.get('working_dir'), what),
		ports: portsOf(reader, entries.get('ports'), what),
		dependsOn: dependenciesOf(reader, entries.get('depends_on')?.value, what),
		stopGraceMs: durationOf(reader, entries.get('stop_grace_period'), {
			what: `stop_grace_period of ${what}`,
			otherwise: 10_000,
		}),
		...(healthcheck === undefined ? {} : { healthcheck }),
		...(volumes.length === 0 ? {} : { volumes }),
	};
}

function commandOf(
	reader: ComposeReader,
	entry: Entry | undefined,
	{ what, key }: { readonly what: string; readonly key: Node },
): Service['command'] {
	const node = entry?.value;
	const isList = isSeq(node);
	const words = isList
		? reader.file.items(node).map((item) => textOf(reader, item, `command of ${what}`))
		: [textOf(reader, node, `command of ${what}`)];
	if (words[0] === undefined || words[0].trim() === '') {
		reader.file.refuse(entry?.key ?? key, `${what} has no command`, {
			why: 'services run as processes of this machine, not from an image',
			next: 'say how it starts: command: node server.js',
		});
	}
	return isList ? { argv: words } : { shell: words[0] ?? '' };
}

/** A name without a value is taken from the variables; one that is not there is left out. */
function environmentOf(reader: ComposeReader, node: unknown, what: string): { readonly [name: string]: string } {
	const environment: [string, string][] = [];
	const add = (at: unknown, name: string, value: string | undefined) => {
		if (name === '' || /[=\0]/.test(name))
			reader.file.refuse(at, `${name} cannot be the name of a variable of ${what}`);
		const given = value ?? (Object.hasOwn(reader.variables, name) ? reader.variables[name] : undefined);
		if (given === undefined)
			reader.notes.add(`the variable ${name} of ${what} has no value, it is left out (${reader.file.where(at)})`);
		else environment.push([name, given]);
	};
	if (isSeq(node)) {
		for (const item of reader.file.items(node)) {
			const text = textOf(reader, item, `environment of ${what}`);
			const at = text.indexOf('=');
			if (at === -1) add(item, text, undefined);
			else add(item, text.slice(0, at), text.slice(at + 1));
		}
	} else {
		for (const [name, { key, value }] of reader.file.entries(node, `environment of ${what}`))
			add(key, name, isNothing(value) ? undefined : textOf(reader, value, `${name} of ${what}`));
	}
	return Object.fromEntries(environment);
}

/** Container ports, from `3000`, `8080:3000`, `127.0.0.1:8080:3000/tcp` and the long form. */
function portsOf(reader: ComposeReader, entry: Entry | undefined, what: string): readonly string[] {
	const ports = listOf(reader, entry, `ports of ${what}`).flatMap((item) => {
		const long = isMap(item) ? reader.file.entries(item, `a port of ${what}`) : undefined;
		if (long !== undefined)
			reader.file.onlyKeys(
				long,
				['target', 'published', 'protocol', 'mode', 'host_ip', 'name', 'app_protocol'],
				`a port of ${what}`,
			);
		const part = (name: string) => textOf(reader, long?.get(name)?.value, `${name} of a port of ${what}`);
		const text =
			long === undefined
				? textOf(reader, item, `ports of ${what}`)
				: `${part('published')}:${part('target')}/${part('protocol') || 'tcp'}`;
		const [, published = '', port = ''] = /^(?:(.*):)?(\d{1,5})(?:\/tcp)?$/.exec(text) ?? [];
		if (port === '' || Number(port) < 1 || Number(port) > 65_535) {
			reader.file.refuse(item, `${text} is not a port of ${what}`, {
				next: 'write one TCP port as "3000" or "8080:3000"',
			});
			return [];
		}
		if (published !== '')
			reader.notes.add(
				`${published} of ${what} is not opened: users reach the environment at its \`port\` in footbridge.yaml (${reader.file.where(item)})`,
			);
		return [String(Number(port))];
	});
	return [...new Set(ports)];
}

function dependenciesOf(reader: ComposeReader, node: unknown, what: string): Service['dependsOn'] {
	if (isSeq(node))
		return reader.file.items(node).map((item) => ({
			service: textOf(reader, item, `depends_on of ${what}`),
			condition: 'service_started' as const,
		}));
	return [...reader.file.entries(node, `depends_on of ${what}`)].map(([service, { value }]) => {
		const settings = reader.file.entries(value, `depends_on ${service} of ${what}`);
		reader.file.onlyKeys(settings, ['condition', 'restart', 'required'], `depends_on ${service} of ${what}`);
		for (const setting of ['restart', 'required']) {
			const given = settings.get(setting);
			if (given !== undefined)
				reader.notes.add(`${setting} of depends_on of ${what} has no effect (${reader.file.where(given.key)})`);
		}
		const given = settings.get('condition');
		const condition = given === undefined ? 'service_started' : textOf(reader, given.value, `a condition of ${what}`);
		if (condition === 'service_started' || condition === 'service_healthy') return { service, condition };
		reader.file.refuse(given?.value, `condition ${condition} of ${what} is not supported`, {
			next: 'use service_started or service_healthy',
		});
		return { service, condition: 'service_started' as const };
	});
}

function healthcheckOf(reader: ComposeReader, entry: Entry | undefined, service: string): Healthcheck | undefined {
	if (entry === undefined) return undefined;
	const what = `healthcheck of ${service}`;
	const entries = reader.file.entries(entry.value, what);
	reader.file.onlyKeys(
		entries,
		['test', 'interval', 'timeout', 'retries', 'start_period', 'start_interval', 'disable'],
		what,
	);
	const often = entries.get('start_interval');
	if (often !== undefined)
		reader.notes.add(
			`start_interval of ${service} has no effect: a starting service is asked all the time (${reader.file.where(often.key)})`,
		);
	if (textOf(reader, entries.get('disable')?.value, `disable of ${what}`) === 'true') return undefined;
	const test = testOf(reader, entries.get('test'), { what, key: entry.key });
	if (test === undefined) return undefined;
	const duration = (name: string, otherwise: number) =>
		durationOf(reader, entries.get(name), { what: `${name} of ${what}`, otherwise });
	return {
		test,
		intervalMs: duration('interval', 30_000),
		timeoutMs: duration('timeout', 30_000) || 30_000,
		retries: retriesOf(reader, entries.get('retries'), what),
		startPeriodMs: duration('start_period', 0),
	};
}

function retriesOf(reader: ComposeReader, entry: Entry | undefined, what: string): number {
	if (entry === undefined) return 3;
	const text = textOf(reader, entry.value, `retries of ${what}`);
	if (/^\d{1,6}$/.test(text)) return Math.max(1, Number(text));
	reader.file.refuse(entry.value, `retries of ${what} is ${text}`, { next: 'write a whole number' });
	return 3;
}

function testOf(
	reader: ComposeReader,
	entry: Entry | undefined,
	{ what, key }: { readonly what: string; readonly key: Node },
): Healthcheck['test'] | undefined {
	const node = entry?.value;
	if (isNothing(node)) return reader.file.refuse(entry?.key ?? key, `${what} has no test`);
	if (!isSeq(node)) return { shell: textOf(reader, node, `test of ${what}`) };
	const [kind = 'nothing', ...words] = reader.file.items(node).map((item) => textOf(reader, item, `test of ${what}`));
	if (kind === 'NONE') return undefined;
	if (kind === 'CMD' && words.length > 0) return { argv: words };
	if (kind === 'CMD-SHELL' && words.length === 1) return { shell: words[0] ?? '' };
	if (kind === 'CMD' || kind === 'CMD-SHELL')
		return reader.file.refuse(node, `test of ${what} has ${words.length} words after ${kind}`, {
			next: 'write ["CMD", "program", "argument"...] or ["CMD-SHELL", "one line for a shell"]',
		});
	return reader.file.refuse(node, `test of ${what} begins with ${kind}`, {
		next: 'begin it with CMD, CMD-SHELL or NONE',
	});
}

/** A named volume, `name:/path[:ro]` or the long form. What is the machine's own cannot be handed to a version. */
function volumeOf(reader: ComposeReader, item: unknown, what: string): VolumeMount | undefined {
	const long = isMap(item) ? reader.file.entries(item, `a volume of ${what}`) : undefined;
	if (long !== undefined) reader.file.onlyKeys(long, ['type', 'source', 'target', 'read_only'], `a volume of ${what}`);
	const part = (name: string) => textOf(reader, long?.get(name)?.value, `${name} of a volume of ${what}`);
	const text = long === undefined ? textOf(reader, item, `volumes of ${what}`) : '';
	const [source = '', target = '', mode = ''] =
		long === undefined ? text.split(':') : [part('source'), part('target'), part('read_only') === 'true' ? 'ro' : ''];
	const type = long === undefined ? 'volume' : part('type');
	const refuse = (why: string) =>
		reader.file.refuse(item, `${text || source || type} of ${what} is not supported`, {
			why,
			next: 'use a named volume, data:/var/lib/data, and declare it below `volumes:`',
		});
	if (type !== 'volume') return refuse(`it is of type ${type}`);
	if (/^[./~]/.test(source)) return refuse('it names a folder of a machine; a version has its own code, and volumes');
	if (!/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(source)) return refuse('a volume needs a name');
	if (!['', 'rw', 'ro'].includes(mode)) return refuse(`${mode} is neither ro nor rw`);
	if (
		!/^\/[^/\0]/.test(target) ||
		/\/\.{1,2}(\/|$)|\/\//.test(target) ||
		/^\/(proc|sys|dev|srv\/(app|data|node))(\/|$)/.test(target)
	)
		return refuse(`it cannot be at ${target || 'no path'}`);
	return { name: source, path: target.replace(/\/$/, ''), isReadOnly: mode === 'ro' };
}

function folderOf(reader: ComposeReader, entry: Entry | undefined, what: string): string {
	const folder = textOf(reader, entry?.value, `working_dir of ${what}`);
	if (/^\/|(^|\/)\.\.(\/|$)/.test(folder))
		reader.file.refuse(entry?.value, `working_dir of ${what} must be a folder of the repository`);
	return folder.replace(/^\.(\/|$)/, '');
}
