import type { Plan, PlannedJob, Template, Trigger } from '../plan.ts';
import { whyForeign } from './trust.ts';

/** What a job's token may do, by GitHub's names. What is not there may not be done. */
export type TokenPermissions = { readonly [scope: string]: 'read' | 'write' };

/** GitHub's, in its order. */
const scopes = [
	'actions',
	'attestations',
	'checks',
	'contents',
	'deployments',
	'discussions',
	'id-token',
	'issues',
	'models',
	'packages',
	'pages',
	'pull-requests',
	'repository-projects',
	'security-events',
	'statuses',
] as const;

/** What a token may do when nobody says. */
const usual: TokenPermissions = { contents: 'read', packages: 'read', metadata: 'read' };

/**
 * The permissions of a job's token: what the job says, else its workflow, else reading. A called workflow never gets more than the job
 * that calls it, and code of a stranger only reads.
 */
export function tokenPermissions(
	plan: Pick<Plan, 'permissions' | 'jobs' | 'called'>,
	job: Pick<PlannedJob, 'permissions' | 'parent' | 'file'>,
	trigger: Pick<Trigger, 'event' | 'payload'>,
): TokenPermissions {
	const asked = askedOf(plan, job);
	if (trigger.event === 'pull_request_target' || whyForeign(trigger) === undefined) return asked;
	const reading = Object.keys(asked).filter((scope) => scope !== 'id-token');
	return Object.fromEntries(reading.map((scope) => [scope, 'read'] as const));
}

function askedOf(
	plan: Pick<Plan, 'permissions' | 'jobs' | 'called'>,
	job: Pick<PlannedJob, 'permissions' | 'parent' | 'file'>,
): TokenPermissions {
	const ofFile = job.file === undefined ? plan.permissions : plan.called?.[job.file]?.permissions;
	const caller = job.parent === undefined ? undefined : plan.jobs.find((other) => other.key === job.parent);
	const callers = caller === undefined ? undefined : askedOf(plan, caller);
	const own = job.permissions ?? ofFile;
	if (own === undefined) return callers ?? usual;
	const asked = read(own);
	return callers === undefined ? asked : capped(asked, callers);
}

function capped(asked: TokenPermissions, limit: TokenPermissions): TokenPermissions {
	const entries = Object.entries(asked).flatMap(([scope, level]) => {
		const most = limit[scope];
		return most === undefined ? [] : [[scope, most === 'read' ? 'read' : level] as const];
	});
	return Object.fromEntries(entries);
}

function read(template: Template): TokenPermissions {
	if (template === 'write-all') return { ...all('write'), metadata: 'read' };
	if (template === 'read-all') return { ...all('read'), metadata: 'read' };
	if (typeof template !== 'object' || template === null || !('mapping' in template)) return { metadata: 'read' };
	const entries = template.mapping.flatMap(([scope, level]) =>
		typeof scope === 'string' && (level === 'read' || level === 'write') ? [[scope, level] as const] : [],
	);
	return { ...Object.fromEntries(entries), metadata: 'read' };
}

/** An identity token is asked for by name, or by `write-all`: it cannot be read. */
function all(level: 'read' | 'write'): TokenPermissions {
	return Object.fromEntries(
		scopes.filter((scope) => level === 'write' || scope !== 'id-token').map((scope) => [scope, level]),
	);
}
