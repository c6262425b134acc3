import type { RunItem } from '#core/api.ts';
import { formatAgo, formatDuration } from '#core/time-text.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { clean, cut, fill, widthOf } from './line-fit.ts';
import { findProject } from './project-here.ts';
import { runName } from './run/lines.ts';
import { statusMark } from './status-mark.ts';
import type { Terminal } from './terminal.ts';

export interface RunsOptions {
	readonly limit: number;
	/** Status words with commas. */
	readonly status?: string;
	readonly branch?: string;
	/** Path, or file name. */
	readonly workflow?: string;
	readonly before?: number;
	readonly json?: boolean;
}

/** Lists the newest runs. */
export async function runsCommand(options: RunsOptions, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const project = await findProject(client, context);
		const query = new URLSearchParams({
			limit: String(options.limit),
			...(project === undefined ? {} : { project: project.project }),
			...(options.status === undefined ? {} : { status: options.status }),
			...(options.branch === undefined ? {} : { ref: options.branch }),
			...(options.workflow === undefined ? {} : { workflow: workflowPath(options.workflow) }),
			...(options.before === undefined ? {} : { before: String(options.before) }),
		});
		const page = await client.get<{ readonly items: readonly RunItem[]; readonly next: number | null }>(
			`/runs?${query}`,
		);
		if (options.json === true) printJson(context, page);
		else if (page.items.length === 0)
			context.out.print(isFiltered(options) ? 'No run is like that.' : 'Nothing was run yet.  footbridge run');
		else {
			context.out.print(...runRows(page.items, Date.now(), context.out, project === undefined));
			if (page.next !== null)
				context.err.print(context.err.paint('dim', `There are older ones: --before ${page.next}`));
		}
		return 0;
	});
}

function isFiltered({ status, branch, workflow, before }: RunsOptions): boolean {
	return [status, branch, workflow, before].some((value) => value !== undefined);
}

function workflowPath(name: string): string {
	return name.includes('/') ? name : `.github/workflows/${/\.ya?ml$/.test(name) ? name : `${name}.yml`}`;
}

/** A run a line: number, status, workflow, branch, commit, subject or cause, age and duration. */
export function runRows(
	items: readonly RunItem[],
	now: number,
	{ columns, paint }: Pick<Terminal, 'columns' | 'paint'>,
	hasProject: boolean,
): readonly string[] {
	const cells = items.map((item) => [
		`${hasProject ? `${clean(item.project)} ` : ''}#${item.number}`,
		runName(item),
		clean(item.ref.replace(/^refs\/(heads|tags)\//, '')) + (item.worktree ? '*' : ''),
		item.sha.slice(0, 8),
		timesOf(item, now),
	]);
	const widths = [0, 1, 2, 3, 4].map((column) =>
		Math.min(column === 4 ? 40 : 24, Math.max(...cells.map((row) => widthOf(row[column] ?? '')))),
	);
	const room = columns - widths.reduce((sum, width) => sum + width + 2, 2);
	return items.map((item, index) => {
		const [number = '', name = '', ref = '', sha = '', times = ''] = (cells[index] ?? []).map((cell, column) =>
			fill(cell, widths[column] ?? 0),
		);
		const { glyph, colour } = statusMark(item.status);
		const about = clean(item.cause ?? item.subject);
		const line = `${paint(colour, glyph)} ${paint('bold', number)}  ${name}  ${ref}  ${paint('dim', sha)}  ${paint('dim', times)}`;
		if (room < 12) return line.trimEnd();
		return `${line}  ${item.cause === null ? cut(about, room) : paint(colour, cut(about, room))}`;
	});
}

function timesOf({ queuedAt, startedAt, finishedAt }: RunItem, now: number): string {
	const age = formatAgo(now - Date.parse(queuedAt));
	if (startedAt === null) return age;
	return `${age}, ${formatDuration((finishedAt === null ? now : Date.parse(finishedAt)) - Date.parse(startedAt))}`;
}
