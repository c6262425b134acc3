import { localGrants } from '#core/access/access.ts';
import type { Engine } from '#engine/engine.ts';
import { type Access, openAccess } from '#server/access/access.ts';

/** For tests that are not about access: everybody is the owner of the machine, without saying so. */
export function everybody({ ports }: Pick<Engine, 'ports'>): Access {
	const access = openAccess(ports);
	const person = { by: 'local', person: 'local', way: 'local', grants: localGrants } as const;
	return { ...access, callerOf: async () => ({ ...person, changed: access.keeper.changeOf('local') }) };
}
