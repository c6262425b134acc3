import type { EnvironmentView, Metrics } from '#core/api.ts';
import { formatAgo } from '#core/time-text.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { clean, fill } from './line-fit.ts';
import { share } from './numbers.ts';
import { findProject } from './project-here.ts';
import { statusMark } from './status-mark.ts';
import type { Terminal } from './terminal.ts';

/** Shows what lives in the environments: the record beside what the proxy really serves. */
export async function statusCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const project = await findProject(client, context);
		const query = project === undefined ? '' : `?project=${encodeURIComponent(project.project)}`;
		const { items } = await client.get<{ readonly items: readonly EnvironmentView[] }>(`/environments${query}`);
		if (options.json === true) {
			printJson(context, { items });
			return 0;
		}
		const { out } = context;
		if (items.length === 0)
			out.print('There is no lasting environment.  docs/footbridge-yaml.md says how to name one.');
		for (const view of items) {
			const path = `/metrics/${encodeURIComponent(view.project)}/${encodeURIComponent(view.environment)}`;
			const { objective } = await client.get<Metrics>(path);
			out.print(...environmentLines(view, objective, Date.now(), out));
		}
		if (client.url === undefined) {
			context.err.print(
				context.err.paint('dim', 'No server runs: nothing is watched or deployed by itself.  footbridge up'),
			);
		}
		return 0;
	});
}

/** An environment in a few lines: what is live, whether it answers, whether users get it, and the budget that is left. */
export function environmentLines(
	view: EnvironmentView,
	objective: Metrics['objective'],
	now: number,
	{ paint }: Pick<Terminal, 'paint'>,
): readonly string[] {
	const { live, serving, deployments } = view;
	const row = (label: string, text: string) => `  ${paint('dim', fill(label, 8))} ${text}`;
	const lines = [
		`${paint('bold', `▸ ${clean(view.project)} / ${clean(view.environment)}`)}${view.url === null ? '' : `  ${paint('cyan', view.url)}`}`,
	];
	if (live === null) lines.push(row('live', paint('dim', 'nothing was deployed yet')));
	else {
		const age = live.finishedAt === null ? '' : `  ${paint('dim', formatAgo(now - Date.parse(live.finishedAt)))}`;
		lines.push(
			row('live', `${paint('green', '●')} #${live.number} ${live.sha.slice(0, 8)} ${clean(live.subject)}${age}`),
		);
		const isServed = serving === live.deployment;
		const served = isServed ? 'this version' : serving === null ? 'nothing' : `another version (${serving})`;
		lines.push(row('serves', isServed ? served : paint('red', served)));
		lines.push(row('health', healthOf(view, paint)));
	}
	const [newest] = deployments;
	if (newest !== undefined && newest.deployment !== live?.deployment) {
		const { glyph, colour } = statusMark(newest.status);
		const reason = newest.reason === null ? '' : `: ${clean(newest.reason)}`;
		lines.push(row('newest', `${paint(colour, glyph)} #${newest.number} ${newest.status}${reason}`));
	}
	if (view.openIncident !== null) lines.push(row('incident', paint('red', clean(view.openIncident.what))));
	const budget = objective.budgetLeft === null ? 'no data yet' : `${share(objective.budgetLeft)} left`;
	lines.push(
		row('budget', `${budget} ${paint('dim', `of ${share(1 - objective.target)} in ${objective.windowDays} days`)}`),
	);
	return lines;
}

function healthOf({ healthy, healthDetail }: EnvironmentView, paint: Terminal['paint']): string {
	const detail = healthDetail === null ? '' : `  ${paint('dim', clean(healthDetail))}`;
	if (healthy === null) return paint('dim', 'not probed yet');
	return `${healthy ? paint('green', '✓ healthy') : paint('red', '✕ not healthy')}${detail}`;
}
