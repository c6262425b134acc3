import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import type { Healthcheck, Service } from '#core/compose/application.ts';
import { serviceEnvironment } from '#core/compose/service-environment.ts';
import type { Instance } from '#core/event.ts';
import { asUser, servicePlaces, serviceScript, serviceUser } from '#core/isolation/service-script.ts';
import { descendantsOf, isAlive, killTree, startDetached } from '../process.ts';
import type { Check, Environments, Version } from './environment.ts';

export interface ProcessesOptions {
	/** Folder of a Node for services on machines that have none: last in their PATH. */
	readonly node: string;
	/** Folders that no service may see. */
	readonly hidden: readonly string[];
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
/** Below the range from which the system takes ports for outgoing connections. */
const portRange = { from: 20_000, to: 32_000 };
const tailBytes = 64 * 1024;

/**
 * Services as processes of this machine. As root on Linux each has its own mounts, processes and user; otherwise it is a process
 * group of the present user.
 */
export function processEnvironments(options: ProcessesOptions): Environments {
	const isIsolated = process.platform === 'linux' && process.getuid?.() === 0;
	return {
		prepare: async (version) => {
			await mkdir(join(version.directory, 'log'), { recursive: true });
			await mkdir(version.data, { recursive: true });
			if (!isIsolated) return;
			const uid = serviceUser(version.project, version.environment);
			await chown(version.data, uid, uid);
			await ownTree(join(version.directory, 'code'), uid);
		},
		start: async (version, service, reach) => {
			const before = await readInstance(version, service);
			if (before !== undefined && isAlive(before)) return before;
			const ports = Object.fromEntries(
				await Promise.all(service.ports.map(async (port) => [port, await freePort()] as const)),
			);
			const identity = await startDetached({
				argv: isIsolated ? isolatedArgv(version, service) : commandArgv(service.command),
				env: { ...surroundings(version), ...serviceEnvironment(service, ports, reach) },
				cwd: isIsolated ? '/' : folderOf(version, service),
				logFile: logOf(version, service.name),
			});
			const instance = { ...identity, ports };
			await writeFile(instanceFile(version, service), JSON.stringify(instance));
			return instance;
		},
		check: async (version, service, instance) => {
			if (!isAlive(instance)) return { healthy: false, detail: 'it has ended' };
			if (service.healthcheck === undefined) return checkPort(Object.values(instance.ports)[0]);
			const env = { ...surroundings(version), ...serviceEnvironment(service, instance.ports, {}) };
			const argv = commandArgv(service.healthcheck.test);
			const inside = isIsolated ? isolatedCheck(version, service, { instance, argv }) : argv;
			if (inside === undefined) return { healthy: false, detail: 'it has ended' };
			return runCheck(inside, {
				env,
				cwd: isIsolated ? '/' : folderOf(version, service),
				healthcheck: service.healthcheck,
			});
		},
		isAlive: async (instance) => isAlive(instance),
		stop: async (version, service) => {
			const instance = await readInstance(version, service);
			if (instance !== undefined) await killTree(instance, service.stopGraceMs);
		},
		tail: (version, service, lines) => tail(logOf(version, service), lines),
		remove: async (version) => rm(version.directory, { recursive: true, force: true, maxRetries: 3 }),
	};

	function surroundings(version: Version): { readonly [name: string]: string } {
		const [data, node] = isIsolated ? [servicePlaces.data, servicePlaces.node] : [version.data, options.node];
		return { PATH: `${path}:${node}`, LANG: 'C.UTF-8', HOME: data, FOOTBRIDGE_DATA: data };
	}

	function isolatedArgv(version: Version, service: Service): readonly string[] {
		const script = serviceScript({
			code: join(version.directory, 'code'),
			data: version.data,
			node: options.node,
			hidden: options.hidden,
			uid: serviceUser(version.project, version.environment),
		});
		return [
			...[
				'/usr/bin/unshare',
				'--mount',
				'--pid',
				'--ipc',
				'--uts',
				'--fork',
				'--kill-child',
				'--propagation',
				'private',
			],
			...['/bin/sh', '-c', script, join(servicePlaces.code, service.workingDirectory), ...commandArgv(service.command)],
		];
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
			...['/usr/bin/nsenter', '--target', String(first.pid), '--mount', '--pid', '--ipc', '--uts', '--'],
			...asUser(serviceUser(version.project, version.environment)),
			...['/bin/sh', '-c', 'cd "$0" && exec "$@"', folder, ...check.argv],
		];
	}
}

function commandArgv(command: Service['command']): readonly string[] {
	return 'argv' in command ? command.argv : ['/bin/sh', '-c', command.shell];
}

const folderOf = (version: Version, service: Service): string =>
	join(version.directory, 'code', service.workingDirectory);
/** Which process a service of a version is, written when it is started: the version tells it to every Footbridge that comes after. */
const instanceFile = (version: Version, service: Service): string =>
	join(version.directory, 'log', `${service.name}.json`);

async function readInstance(version: Version, service: Service): Promise<Instance | undefined> {
	const text = await readFile(instanceFile(version, service), 'utf8').catch(() => undefined);
	return text === undefined ? undefined : (JSON.parse(text) as Instance);
}

const logOf = (version: Version, service: string): string => join(version.directory, 'log', `${service}.log`);

async function freePort(): Promise<number> {
	for (;;) {
		const port = randomInt(portRange.from, portRange.to);
		if (await canListen(port)) return port;
	}
}

function canListen(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const server = createServer();
		server.once('error', () => resolve(false));
		server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
	});
}

function checkPort(port: number | undefined): Promise<Check> {
	if (port === undefined) return Promise.resolve({ healthy: true, detail: 'it runs' });
	return new Promise((resolve) => {
		const socket = connect({ host: '127.0.0.1', port, timeout: 2000 });
		const end = (healthy: boolean, detail: string) => {
			socket.destroy();
			resolve({ healthy, detail });
		};
		socket.once('connect', () => end(true, `port ${port} accepts connections`));
		socket.once('timeout', () => end(false, `port ${port} did not answer in 2 s`));
		socket.once('error', (error) =>
			end(false, `port ${port}: ${(error as NodeJS.ErrnoException).code ?? error.message}`),
		);
	});
}

function runCheck(
	argv: readonly string[],
	how: { readonly env: { readonly [name: string]: string }; readonly cwd: string; readonly healthcheck: Healthcheck },
): Promise<Check> {
	const { env, cwd, healthcheck } = how;
	const [command = '', ...args] = argv;
	const began = performance.now();
	return new Promise((resolve) => {
		execFile(
			command,
			args,
			{ env, cwd, timeout: healthcheck.timeoutMs, killSignal: 'SIGKILL', maxBuffer: tailBytes },
			(error, stdout, stderr) => {
				const ms = Math.round(performance.now() - began);
				if (error === null) return resolve({ healthy: true, detail: `passed in ${ms} ms` });
				const said = `${stderr}\n${stdout}`.trim().split('\n').at(-1) ?? '';
				if (error.killed === true)
					return resolve({ healthy: false, detail: `no answer in ${healthcheck.timeoutMs} ms` });
				resolve({
					healthy: false,
					detail: `${error.code === 'ENOENT' ? 'no such program' : `exit ${error.code ?? '?'}`}${said === '' ? '' : `: ${said.slice(0, 300)}`}`,
				});
			},
		);
	});
}

async function tail(file: string, lines: number): Promise<readonly string[]> {
	const handle = await open(file, 'r').catch(() => undefined);
	if (handle === undefined) return [];
	try {
		const { size } = await handle.stat();
		const buffer = Buffer.alloc(Math.min(size, tailBytes));
		await handle.read(buffer, 0, buffer.length, size - buffer.length);
		return buffer.toString('utf8').replace(/\n$/, '').split('\n').slice(-lines);
	} finally {
		await handle.close();
	}
}

async function ownTree(folder: string, uid: number): Promise<void> {
	await chown(folder, uid, uid);
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (entry.isDirectory()) await ownTree(join(folder, entry.name), uid);
		else if (entry.isFile()) await chown(join(folder, entry.name), uid, uid);
	}
}
