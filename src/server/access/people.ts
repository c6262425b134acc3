import { everywhere, type Grant, localGrants, type Role, roles } from '#core/access/access.ts';
import type { AccessEvent } from '#core/access/access-event.ts';
import { accountName, wrongName, wrongPassword } from '#core/access/account.ts';
import type { PersonRow, RegisterChange, RoleRow } from '#edge/store/register.ts';
import type { Keeper } from './keeper.ts';
import type { Passwords } from './passwords.ts';
import { cannotBe } from './refusal.ts';

/** Accounts, and what each may do. */
export interface People {
	/** `password` absent: they get a link to set one. */
	add(by: string, wanted: NewPerson): Promise<PersonRow>;
	find(person: string): Promise<PersonRow | undefined>;
	named(name: string): Promise<PersonRow | undefined>;
	/** Without those that were erased. */
	list(): Promise<readonly PersonRow[]>;
	grants(person: string): Promise<readonly Grant[]>;
	/** Roles by person, with where each comes from. */
	roles(): Promise<readonly RoleRow[]>;
	/** Without a role: takes it away. */
	setRole(by: string, person: string, project: string, role: Role | undefined): Promise<void>;
	setPassword(by: string, person: string, password: string): Promise<void>;
	/** Ends all that they have open, and lets nothing new begin. */
	setDisabled(by: string, person: string, isDisabled: boolean): Promise<void>;
	/** What says who it was is gone; the trail keeps an id that leads nowhere. */
	erase(by: string, person: string): Promise<void>;
}

export interface NewPerson {
	readonly name: string;
	readonly password?: string;
	readonly way: 'set-up' | 'invited';
	readonly grants: readonly Grant[];
}

export function openPeople(keeper: Keeper, passwords: Passwords): People {
	const find = async (person: string) => (await keeper.find('person', { person }))[0];
	const known = async (person: string): Promise<PersonRow> => {
		const row = await find(person);
		return row === undefined || row.state === 'erased' ? cannotBe(nobody(person)) : row;
	};
	/** Whoever is left must be able to let others in. */
	const keepAnAdmin = async (person: string, project: string) => {
		if (project !== everywhere) return;
		const active = new Set((await keeper.find('person', { state: 'active' })).map((row) => row.person));
		const admins = (await keeper.find('role', { project: everywhere, role: 'admin' })).map((row) => row.person);
		const left = admins.filter((other) => other !== person && active.has(other));
		if (admins.includes(person) && left.length === 0) cannotBe(lastAdmin);
	};
	const ending = (person: string): readonly RegisterChange[] => [
		{ remove: 'session', where: { person } },
		{ remove: 'link', where: { person } },
	];
	return {
		find,
		named: async (name) => (await keeper.find('person', { name: accountName(name) }))[0],
		list: async () => (await keeper.find('person')).filter(({ state }) => state !== 'erased'),
		roles: () => keeper.find('role'),
		grants: async (person) => {
			if (person === 'local') return localGrants;
			return (await keeper.find('role', { person })).map(grantOf);
		},
		async add(by, { name: text, password, way, grants }) {
			const name = accountName(text);
			const wrong = wrongName(name) ?? (password === undefined ? undefined : wrongPassword(name, password));
			if (wrong !== undefined) cannotBe(wrong);
			const kept = password === undefined ? null : await passwords.hash(password);
			return keeper.inTurn(async () => {
				if ((await keeper.find('person', { name })).length > 0) cannotBe(taken(name));
				const person = keeper.newId('p');
				const row: PersonRow = {
					...{ person, name, password: kept, issuer: null, subject: null },
					...{ state: 'active', madeAt: keeper.now() },
				};
				const events: AccessEvent[] = [{ kind: 'person-added', person, way }];
				for (const grant of grants) events.push({ kind: 'role-set', person, ...grant });
				await keeper.write(
					{ by: by === '' ? person : by, person, events },
					{ put: 'person', row },
					...grants.map((grant) => ({ put: 'role' as const, row: { person, ...grant, source: '' } })),
				);
				return row;
			});
		},
		setRole: (by, person, project, role) =>
			keeper.inTurn(async () => {
				await known(person);
				if (role !== 'admin') await keepAnAdmin(person, project);
				const where = { person, project, source: '' };
				await keeper.write(
					{ by, person, events: [{ kind: 'role-set', person, project, ...(role === undefined ? {} : { role }) }] },
					role === undefined ? { remove: 'role', where } : { put: 'role', row: { ...where, role } },
				);
			}),
		async setPassword(by, person, password) {
			const { name } = await known(person);
			const wrong = wrongPassword(name ?? '', password);
			if (wrong !== undefined) cannotBe(wrong);
			const kept = await passwords.hash(password);
			// Whoever knew the old one, and has a session, is out.
			await keeper.write(
				{ by, person, events: [{ kind: 'password-set', person }] },
				{ update: 'person', where: { person }, set: { password: kept } },
				...ending(person),
			);
		},
		setDisabled: (by, person, isDisabled) =>
			keeper.inTurn(async () => {
				await known(person);
				if (isDisabled) await keepAnAdmin(person, everywhere);
				const kind = isDisabled ? 'person-disabled' : 'person-enabled';
				await keeper.write(
					{ by, person, events: [{ kind, person }] },
					{ update: 'person', where: { person }, set: { state: isDisabled ? 'disabled' : 'active' } },
					...(isDisabled ? ending(person) : []),
				);
			}),
		erase: (by, person) =>
			keeper.inTurn(async () => {
				await known(person);
				await keepAnAdmin(person, everywhere);
				const blank = { name: null, password: null, issuer: null, subject: null, state: 'erased' } as const;
				await keeper.write(
					{ by, person, events: [{ kind: 'person-erased', person }] },
					{ update: 'person', where: { person }, set: blank },
					{ remove: 'role', where: { person } },
					{ remove: 'token', where: { person } },
					...ending(person),
				);
			}),
	};
}

/** A role as the register has it; a word that this version does not know counts as the least. */
function grantOf({ project, role }: RoleRow): Grant {
	return { project, role: roles.find((known) => known === role) ?? 'viewer' };
}

const nobody = (person: string) => ({
	code: 'FB6053',
	what: `there is no account ${person}`,
	next: 'footbridge users list',
});

const taken = (name: string) => ({
	code: 'FB6052',
	what: `there is an account ${name} already`,
	next: 'choose another name, or: footbridge users list',
});

const lastAdmin = {
	code: 'FB6054',
	what: 'that is the last admin of this server',
	why: 'without one nobody could let others in',
	next: 'make somebody else an admin first: footbridge users role <name> admin',
};
