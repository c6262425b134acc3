import type { Actions } from '#edge/action/action.ts';
import type { Clock } from '#edge/clock/clock.ts';
import type { ContainerEngine } from '#edge/container/container.ts';
import type { Environments, Traffic } from '#edge/environment/environment.ts';
import type { Logs } from '#edge/log/log.ts';
import type { Matchers } from '#edge/matcher/matcher.ts';
import type { Planner } from '#edge/planner/planner.ts';
import type { Probe } from '#edge/probe/probe.ts';
import type { Sandbox } from '#edge/sandbox/sandbox.ts';
import type { Source } from '#edge/source/source.ts';
import type { Store } from '#edge/store/store.ts';
import type { Toolchains } from '#edge/toolchain/toolchain.ts';
import type { Traces } from '#edge/trace/trace.ts';
import type { Vault } from '#edge/vault/vault.ts';
import type { Services } from './services.ts';
import type { Storage } from './storage/storage.ts';

/** Everything the engine can do to the world. Made by cli/wire.ts, or of fakes by a test. */
export interface Ports {
	readonly clock: Clock;
	readonly store: Store;
	readonly logs: Logs;
	readonly source: Source;
	readonly actions: Actions;
	readonly planner: Planner;
	readonly matchers: Matchers;
	/** In the order of preference of the choice rule. */
	readonly sandboxes: readonly Sandbox[];
	readonly containers: ContainerEngine;
	readonly environments: Environments;
	readonly traffic: Traffic;
	readonly probe: Probe;
	readonly traces: Traces;
	/** Compilers, interpreters and package managers by version. */
	readonly toolchains: Toolchains;
	/** Artifacts and caches. */
	readonly storage: Storage;
	/** What GitHub's toolkits call; absent: nothing answers them. */
	readonly services?: Services;
	/** Encrypts stored secrets; absent: none are stored. */
	readonly vault?: Vault;
	/** Unique, sortable by time. */
	readonly newId: () => string;
	readonly places: Places;
}

/** Folders on this machine that Footbridge owns. */
export interface Places {
	/** The data folder; hidden from jobs. */
	readonly data: string;
	/** Rooms of jobs. */
	readonly rooms: string;
	readonly toolCache: string;
	/** Environments: `<project>/<environment>/{versions,data}`. */
	readonly environments: string;
	/** Traces and other evidence of experiments. */
	readonly evidence: string;
	/** Folder of the Node that runs Footbridge: last in the PATH of jobs and services, for machines that have none. */
	readonly node: string;
}
