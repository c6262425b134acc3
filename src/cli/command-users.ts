import type { Role } from '#core/access/access.ts';
import type { PersonItem } from '#core/api-access.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { rows } from './text-table.ts';

const place = ({ project }: CommandContext): { readonly project?: string } =>
	project === undefined ? {} : { project };
const where = ({ project }: CommandContext): string => (project === undefined ? 'everywhere' : `in ${project}`);

/** Adds an account and prints the link to set its password with. */
export async function usersAddCommand(
	name: string,
	options: { readonly role?: Role },
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const role = options.role === undefined ? {} : { role: options.role };
		const { link } = await client.post<{ readonly link: string }>('/people', { name, ...role, ...place(context) });
		const is = options.role === undefined ? 'has no role yet' : `is ${options.role} ${where(context)}`;
		context.err.print(`${name} ${is}.`);
		if (client.url === undefined) {
			context.err.print(`Once the server is up, a link to set the password:  footbridge users invite ${name}`);
			return 0;
		}
		context.err.print('This link sets the password; it works once, within 7 days:');
		context.out.print(link);
		return 0;
	});
}

/** Lists accounts with their roles. */
export async function usersListCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { items } = await client.get<{ readonly items: readonly PersonItem[] }>('/people');
		if (options.json) printJson(context, { items });
		else if (items.length === 0) context.out.print('There is no account.  footbridge users add <name> --role admin');
		else context.out.print(...rows(items.map((item) => [item.name, stateOf(item), rolesOf(item)])));
		return 0;
	});
}

function stateOf({ state, isInvited, isByProvider }: PersonItem): string {
	if (state !== 'active') return state;
	return isInvited ? 'invited' : isByProvider ? 'by a provider' : 'active';
}

function rolesOf({ grants }: PersonItem): string {
	const texts = grants.map(({ project, role, source }) => {
		const by = source === '' ? '' : ` (${source})`;
		return `${role} ${project === '*' ? 'everywhere' : `in ${project}`}${by}`;
	});
	return texts.length === 0 ? 'no role' : texts.join(', ');
}

/** Gives somebody a role in a project, or everywhere, or takes it away. */
export async function usersRoleCommand(name: string, role: Role | 'none', context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		await client.post('/members', { person: name, ...place(context), ...(role === 'none' ? {} : { role }) });
		context.out.print(
			role === 'none' ? `${name} has no role ${where(context)} any more` : `${name} is ${role} ${where(context)}`,
		);
		return 0;
	});
}

const done = {
	disable: 'is let in no more',
	enable: 'is let in again',
	erase: 'is forgotten; what was done stays, without a name',
} as const;

/** Lets somebody in no more, or again, or forgets who they were. */
export async function usersChangeCommand(
	name: string,
	what: keyof typeof done,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		await client.post(`/people/${encodeURIComponent(name)}/${what}`, {});
		context.out.print(`${name} ${done[what]}`);
		return 0;
	});
}

/** Prints a link to set a password with. */
export async function usersInviteCommand(name: string, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { link } = await client.post<{ readonly link: string }>(`/people/${encodeURIComponent(name)}/invite`, {});
		context.err.print('It works once, within 7 days:');
		context.out.print(link);
		return 0;
	});
}
