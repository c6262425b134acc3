import type { ActionStep, RunningJob } from '../running-job.ts';
import type { BuiltInInputs } from './inputs.ts';

/** Writes the `.npmrc` by which npm and the others find `registry-url`, with the token in NODE_AUTH_TOKEN. */
export async function configureRegistry(
	job: RunningJob,
	{ uses, env }: ActionStep,
	inputs: BuiltInInputs,
): Promise<void> {
	const given = inputs.text('registry-url');
	if (given === '') return;
	const registry = given.endsWith('/') ? given : `${given}/`;
	const scope = scopeOf(job, inputs.text('scope'), registry);
	const file = `${job.room.temp}/.npmrc`;
	const before = ((await job.room.get(file, 1024 * 1024)) ?? '').split('\n');
	const kept = before.filter((line) => line !== '' && !line.toLowerCase().startsWith(`${scope}registry`));
	const major = Number(/@v(\d+)(?:\.|$)/.exec(uses)?.[1] ?? newest);
	const lines = [
		...kept,
		`${registry.replace(/^\w+:/, '')}:_authToken=\${NODE_AUTH_TOKEN}`,
		`${scope}registry=${registry}`,
		...(major < 6 ? [`always-auth=${inputs.flag('always-auth')}`] : []),
	];
	await job.room.put(file, lines.join('\n'), 0o600);
	job.env['NPM_CONFIG_USERCONFIG'] = file;
	const token = env['NODE_AUTH_TOKEN'];
	if (token !== undefined) job.env['NODE_AUTH_TOKEN'] = token;
	// Until then npm would not begin without one.
	else if (major < 7) job.env['NODE_AUTH_TOKEN'] = 'XXXXX-XXXXX-XXXXX-XXXXX';
}

/** What a version that is no number is taken for. */
const newest = 7;

/** `@owner:`, or empty. */
function scopeOf(job: RunningJob, given: string, registry: string): string {
	const owner = String(job.contexts['github']?.['repository_owner'] ?? '');
	const scope = given === '' && registry.includes('npm.pkg.github.com') ? owner : given;
	return scope === '' ? '' : `${scope.startsWith('@') ? '' : '@'}${scope}:`.toLowerCase();
}
