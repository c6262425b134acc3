/** A Compose file as Footbridge runs it. Plain data. */
export interface Application {
	readonly services: readonly Service[];
	/** Names of declared volumes. */
	readonly volumes: readonly string[];
}

export interface Service {
	readonly name: string;
	/** As given: a list is an argv, a string is for `/bin/sh -c`. */
	readonly command: { readonly argv: readonly string[] } | { readonly shell: string };
	readonly environment: { readonly [name: string]: string };
	/** Relative to the checked-out commit. */
	readonly workingDirectory: string;
	/** Container ports in the order of the file; the first receives traffic. The service finds the port to listen on in `PORT`. */
	readonly ports: readonly string[];
	readonly healthcheck?: Healthcheck;
	readonly dependsOn: readonly {
		readonly service: string;
		readonly condition: 'service_started' | 'service_healthy';
	}[];
	readonly stopGraceMs: number;
	/** Named volumes and the absolute paths where the service sees them; absent: none. */
	readonly volumes?: readonly VolumeMount[];
}

export interface VolumeMount {
	readonly name: string;
	readonly path: string;
	readonly isReadOnly: boolean;
}

export interface Healthcheck {
	readonly test: { readonly argv: readonly string[] } | { readonly shell: string };
	readonly intervalMs: number;
	readonly timeoutMs: number;
	readonly retries: number;
	readonly startPeriodMs: number;
}
