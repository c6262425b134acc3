import type { Client } from './client.ts';
import type { Terminal } from './terminal.ts';

/** A link that signs the owner of this machine in once; `next` is where it leads then. */
export async function signInLink(client: Client, next?: string): Promise<string> {
	const { link } = await client.post<{ readonly link: string }>('/links', { purpose: 'sign-in' });
	const url = new URL(link);
	if (next !== undefined) url.searchParams.set('next', next);
	return url.href;
}

/** How to get into the page of a server that was just started: for its owner, and as long as there is nobody else, for the first admin. */
export async function tellLinks(client: Client, out: Terminal): Promise<void> {
	const { items } = await client.get<{ readonly items: readonly unknown[] }>('/people');
	out.print(`  open it      ${out.paint('cyan', await signInLink(client))}`);
	out.print(out.paint('dim', '               signs you in without a password; works once, within an hour'));
	if (items.length > 0) return;
	const { link } = await client.post<{ readonly link: string }>('/links', { purpose: 'set-up' });
	out.print(`  for a team   ${out.paint('cyan', link)}`);
	out.print(out.paint('dim', '               makes the first admin; works once, within a day'));
}
