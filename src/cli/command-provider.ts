import { text } from 'node:stream/consumers';
import type { ProviderItem } from '#core/api-access.ts';
import { ProblemError } from '#core/result.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { rows } from './text-table.ts';

export interface ProviderOptions {
	readonly issuer: string;
	readonly clientId: string;
	/** The secret of the client is piped in. */
	readonly secret?: boolean;
	readonly claim: string;
	/** `group=role` or `group=role@project` */
	readonly map?: readonly string[];
}

/** Sets a sign-in provider. */
export async function providerSetCommand(
	provider: string,
	options: ProviderOptions,
	context: CommandContext,
): Promise<number> {
	const { issuer, clientId, claim, map = [] } = options;
	const clientSecret = options.secret === true ? (await text(process.stdin)).trim() : undefined;
	return withClient(context, async (client) => {
		const secret = clientSecret === undefined ? {} : { clientSecret };
		await client.post('/providers', { provider, issuer, clientId, ...secret, claim, map: map.map(mapped) });
		context.out.print(
			`${provider} vouches for people now. It must know this address: ${client.url ?? '<this server>'}/api/v1/sign-in/callback`,
		);
		return 0;
	});
}

function mapped(entry: string): { readonly group: string; readonly role: string; readonly project?: string } {
	const match = /^(.+)=(viewer|developer|deployer|admin)(?:@(.+))?$/.exec(entry);
	if (match !== null)
		return { group: match[1] ?? '', role: match[2] ?? '', ...(match[3] === undefined ? {} : { project: match[3] }) };
	throw new ProblemError({
		code: 'FB0130',
		what: `--map ${entry} cannot be read`,
		next: 'write --map <group>=<role>, or --map <group>=<role>@<project>',
	});
}

/** Lists sign-in providers. */
export async function providerListCommand(
	options: { readonly json?: boolean },
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const { items } = await client.get<{ readonly items: readonly ProviderItem[] }>('/providers');
		if (options.json) printJson(context, { items });
		else if (items.length === 0) context.out.print('There is no sign-in provider.  footbridge provider set <name>');
		else
			context.out.print(...rows(items.map(({ provider, issuer, map }) => [provider, issuer, `${map.length} groups`])));
		return 0;
	});
}

/** Removes a sign-in provider. */
export async function providerRemoveCommand(provider: string, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		await client.post('/providers/remove', { provider });
		context.out.print(`removed ${provider}, and the roles that its groups gave`);
		return 0;
	});
}
