import { type Permission, permissions } from '#core/access/access.ts';
import type { TokenItem } from '#core/api-access.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { rows } from './text-table.ts';

export interface TokenOptions {
	readonly scope?: readonly Permission[];
	readonly days: number;
	readonly json?: boolean;
}

/** Makes a token and prints it, this once. */
export async function tokenCreateCommand(
	name: string,
	options: TokenOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const { scope: scopes = permissions.filter((word) => word === 'read' || word === 'run'), days } = options;
		const projects = context.project === undefined ? {} : { projects: [context.project] };
		const made = await client.post<{ readonly token: string; readonly text: string }>('/tokens', {
			name,
			scopes,
			...projects,
			days,
		});
		if (options.json) printJson(context, made);
		else {
			context.out.print(made.text);
			context.err.print(
				`It may ${scopes.join(', ')}${context.project === undefined ? '' : ` in ${context.project}`}${days === 0 ? '' : `, for ${days} days`}. It is shown this once.`,
			);
		}
		return 0;
	});
}

/** Lists tokens; their texts are not kept. */
export async function tokenListCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { items } = await client.get<{ readonly items: readonly TokenItem[] }>('/tokens');
		if (options.json) printJson(context, { items });
		else if (items.length === 0) context.out.print('There is no token.  footbridge token create <name>');
		else context.out.print(...rows(items.map(rowOf)));
		return 0;
	});
}

function rowOf({ token, name, personName, scopes, projects, usedAt, expiresAt }: TokenItem): readonly string[] {
	const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
	return [
		...[token, name, personName, scopes.join(',')],
		projects === null ? 'all projects' : projects.join(','),
		usedAt === null ? 'never used' : `used ${day(usedAt)}`,
		expiresAt === null ? 'does not end' : `until ${day(expiresAt)}`,
	];
}

/** Revokes a token: it is refused from now on. */
export async function tokenRevokeCommand(token: string, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		await client.post(`/tokens/${encodeURIComponent(token)}/revoke`, {});
		context.out.print(`revoked ${token}`);
		return 0;
	});
}
