import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionView } from '#core/api-access.ts';
import { ProblemError } from '#core/result.ts';
import { type Client, createClient } from './client.ts';
import { type CommandContext, withClient } from './command.ts';
import { credentialFor, dropCredential, keepCredential, keptServers, serverAddress } from './credentials.ts';

interface DeviceRequest {
	readonly deviceCode: string;
	readonly userCode: string;
	readonly expiresInMs: number;
	readonly intervalMs: number;
}

/** Signs this user in to a server: a person says yes to a code in their browser. */
export async function loginCommand(address: string, context: CommandContext): Promise<number> {
	const server = serverAddress(address);
	const client = clientOf(server);
	warnOfPlainText(server, context);
	const asked = await client.post<DeviceRequest>('/devices', { name: hostname() });
	context.out.print(`Open ${context.out.paint('cyan', `${server}/device#${asked.userCode}`)}`);
	context.out.print(`and compare the code:  ${context.out.paint('bold', asked.userCode)}`);
	const granted = await answered(client, asked);
	keepCredential(server, granted);
	context.out.print(`Signed in to ${server} as ${granted.name}.  footbridge --server ${server} runs`);
	return 0;
}

async function answered(client: Client, { deviceCode, expiresInMs, intervalMs }: DeviceRequest) {
	for (const end = Date.now() + expiresInMs; Date.now() < end; await sleep(intervalMs)) {
		const answer = await client.post<{ readonly state: string; readonly token?: string; readonly name?: string }>(
			'/devices/token',
			{ deviceCode },
		);
		if (answer.token !== undefined) return { token: answer.token, name: answer.name ?? '' };
	}
	throw new ProblemError({
		code: 'FB0163',
		what: 'nobody said yes within ten minutes',
		next: 'footbridge login once more',
	});
}

/** Revokes what `login` got, on the server too. */
export async function logoutCommand(address: string | undefined, context: CommandContext): Promise<number> {
	const servers = address === undefined ? keptServers() : [serverAddress(address)];
	if (servers.length === 0) context.out.print('Nobody is signed in anywhere.');
	for (const server of servers) {
		const credential = credentialFor(server);
		if (credential === undefined) {
			context.out.print(`Nobody is signed in to ${server}.`);
			continue;
		}
		const isRevoked = await clientOf(server, credential.token)
			.post('/tokens/this/revoke', {})
			.then(
				() => true,
				() => false,
			);
		dropCredential(server);
		context.out.print(`Signed out of ${server}.`);
		if (!isRevoked) context.err.print('The server was not told: its token ends by itself, or revoke it on the page.');
	}
	return 0;
}

/** Says who the server takes this user for, and what that allows. */
export async function whoamiCommand(context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { person, grants } = await client.get<SessionView>('/session');
		context.out.print(`${person?.name ?? 'nobody'}${client.url === undefined ? '' : ` at ${client.url}`}`);
		for (const { project, role } of grants)
			context.out.print(`  ${role} ${project === '*' ? 'everywhere' : `in ${project}`}`);
		return 0;
	});
}

function clientOf(server: string, token?: string): Client {
	const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
	const ask = (path: string, init: RequestInit = {}) =>
		fetch(new URL(path, server), { ...init, headers: { ...(init.headers as Record<string, string>), ...headers } });
	return createClient({ url: server, fetch: ask, close: async () => {} });
}

/** On the way everybody could read the token. */
function warnOfPlainText(server: string, { err }: CommandContext): void {
	const { protocol, hostname } = new URL(server);
	if (protocol === 'https:' || ['127.0.0.1', 'localhost', '[::1]'].includes(hostname)) return;
	err.print(err.paint('yellow', 'Warning: this address is not https. Whoever is on the way can read what is sent.'));
}
