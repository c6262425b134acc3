import type { Instance } from '../event.ts';
import type { Service } from './application.ts';

/** Ports of other services: service -> container port -> port on loopback. */
export type ServicePorts = { readonly [service: string]: { readonly [containerPort: string]: number } };

/**
 * The variables that a service is started with: its own `environment`, `PORT` for its first port and `PORT_<n>` for each, and for every service that it can reach
 * `<SERVICE>_HOST`, `<SERVICE>_PORT` and `<SERVICE>_URL`.
 */
export function serviceEnvironment(
	service: Service,
	ports: Instance['ports'],
	reach: ServicePorts,
): { readonly [name: string]: string } {
	const [first] = service.ports;
	return {
		...reachVariables(reach),
		...Object.fromEntries(
			Object.entries(ports).map(([containerPort, port]) => [`PORT_${containerPort}`, String(port)]),
		),
		...(first === undefined ? {} : { PORT: String(ports[first] ?? 0) }),
		...service.environment,
	};
}

/** `VOLUME_<NAME>` for every volume: its folder below the environment's data. */
export function volumeVariables(volumes: readonly string[], data: string): { readonly [name: string]: string } {
	return Object.fromEntries(volumes.map((name) => [`VOLUME_${variableName(name)}`, `${data}/volumes/${name}`]));
}

/** `<SERVICE>_HOST`, `_PORT` and `_URL` of services by their first port. */
export function reachVariables(reach: ServicePorts): { readonly [name: string]: string } {
	return Object.fromEntries(
		Object.entries(reach).flatMap(([service, ports]) => {
			const port = Object.values(ports)[0];
			if (port === undefined) return [];
			const name = variableName(service);
			return [
				[`${name}_HOST`, '127.0.0.1'],
				[`${name}_PORT`, String(port)],
				[`${name}_URL`, `http://127.0.0.1:${port}`],
			];
		}),
	);
}

/** A service's or volume's name as variables have it: `my-db` is `MY_DB`. */
export function variableName(name: string): string {
	return name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_');
}
