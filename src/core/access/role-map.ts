import { type Grant, type Role, roles } from './access.ts';

/** What the members of a provider's group are here. */
export interface GroupRole {
	readonly group: string;
	readonly project: string;
	readonly role: Role;
}

/** The groups that a provider's claims name: a list, or words with blanks between them, at a path such as `realm_access.roles`. */
export function groupsIn(claims: { readonly [claim: string]: unknown }, path: string): readonly string[] {
	let found: unknown = claims;
	for (const key of path.split('.')) {
		const isObject = typeof found === 'object' && found !== null && Object.hasOwn(found, key);
		found = isObject ? (found as { readonly [key: string]: unknown })[key] : undefined;
	}
	if (typeof found === 'string') return found.split(/\s+/).filter((group) => group !== '');
	return Array.isArray(found) ? found.filter((group) => typeof group === 'string') : [];
}

/** The roles that groups bring: in each project the highest. */
export function grantsOfGroups(groups: readonly string[], map: readonly GroupRole[]): readonly Grant[] {
	const highest = new Map<string, Role>();
	for (const { group, project, role } of map) {
		const known = highest.get(project);
		const isHigher = known === undefined || roles.indexOf(role) > roles.indexOf(known);
		if (groups.includes(group) && isHigher) highest.set(project, role);
	}
	return [...highest].map(([project, role]) => ({ project, role }));
}
