import type { Json } from '../plan.ts';

/** What an identity token says of a job. */
export interface IdentityFacts {
	/** The `github` context. */
	readonly github: { readonly [name: string]: Json };
	readonly environment?: string;
	/** `owner/name/path@ref` of the file that the job stands in. */
	readonly jobWorkflowRef: string;
}

/** GitHub's claims about a job: who asks cloud services for something. Times, audience and issuer come on top. */
export function identityClaims({ github, environment, jobWorkflowRef }: IdentityFacts): {
	readonly [claim: string]: string;
} {
	const text = (name: string): string => {
		const value = github[name];
		return value === undefined || value === null ? '' : String(value);
	};
	const copied = Object.fromEntries(sameNames.map((name) => [name, text(name)]));
	return {
		...copied,
		sub: `repo:${text('repository')}:${subject(text('event_name'), text('ref'), environment)}`,
		...(environment === undefined ? {} : { environment }),
		job_workflow_ref: jobWorkflowRef,
		job_workflow_sha: text('sha'),
		runner_environment: 'self-hosted',
	};
}

/** The environment says most; a pull request is not a branch. */
function subject(event: string, ref: string, environment: string | undefined): string {
	// A colon would let an environment's name pass for another claim.
	if (environment !== undefined) return `environment:${environment.replaceAll(':', '%3A')}`;
	return event === 'pull_request' ? 'pull_request' : `ref:${ref}`;
}

const sameNames = [
	'actor',
	'actor_id',
	'base_ref',
	'event_name',
	'head_ref',
	'ref',
	'ref_protected',
	'ref_type',
	'repository',
	'repository_id',
	'repository_owner',
	'repository_owner_id',
	'repository_visibility',
	'run_attempt',
	'run_id',
	'run_number',
	'sha',
	'workflow',
	'workflow_ref',
	'workflow_sha',
] as const;
