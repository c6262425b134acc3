/** What the surroundings of a job were: keys like `tool/node`, `path/opt/hostedtoolcache`, `env/LANG`, values in one line. Compared key by key. */
export interface EnvironmentSnapshot {
	readonly at: string;
	readonly facts: { readonly [key: string]: string };
}
