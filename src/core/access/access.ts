/** What somebody may be in a project. Each may do what those before it may. */
export const roles = ['viewer', 'developer', 'deployer', 'admin'] as const;
export type Role = (typeof roles)[number];

/** What there is to be allowed: to look, to start and stop runs, to deploy, to change settings and who may do what. */
export const permissions = ['read', 'run', 'deploy', 'configure'] as const;
export type Permission = (typeof permissions)[number];

/** Stands for all projects, and for the server itself. */
export const everywhere = '*';

/** A role in one project, or everywhere. */
export interface Grant {
	readonly project: string;
	readonly role: Role;
}

/** Who sends a request, and what that allows. */
export interface Caller {
	/** As events have it: `local`, a person's id, or a person's id and a token's after a slash. */
	readonly by: string;
	readonly way: 'local' | 'session' | 'token';
	readonly grants: readonly Grant[];
	/** What a token leaves of its person's rights. Absent: all of them. */
	readonly limits?: TokenLimits;
}

export interface TokenLimits {
	readonly scopes: readonly Permission[];
	/** Absent: every project of its person. */
	readonly projects?: readonly string[];
}

/** The owner of the machine, who could change the record itself. */
export const localGrants: readonly Grant[] = [{ project: everywhere, role: 'admin' }];

/** Whether a caller may do something in a project; without a project: to the server. */
export function may(
	{ grants, limits }: Pick<Caller, 'grants' | 'limits'>,
	what: Permission,
	project?: string,
): boolean {
	if (limits !== undefined && !isWithin(limits, what, project)) return false;
	const allowed = grants.filter((grant) => grant.project === everywhere || grant.project === project);
	return allowed.some(({ role }) => roles.indexOf(role) >= permissions.indexOf(what));
}

function isWithin({ scopes, projects }: TokenLimits, what: Permission, project: string | undefined): boolean {
	return scopes.includes(what) && (projects === undefined || (project !== undefined && projects.includes(project)));
}

/** The projects that a caller may look at; undefined: all that there are and will be. */
export function seenProjects({ grants, limits }: Pick<Caller, 'grants' | 'limits'>): readonly string[] | undefined {
	if (limits !== undefined && !limits.scopes.includes('read')) return [];
	const isAll = grants.some(({ project }) => project === everywhere);
	if (isAll) return limits?.projects;
	const own = [...new Set(grants.map(({ project }) => project))];
	return limits?.projects === undefined ? own : own.filter((project) => limits.projects?.includes(project));
}

/** The person behind what events have as `by`, and the token that was used; undefined for Footbridge itself. */
export function actorOf(by: string): { readonly person: string; readonly token?: string } | undefined {
	if (by === 'system' || by === 'engine') return undefined;
	const [person = by, token] = by.split('/');
	return token === undefined ? { person } : { person, token };
}
