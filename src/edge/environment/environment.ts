import type { Application, Service } from '#core/compose/application.ts';
import type { Instance } from '#core/event.ts';

/**
 * A set of services, started, checked and stopped; and the traffic to them.
 *
 * A version (one deployment's services) lives in its own directory and outlives Footbridge: `start` returns when the process
 * runs, `isAlive` works for instances that an earlier Footbridge started. Versions of one environment run side by side.
 */
export interface Environments {
	/** Makes a version's directory ready for its services (owner, log folder). */
	prepare(version: Version): Promise<void>;
	/**
	 * Starts one service; its `depends_on` must be up already. `reach` gives other services' ports: service -> container port -> port.
	 * Idempotent: what this version already runs of it is answered as it is, also when Footbridge was killed before it could record it.
	 */
	start(version: Version, service: Service, reach: Reach): Promise<Instance>;
	/** One health check, by the service's own `healthcheck` (or: does its first port accept a connection). */
	check(version: Version, service: Service, instance: Instance): Promise<Check>;
	isAlive(instance: Instance): Promise<boolean>;
	/** SIGTERM, after the service's grace SIGKILL, to the whole tree; resolves when nothing of it is left. Nothing to stop is no error. */
	stop(version: Version, service: Service): Promise<void>;
	/** Last lines that a service wrote. */
	tail(version: Version, service: string, lines: number): Promise<readonly string[]>;
	/** Removes the version's directory. */
	remove(version: Version): Promise<void>;
	/** Ends and removes all versions whose directories are in a folder, whoever started them. */
	sweep(folder: string): Promise<void>;
}

export interface Version {
	/** Deployment id, or the id of a job for a test environment. */
	readonly id: string;
	readonly project: string;
	readonly environment: string;
	/** Folder on this machine with the checked-out commit at `code/`, and `log/`. */
	readonly directory: string;
	/** Folder of the environment that outlives versions: named volumes live in it. */
	readonly data: string;
	readonly application: Application;
}

export type Reach = { readonly [service: string]: { readonly [containerPort: string]: number } };

export interface Check {
	readonly healthy: boolean;
	/** What was seen, in a few words: `HTTP 200 in 3 ms`, `exit 1: connection refused`. */
	readonly detail: string;
}

/**
 * The proxy in front of environments, a process of its own that outlives Footbridge.
 * `route` is atomic: a request goes wholly to the old or wholly to the new target.
 */
export interface Traffic {
	/** Starts the proxy process when it is not running. */
	ensure(): Promise<void>;
	/** Sends new requests of a listener to a target port on loopback; opens the listener when it is new. */
	route(listener: Listener, version: string, port: number): Promise<void>;
	/** Waits until no request is under way to a version, at most `timeoutMs`; how many were still open. */
	drain(listener: Listener, version: string, timeoutMs: number): Promise<number>;
	/** What the proxy really does now. */
	observe(): Promise<readonly Route[]>;
	/** Requests since the last call, by listener and minute (good: below 500). */
	collect(): Promise<readonly TrafficCount[]>;
	/** Closes a listener. */
	remove(listener: Listener): Promise<void>;
}

export interface Listener {
	/** `<project>/<environment>`. */
	readonly name: string;
	/** Port on loopback that users reach; 0 lets the system choose, `observe` tells which. */
	readonly port: number;
}

export interface Route {
	readonly listener: string;
	readonly port: number;
	readonly version: string;
	readonly target: number;
	readonly open: number;
}

export interface TrafficCount {
	readonly listener: string;
	readonly version: string;
	readonly minute: number;
	readonly good: number;
	readonly bad: number;
	readonly sumMs: number;
}
