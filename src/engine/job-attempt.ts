import type { EnvironmentConfiguration } from '#core/configuration.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import { type Problem, ProblemError, problemOf } from '#core/result.ts';
import type { JobEnd, JobRequest } from './job-request.ts';
import type { Ports } from './ports.ts';
import { runJob } from './steps.ts';
import { startTestEnvironment } from './test-environments.ts';

/** One attempt of a job, with its test environment around it when it asks for one. */
export async function attemptJob(ports: Ports, request: JobRequest): Promise<JobEnd> {
	const name = request.job.environment;
	if (name === undefined) return runJob(ports, request);
	const environment = await testEnvironmentOf(ports, request, name).catch((error: unknown) => problemOf(error));
	if ('code' in environment) return withoutEnvironment([environment]);
	const started = await startTestEnvironment(ports, {
		id: ports.newId(),
		project: request.run.project,
		repositoryPath: request.repository.path,
		sha: request.commit.sha,
		environment,
		signal: request.signal,
	});
	if (!started.ok) return withoutEnvironment(started.error);
	try {
		const { env, notes } = started.value;
		return await runJob(ports, {
			...request,
			extraEnv: { ...request.extraEnv, ...env },
			notes: [...(request.notes ?? []), ...notes],
		});
	} finally {
		await started.value.stop();
	}
}

function withoutEnvironment(problems: readonly Problem[]): JobEnd {
	return {
		conclusion: 'failed',
		outputs: {},
		leftovers: 0,
		why: problems[0]?.what ?? 'there is no test environment',
		problems,
	};
}

/** The environment that a job asks for, from `footbridge.yaml` at its commit. */
async function testEnvironmentOf(ports: Ports, request: JobRequest, name: string): Promise<EnvironmentConfiguration> {
	const where = `${request.plan.workflow}:${request.job.line}`;
	const text = await ports.source.file(request.repository.path, request.commit.sha, 'footbridge.yaml');
	const configuration = text === undefined ? undefined : parseConfiguration(text, 'footbridge.yaml');
	if (configuration?.ok === false) throw new ProblemError(configuration.error[0] ?? unknownEnvironment(name, where));
	const environment = configuration?.value.environments.find((other) => other.name === name);
	if (environment === undefined) throw new ProblemError(unknownEnvironment(name, where));
	if (environment.lifetime === 'run') return environment;
	throw new ProblemError({
		code: 'FB2011',
		what: `the job asks for environment ${name}, which is not made for one run`,
		why: 'a job gets a test environment of its own; an environment that lives on is changed by a deployment only',
		where,
		next: `give ${name} \`lifetime: run\` in footbridge.yaml, or deploy with: footbridge deploy ${name}`,
	});
}

function unknownEnvironment(name: string, where: string): Problem {
	return {
		code: 'FB2010',
		what: `the job asks for environment ${name}, which footbridge.yaml does not name`,
		where,
		next: `add it: environments: { ${name}: { lifetime: run, compose: compose.yaml } }`,
	};
}
