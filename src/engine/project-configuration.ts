import type { Configuration } from '#core/configuration.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import type { Ports } from './ports.ts';

const nothing: Configuration = { environments: [], runners: [], vars: {} };

/** What footbridge.yaml says at a commit; nothing where there is none, or where it is broken, which whoever deploys is told. */
export async function configurationAt(ports: Ports, path: string, sha: string): Promise<Configuration> {
	const text = await ports.source.file(path, sha, 'footbridge.yaml');
	const configuration = text === undefined ? undefined : parseConfiguration(text, 'footbridge.yaml');
	return configuration?.ok === true ? configuration.value : nothing;
}
