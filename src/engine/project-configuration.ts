import { usualActions } from '#core/actions-configuration.ts';
import type { Configuration } from '#core/configuration.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import { usualContainers } from '#core/containers-configuration.ts';
import type { Ports } from './ports.ts';

const nothing: Configuration = {
	environments: [],
	runners: [],
	actions: usualActions,
	containers: usualContainers,
	vars: {},
};

/** What footbridge.yaml says at a commit; nothing where there is none, or where it is broken, which whoever deploys is told. */
export async function configurationAt(ports: Pick<Ports, 'source'>, path: string, sha: string): Promise<Configuration> {
	const text = await ports.source.file(path, sha, 'footbridge.yaml');
	const configuration = text === undefined ? undefined : parseConfiguration(text, 'footbridge.yaml');
	return configuration?.ok === true ? configuration.value : nothing;
}
