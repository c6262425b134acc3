import type { PortMapping } from './port-mapping.ts';
import type { Volume } from './volume.ts';

/** A container to be made, as plain data. */
export interface Container {
	/** Name or id. */
	readonly image: string;
	readonly labels: Texts;
	/** Over those of the image. */
	readonly env: Texts;
	/** Absent: the image's. */
	readonly entrypoint?: readonly string[];
	/** Absent: the image's, unless an entrypoint is given. */
	readonly command?: readonly string[];
	readonly volumes: readonly Volume[];
	/** Published on this machine's loopback. */
	readonly ports: readonly PortMapping[];
	/** Absent: the engine's usual one. */
	readonly network?: { readonly name: string; readonly aliases: readonly string[] };
	readonly settings: ContainerSettings;
	/** Somebody holds its standard input: when nobody does any more, it ends there. */
	readonly hasInput?: boolean;
	/** It goes by itself once it has ended. */
	readonly isFleeting?: boolean;
}

type Texts = { readonly [name: string]: string };

/** What `options` of a workflow can say of a container. */
export interface ContainerSettings {
	readonly user?: string;
	readonly workdir?: string;
	readonly hostname?: string;
	readonly entrypoint?: string;
	/** More names of it in its network. */
	readonly aliases: readonly string[];
	/** `NAME=value` */
	readonly env: readonly string[];
	readonly labels: readonly string[];
	readonly volumes: readonly string[];
	readonly ports: readonly string[];
	/** `false`: the image's own is not done. */
	readonly health?: HealthCheck | false;
	readonly memoryBytes?: number;
	readonly memorySwapBytes?: number;
	readonly memoryReservationBytes?: number;
	readonly shmBytes?: number;
	readonly cpus?: number;
	readonly cpuShares?: number;
	readonly cpuset?: string;
	readonly processes?: number;
	readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
	/** Options by path. */
	readonly tmpfs: Texts;
	readonly hosts: readonly string[];
	readonly dns: readonly string[];
	readonly dnsSearch: readonly string[];
	readonly groups: readonly string[];
	readonly capDrop: readonly string[];
	readonly isReadOnly?: boolean;
	readonly hasInit?: boolean;
	readonly stopSignal?: string;
	readonly platform?: string;
	/** What could reach beyond the container. */
	readonly isPrivileged?: boolean;
	readonly capAdd: readonly string[];
	readonly devices: readonly string[];
	readonly securityOpt: readonly string[];
	readonly sysctls: readonly string[];
	readonly pid?: string;
	readonly ipc?: string;
	readonly uts?: string;
	readonly userns?: string;
	readonly network?: string;
}

/** How an engine finds out whether what runs in a container works. Times that are not said are the engine's. */
export interface HealthCheck {
	/** For a shell; absent: the image's. */
	readonly command?: string;
	readonly intervalMs?: number;
	readonly timeoutMs?: number;
	readonly startPeriodMs?: number;
	readonly retries?: number;
}

/** A container of which nothing is said. */
export const plainSettings: ContainerSettings = {
	aliases: [],
	env: [],
	labels: [],
	volumes: [],
	ports: [],
	ulimits: [],
	tmpfs: {},
	hosts: [],
	dns: [],
	dnsSearch: [],
	groups: [],
	capDrop: [],
	capAdd: [],
	devices: [],
	securityOpt: [],
	sysctls: [],
};
