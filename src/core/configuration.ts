import type { ActionsConfiguration } from './actions-configuration.ts';
import type { ContainersConfiguration } from './containers-configuration.ts';
import type { Tier } from './event.ts';

/** `footbridge.yaml`: names the environments of a project, what the labels of `runs-on` stand for, and the variables of its workflows. The reference page in docs/ is the example that the tests load. */
export interface Configuration {
	readonly environments: readonly EnvironmentConfiguration[];
	readonly runners: readonly RunnerConfiguration[];
	readonly actions: ActionsConfiguration;
	readonly containers: ContainersConfiguration;
	/** The context `vars` of workflows. */
	readonly vars: { readonly [name: string]: string };
}

/** What a label of `runs-on` stands for on this machine. */
export interface RunnerConfiguration {
	readonly label: string;
	/** Its jobs do not run here. */
	readonly skip: boolean;
	/** Absent: the choice rule decides. */
	readonly tier?: Tier;
	/** What all processes of a job together may take. */
	readonly limits?: { readonly memoryBytes?: number; readonly cpus?: number; readonly processes?: number };
	/** A loopback of its own and nothing else. Absent: the machine's network. */
	readonly network?: 'private';
}

export interface EnvironmentConfiguration {
	readonly name: string;
	/** `run`: made for one job and removed with it. `always`: lives on and is deployed to. */
	readonly lifetime: 'run' | 'always';
	/** Path of the Compose file. */
	readonly compose: string;
	/** The service that receives traffic; the first with ports when not given. */
	readonly service?: string;
	/** Port on loopback that users reach; 0: any. */
	readonly port: number;
	/** Branch whose passed runs are deployed by themselves; absent: only on request. */
	readonly deploys?: string;
	/** Branches whose runs alone get the environment's secrets; absent: the one of `deploys`, else all. */
	readonly branches?: readonly string[];
	/** Added to and over the Compose file's `environment` of every service. */
	readonly env: { readonly [name: string]: string };
	readonly objective: ObjectiveConfiguration;
	/** Path that the probe asks for, `/healthz`. */
	readonly probePath: string;
	readonly probeIntervalMs: number;
}

export interface ObjectiveConfiguration {
	readonly name: string;
	/** Share of good events, 0..1 exclusive: 0.995. */
	readonly target: number;
	readonly windowDays: number;
}
