import type { AuditLine } from '#core/api-access.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { rows } from './text-table.ts';

export interface AuditOptions {
	readonly limit: number;
	readonly export?: 'jsonl' | 'csv';
	readonly json?: boolean;
}

/** Shows who did what, or prints the whole trail as a file. */
export async function auditCommand(options: AuditOptions, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const query = new URLSearchParams(context.project === undefined ? {} : { project: context.project });
		if (options.export !== undefined) {
			query.set('format', options.export);
			const content = await client.content(`/audit/export?${query}`);
			for await (const chunk of content) process.stdout.write(chunk);
			return 0;
		}
		query.set('limit', String(options.limit));
		const { items } = await client.get<{ readonly items: readonly AuditLine[] }>(`/audit?${query}`);
		if (options.json) printJson(context, { items });
		else context.out.print(...rows(items.map(rowOf)));
		return 0;
	});
}

function rowOf({ at, byName, token, what, personName, from }: AuditLine): readonly string[] {
	const who = token === null ? byName : `${byName} (token)`;
	const about = personName === null || personName === byName ? '' : ` · ${personName}`;
	return [at.slice(0, 19).replace('T', ' '), who, `${what}${about}${from === null ? '' : ` · from ${from}`}`];
}
