import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Where an engine may be. */
export interface EngineAddress {
	readonly shown: string;
	readonly options:
		| { readonly socketPath: string }
		| { readonly host: string; readonly port: number; readonly protocol: 'http' };
}

/** The addresses to try: the one that was named, else `DOCKER_HOST`, else the usual sockets of Docker and Podman that are there. */
export function engineAddresses(env: NodeJS.ProcessEnv, named: string | undefined): readonly EngineAddress[] {
	const host = named ?? env['DOCKER_HOST'];
	if (host !== undefined && host !== '') return addressOf(host);
	const own = env['XDG_RUNTIME_DIR'];
	const sockets = [
		'/run/docker.sock',
		'/var/run/docker.sock',
		...(own === undefined ? [] : [join(own, 'docker.sock'), join(own, 'podman/podman.sock')]),
		'/run/podman/podman.sock',
	];
	return sockets.filter((path) => existsSync(path)).map((path) => ({ shown: path, options: { socketPath: path } }));
}

function addressOf(host: string): readonly EngineAddress[] {
	if (host.startsWith('/')) return [{ shown: host, options: { socketPath: host } }];
	if (host.startsWith('unix://')) return [{ shown: host, options: { socketPath: host.slice('unix://'.length) } }];
	const [, name = '', port = '2375'] =
		/^(?:tcp|http):\/\/(localhost|127\.[\d.]+|\[::1\])(?::(\d+))?\/?$/.exec(host) ?? [];
	return name === ''
		? []
		: [{ shown: host, options: { host: name.replace(/^\[|\]$/g, ''), port: Number(port), protocol: 'http' } }];
}

/** One sentence about what was tried. */
export function whyNoEngine(complaints: readonly string[]): string {
	if (complaints.length > 0) return `no container engine answers (${complaints.join('; ')})`;
	return 'there is no socket of a container engine on this machine, and DOCKER_HOST names none on it';
}
