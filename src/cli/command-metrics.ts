import type { EnvironmentView, Measure, Metrics } from '#core/api.ts';
import { formatDuration } from '#core/time-text.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { clean, fill, wrap } from './line-fit.ts';
import { share } from './numbers.ts';
import { findProject } from './project-here.ts';
import type { Terminal } from './terminal.ts';

export interface MetricsOptions {
	readonly days: number;
	readonly json?: boolean;
}

/** Shows the four delivery metrics and the objective of environments, each with what it was made of. */
export async function metricsCommand(
	environment: string | undefined,
	options: MetricsOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const project = await findProject(client, context);
		const query = project === undefined ? '' : `?project=${encodeURIComponent(project.project)}`;
		const all = (await client.get<{ readonly items: readonly EnvironmentView[] }>(`/environments${query}`)).items;
		const wanted = environment === undefined ? all : all.filter((view) => view.environment === environment);
		const places =
			wanted.length === 0 && environment !== undefined && project !== undefined
				? [{ project: project.project, environment }]
				: wanted;
		const numbers: (Metrics & { readonly project: string; readonly environment: string })[] = [];
		for (const place of places) {
			const path = `/metrics/${encodeURIComponent(place.project)}/${encodeURIComponent(place.environment)}`;
			const metrics = await client.get<Metrics>(`${path}?days=${options.days}`);
			numbers.push({ project: place.project, environment: place.environment, ...metrics });
		}
		if (options.json === true) printJson(context, { items: numbers });
		else if (numbers.length === 0) context.out.print('There is no lasting environment to measure.');
		else for (const metrics of numbers) context.out.print(...metricsLines(metrics, context.out));
		return 0;
	});
}

function metricsLines(
	metrics: Metrics & { readonly project: string; readonly environment: string },
	{ columns, paint }: Terminal,
): readonly string[] {
	const { dora, objective } = metrics;
	const rows: readonly (readonly [string, string, string, string])[] = [
		[
			'deployments',
			perWeek(dora.deploymentFrequency),
			dora.deploymentFrequency.detail,
			dora.deploymentFrequency.definition,
		],
		['lead time', time(dora.leadTime), dora.leadTime.detail, dora.leadTime.definition],
		['failed changes', part(dora.changeFailRate), dora.changeFailRate.detail, dora.changeFailRate.definition],
		['recovery', time(dora.recoveryTime), dora.recoveryTime.detail, dora.recoveryTime.definition],
		[
			objective.name,
			objective.indicator === null ? none : share(objective.indicator),
			`${objective.good} of ${objective.good + objective.bad} good; target ${share(objective.target)}`,
			`budget ${objective.budgetLeft === null ? none : `${share(objective.budgetLeft)} left`} in ${objective.windowDays} days`,
		],
	];
	return [
		`${paint('bold', `▸ ${clean(metrics.project)} / ${clean(metrics.environment)}`)}  ${paint('dim', `the last ${metrics.days} days`)}`,
		...rows.flatMap(([name, value, detail, definition]) => [
			`  ${fill(name, 15)} ${paint('bold', fill(value, 14))} ${detail}`,
			...wrap(definition, columns - 18).map((line) => `${' '.repeat(18)}${paint('dim', line)}`),
		]),
	];
}

const none = 'no data';
const perWeek = ({ value }: Measure): string => (value === null ? none : `${value.toFixed(1)} a week`);
const time = ({ value }: Measure): string => (value === null ? none : formatDuration(value));
const part = ({ value }: Measure): string => (value === null ? none : share(value));
