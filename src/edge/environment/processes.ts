import { execFile } from 'node:child_process';
import { chown, mkdir, open, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '#core/compose/application.ts';
import { serviceEnvironment, volumeVariables } from '#core/compose/service-environment.ts';
import type { Instance } from '#core/event.ts';
import { asUser, servicePlaces, serviceScript, serviceUser } from '#core/isolation/service-script.ts';
import { ProblemError } from '#core/result.ts';
import { descendantsOf, isAlive, killTree, type ProcessIdentity, startDetached } from '../process.ts';
import { processesMarked } from '../process-table.ts';
import type { Check, Environments, Reach, Version } from './environment.ts';
import { freePort } from './free-port.ts';
import { checkPort, runCheck } from './service-check.ts';
import { readRecord, recordsIn, writeRecord } from './service-record.ts';

export interface ProcessesOptions {
	/** Folder of a Node for services on machines that have none: last in their PATH. */
	readonly node: string;
	/** Folders that no service may see. */
	readonly hidden: readonly string[];
	/** Whether services get namespaces and a user of their own; by default wherever this process may give them. */
	readonly isIsolated?: boolean;
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const namespaces = ['--mount', '--pid', '--ipc', '--uts'];
const portCheckMs = 2000;
const tailBytes = 64 * 1024;

/**
 * Services as processes of this machine. As root on Linux each has its own mounts, processes and user; otherwise (also as root of
 * a container that may not make namespaces) it is a process group of the present user.
 */
export function processEnvironments(options: ProcessesOptions): Environments {
	let isolation: Promise<boolean> | undefined;
	const isIsolated = () => {
		isolation ??= options.isIsolated === undefined ? canIsolate() : Promise.resolve(options.isIsolated);
		return isolation;
	};
	return {
		prepare: async (version) => {
			await mkdir(join(version.directory, 'log'), { recursive: true });
			const volumes = version.application.volumes.map((name) => join(version.data, 'volumes', name));
			for (const folder of [version.data, ...volumes]) await mkdir(folder, { recursive: true });
			if (!(await isIsolated())) return refuseMounts(version);
			const uid = serviceUser(version.project, version.environment);
			const folders = [version.data, ...(volumes.length === 0 ? [] : [join(version.data, 'volumes')]), ...volumes];
			for (const folder of folders) await chown(folder, uid, uid);
			await ownTree(join(version.directory, 'code'), uid);
		},
		start: async (version, service, reach) => {
			const before = await readRecord(version, service);
			if (before !== undefined && isAlive(before.instance)) return before.instance;
			await endMarked(version, service);
			const ports = await portsFor(service, before?.instance);
			const isolated = await isIsolated();
			const identity = await startDetached({
				argv: isolated ? isolatedArgv(version, service) : commandArgv(service.command),
				env: { ...environmentOf(version, service, { ports, reach, isolated }), ...marksOf(version, service) },
				cwd: isolated ? '/' : folderOf(version, service),
				logFile: logOf(version, service.name),
			});
			const instance = { ...identity, ports };
			await writeRecord(version, service, { instance, reach });
			return instance;
		},
		check: (version, service, instance) => check(version, service, instance),
		isAlive: async (instance) => isAlive(instance),
		stop: async (version, service) => {
			const record = await readRecord(version, service);
			if (record !== undefined) await killTree(record.instance, service.stopGraceMs);
			await endMarked(version, service);
		},
		tail: (version, service, lines) => tail(logOf(version, service), lines),
		remove: async (version) => removeFolder(version.directory),
		sweep,
	};

	async function check(version: Version, service: Service, instance: Instance): Promise<Check> {
		if (!isAlive(instance)) return { healthy: false, detail: 'it has ended' };
		const [port] = Object.values(instance.ports);
		if (service.healthcheck === undefined)
			return port === undefined ? { healthy: true, detail: 'it runs' } : checkPort(port, portCheckMs);
		const isolated = await isIsolated();
		const reach = (await readRecord(version, service))?.reach ?? {};
		const argv = commandArgv(service.healthcheck.test);
		const inside = isolated ? isolatedCheck(version, service, { instance, argv }) : argv;
		if (inside === undefined) return { healthy: false, detail: 'it has ended' };
		return runCheck({
			argv: inside,
			env: environmentOf(version, service, { ports: instance.ports, reach, isolated }),
			cwd: isolated ? '/' : folderOf(version, service),
			timeoutMs: service.healthcheck.timeoutMs,
		});
	}

	/** What a service and its health check are started with. */
	function environmentOf(
		version: Version,
		service: Service,
		place: { readonly ports: Instance['ports']; readonly reach: Reach; readonly isolated: boolean },
	): { readonly [name: string]: string } {
		const [data, node] = place.isolated ? [servicePlaces.data, servicePlaces.node] : [version.data, options.node];
		return {
			...{ PATH: `${path}:${node}`, LANG: 'C.UTF-8', HOME: data, FOOTBRIDGE_DATA: data },
			...volumeVariables(version.application.volumes, data),
			...serviceEnvironment(service, place.ports, place.reach),
		};
	}

	function isolatedArgv(version: Version, service: Service): readonly string[] {
		const script = serviceScript({
			code: join(version.directory, 'code'),
			data: version.data,
			node: options.node,
			hidden: options.hidden,
			uid: serviceUser(version.project, version.environment),
			volumes: service.volumes ?? [],
		});
		return [
			...['/usr/bin/unshare', ...namespaces, '--fork', '--kill-child', '--propagation', 'private'],
			...['/bin/sh', '-c', script, join(servicePlaces.code, service.workingDirectory), ...commandArgv(service.command)],
		];
	}
}

/** Whether this process may give a service namespaces of its own; root in a container often may not. */
function canIsolate(): Promise<boolean> {
	if (process.platform !== 'linux' || process.getuid?.() !== 0) return Promise.resolve(false);
	return new Promise((resolve) => {
		const argv = [...namespaces, '--fork', '--propagation', 'private', '/bin/mount', '-t', 'tmpfs', 'tmpfs', '/srv'];
		execFile('/usr/bin/unshare', argv, (error) => resolve(error === null));
	});
}

/** Undefined when the service's first process is gone. */
function isolatedCheck(
	version: Version,
	service: Service,
	check: { readonly instance: Instance; readonly argv: readonly string[] },
): readonly string[] | undefined {
	const first = descendantsOf(check.instance)[0];
	if (first === undefined) return undefined;
	const folder = join(servicePlaces.code, service.workingDirectory);
	return [
		...['/usr/bin/nsenter', '--target', String(first.pid), ...namespaces, '--'],
		...asUser(serviceUser(version.project, version.environment)),
		...['/bin/sh', '-c', 'cd "$0" && exec "$@"', folder, ...check.argv],
	];
}

/** A path of its own for a volume takes mounts of its own. */
function refuseMounts({ application }: Version): void {
	for (const { name, volumes = [] } of application.services) {
		const [volume] = volumes;
		if (volume === undefined) continue;
		throw new ProblemError({
			code: 'FB3031',
			what: `volume ${volume.name} cannot be mounted at ${volume.path}`,
			why: 'that takes mounts of its own, which only root on Linux can make',
			where: `service ${name}`,
			next: `run Footbridge as root, or take \`volumes\` out of the service and let it read the folder from ${Object.keys(volumeVariables([volume.name], '')).join()}`,
		});
	}
}

/** In the environment of everything that a service starts. */
function marksOf(version: Version, service: Service): { readonly [name: string]: string } {
	return { FOOTBRIDGE_VERSION: version.id, FOOTBRIDGE_SERVICE: `${version.id}/${service.name}` };
}

/** Ends what is left of a service beside its record: of one that was killed, or started by a Footbridge that was killed before it could record it. */
function endMarked(version: Version, service: Service): Promise<void> {
	return endAll(processesMarked(`FOOTBRIDGE_SERVICE=${version.id}/${service.name}`), service.stopGraceMs);
}

async function endAll(processes: readonly ProcessIdentity[], graceMs: number): Promise<void> {
	for (const process of processes) if (isAlive(process)) await killTree(process, graceMs);
}

async function sweep(folder: string): Promise<void> {
	for (const id of await readdir(folder).catch(() => [])) {
		const records = await recordsIn(join(folder, id));
		await endAll(
			[...records.map(({ instance }) => instance), ...processesMarked(`FOOTBRIDGE_VERSION=${id}`)],
			sweepGraceMs,
		);
		await removeFolder(join(folder, id));
	}
}

const sweepGraceMs = 2000;

function removeFolder(folder: string): Promise<void> {
	return rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

/** A service that is started again gets its ports again, so that those who know them still reach it. */
async function portsFor(service: Service, before: Instance | undefined): Promise<Instance['ports']> {
	const ports = service.ports.map(async (port) => [port, await freePort(before?.ports[port])] as const);
	return Object.fromEntries(await Promise.all(ports));
}

function commandArgv(command: Service['command']): readonly string[] {
	return 'argv' in command ? command.argv : ['/bin/sh', '-c', command.shell];
}

const folderOf = (version: Version, service: Service): string =>
	join(version.directory, 'code', service.workingDirectory);
const logOf = (version: Version, service: string): string => join(version.directory, 'log', `${service}.log`);

async function tail(file: string, lines: number): Promise<readonly string[]> {
	const handle = await open(file, 'r').catch(() => undefined);
	if (handle === undefined) return [];
	try {
		const { size } = await handle.stat();
		const buffer = Buffer.alloc(Math.min(size, tailBytes));
		await handle.read(buffer, 0, buffer.length, size - buffer.length);
		const text = buffer.toString('utf8').replace(/\n$/, '');
		return text === '' ? [] : text.split('\n').slice(-lines);
	} finally {
		await handle.close();
	}
}

/** Links are left alone: they may lead out of the folder. */
async function ownTree(folder: string, uid: number): Promise<void> {
	await chown(folder, uid, uid);
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (entry.isDirectory()) await ownTree(join(folder, entry.name), uid);
		else if (entry.isFile()) await chown(join(folder, entry.name), uid, uid);
	}
}
