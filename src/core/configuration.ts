/** `footbridge.yaml`: names the environments of a project. The reference page in docs/ is the example that the tests load. */
export interface Configuration {
	readonly environments: readonly EnvironmentConfiguration[];
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
