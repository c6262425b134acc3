import { parseConfiguration } from '#core/configuration-file.ts';
import type { PlannedJob, Trigger } from '#core/plan.ts';
import type { Run } from '#core/run.ts';
import { type Scope, scopeKey, scopesFor, whyNoEnvironmentSecrets, whyNoSecrets } from '#core/secret.ts';
import type { SecretRow } from '#edge/store/register.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

type Values = { readonly [name: string]: string };
type StoredPorts = Pick<Ports, 'store' | 'source' | 'vault'>;

/** What is stored for a job. */
export interface StoredValues {
	/** Secrets of the server and its project. */
	readonly secrets: Values;
	/** Secrets of its environment, over those. */
	readonly ofEnvironment: Values;
	/** Variables of its environment. */
	readonly vars: Values;
	/** What it does not get, and why. */
	readonly notes: readonly string[];
}

/** Reads what is stored for a job, as far as it may see it. Nothing that it may not see is decrypted. */
export async function storedValues(
	ports: StoredPorts,
	{ run, project, job }: { readonly run: Run; readonly project: ProjectRow; readonly job: PlannedJob },
): Promise<StoredValues> {
	const [server, ofProject, ofEnvironment] = scopesFor(project.project, job.environment);
	const wide = [...(await rows(ports, server)), ...(await rows(ports, ofProject))];
	const narrow = await rows(ports, ofEnvironment);
	const vars = ofEnvironment === undefined ? {} : await variables(ports, ofEnvironment);
	if (wide.length + narrow.length === 0) return { secrets: {}, ofEnvironment: {}, vars, notes: [] };
	const { trigger } = run;
	const asker = { trigger, isOnRef: true, ...(job.environment === undefined ? {} : { environment: job.environment }) };
	const none = whyNoSecrets(asker);
	if (none !== undefined) return { secrets: {}, ofEnvironment: {}, vars, notes: [`It gets no stored secret: ${none}`] };
	const secrets = await opened(ports, wide);
	if (narrow.length === 0) return { secrets, ofEnvironment: {}, vars, notes: [] };
	const protection = await protectionOf(ports, project, job.environment ?? '');
	const why = protection.isBroken
		? 'footbridge.yaml of the default branch, which says who may use it, is broken'
		: whyNoEnvironmentSecrets({ ...asker, ...protection, isOnRef: await isOnRef(ports, project, trigger) });
	if (why === undefined) return { secrets, ofEnvironment: await opened(ports, narrow), vars, notes: [] };
	return { secrets, ofEnvironment: {}, vars, notes: [`It gets no secret of ${job.environment}: ${why}`] };
}

/** The context `vars` of a project: what is stored for it goes before its file, and that before what is stored for all. */
export async function storedVariables(ports: StoredPorts, project: string, ofFile: Values): Promise<Values> {
	const server = await variables(ports, { of: 'server' });
	return { ...server, ...ofFile, ...(await variables(ports, { of: 'project', project })) };
}

async function variables({ store }: StoredPorts, scope: Scope): Promise<Values> {
	const found = await store.register.find('variable', { scope: scopeKey(scope) });
	return Object.fromEntries(found.map(({ name, value }) => [name, value]));
}

async function rows({ store }: StoredPorts, scope: Scope | undefined): Promise<readonly SecretRow[]> {
	return scope === undefined ? [] : store.register.find('secret', { scope: scopeKey(scope) });
}

async function opened({ vault }: StoredPorts, found: readonly SecretRow[]): Promise<Values> {
	if (vault === undefined) return {};
	const values = await Promise.all(found.map(async (row) => [row.name, await vault.unseal(row, row.sealed)] as const));
	return Object.fromEntries(values);
}

interface Protection {
	readonly branches?: readonly string[];
	readonly isBroken: boolean;
}

/** Who may use an environment is said by the default branch: nobody allows it to himself on a branch of his own. */
async function protectionOf(ports: StoredPorts, project: ProjectRow, name: string): Promise<Protection> {
	const head = await ports.source.resolve(project.path, project.defaultBranch);
	const text = head.ok ? await ports.source.file(project.path, head.value, 'footbridge.yaml') : undefined;
	if (text === undefined) return { isBroken: false };
	const configuration = parseConfiguration(text, 'footbridge.yaml');
	if (!configuration.ok) return { isBroken: true };
	const environment = configuration.value.environments.find((other) => other.name === name);
	const branches = environment?.branches ?? (environment?.deploys === undefined ? undefined : [environment.deploys]);
	return { isBroken: false, ...(branches === undefined ? {} : { branches }) };
}

/** Whether the commit is what its ref points to, or was pushed to it: a run may name any commit and stand on any branch. */
async function isOnRef({ source, store }: StoredPorts, project: ProjectRow, { ref, sha }: Trigger): Promise<boolean> {
	if ((await source.refs(project.path)).get(ref) === sha) return true;
	return (await store.read(`project/${project.project}`)).some(
		({ event }) =>
			event.kind === 'change-pushed' &&
			event.ref === ref &&
			(event.after === sha || event.commits.some((commit) => commit.sha === sha)),
	);
}
