import { tokenPermissions } from '#core/job/token-permissions.ts';
import type { Json } from '#core/plan.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';
import type { JobLog } from './job-log.ts';
import type { JobRequest } from './job-request.ts';
import type { JobServices, Services } from './services.ts';

type Contexts = { readonly [name: string]: { readonly [name: string]: Json } };

/**
 * Opens the services of GitHub's toolkits for a job that may ask for them: one that uses an action, or that may have an identity token.
 * A room that sees no network but its own would not reach them.
 */
export async function openJobServices(
	services: Services | undefined,
	request: JobRequest,
	{ contexts, log }: { readonly contexts: Contexts; readonly log: JobLog },
): Promise<JobServices | undefined> {
	const { job, plan, trigger, repository, run } = request;
	const permissions = tokenPermissions(plan, job, trigger);
	const usesActions = job.steps.some(({ uses }) => uses !== undefined && !/^actions\/checkout@/i.test(uses));
	if (services === undefined || request.network === 'private') return undefined;
	if (!usesActions && permissions['id-token'] !== 'write') return undefined;
	return services.forJob({
		project: run.project,
		path: repository.path,
		defaultBranch: repository.defaultBranch,
		run: run.id,
		runAttempt: run.attempt,
		job: job.key,
		jobAttempt: request.attempt,
		trigger,
		github: contexts['github'] ?? {},
		...(job.environment === undefined ? {} : { environment: job.environment }),
		jobWorkflowRef: String(contexts['job']?.['workflow_ref'] ?? ''),
		permissions,
		hasForgeToken: hasForgeToken(request),
		emit: request.emit,
		say: (line) => void log.say(line),
	});
}

/** The contexts of a job with the token of its services, where it was given none of the forge. */
export function withToken<Given extends Contexts>(
	contexts: Given,
	request: JobRequest,
	services: JobServices | undefined,
): Given {
	if (services === undefined || hasForgeToken(request)) return contexts;
	return {
		...contexts,
		github: { ...contexts['github'], token: services.token },
		secrets: { ...contexts['secrets'], GITHUB_TOKEN: services.token },
	};
}

/** A container has a loopback of its own: there the services answer, too. */
export async function reachServices(room: Pick<Room, 'reach'>, services: JobServices | undefined): Promise<void> {
	const url = services?.env['ACTIONS_RESULTS_URL'];
	if (url !== undefined) await room.reach?.(Number(new URL(url).port));
}

function hasForgeToken({ secrets }: JobRequest): boolean {
	return (secrets['GITHUB_TOKEN'] ?? '') !== '';
}
