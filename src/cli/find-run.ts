import type { RunItem, RunView } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import type { Client } from './client.ts';
import type { CommandContext } from './command.ts';
import { findProject } from './project-here.ts';

interface Page {
	readonly items: readonly RunItem[];
	readonly next: number | null;
}

/** The run that a person means: `@last`, `@failed`, `#12`, `12`, an id, or the beginning of one. */
export async function findRun(client: Client, context: CommandContext, asked: string): Promise<RunView> {
	const name = asked.replace(/^#/, '');
	if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)) return client.get<RunView>(`/runs/${name}`);
	const project = await findProject(client, context);
	const query = new URLSearchParams({
		limit: name.startsWith('@') ? '1' : '200',
		...(project === undefined ? {} : { project: project.project }),
		...(name === '@failed' ? { status: 'failed' } : {}),
	});
	const isMeant = (item: RunItem): boolean =>
		name.startsWith('@') || String(item.number) === name || (name.length >= 8 && item.run.startsWith(name));
	if (!/^(@last|@failed|\d+|[0-9a-f-]{8,})$/.test(name)) throw new ProblemError(noRun(asked));
	for (let page: Page | undefined; page === undefined || page.next !== null; ) {
		if (page?.next !== undefined) query.set('before', String(page.next));
		page = await client.get<Page>(`/runs?${query}`);
		const found = page.items.find(isMeant);
		if (found !== undefined) return client.get<RunView>(`/runs/${found.run}`);
		if (name.startsWith('@')) break;
	}
	throw new ProblemError(noRun(asked, project?.project));
}

function noRun(asked: string, project?: string) {
	const words: { readonly [name: string]: string } = { '@last': 'nothing was run yet', '@failed': 'no run failed' };
	return {
		code: 'FB2004',
		what: words[asked] ?? `there is no run ${asked}`,
		...(project === undefined ? {} : { where: `project ${project}` }),
		next: 'footbridge runs',
	};
}
