import { useQuery } from '@tanstack/react-query';
import { Link, useSearch } from '@tanstack/react-router';
import type { DoraView, EnvironmentView, Measure } from '#core/api.ts';
import { formatDuration } from '#core/time-text.ts';
import { environmentsQuery, metricsQuery } from './fetching.ts';
import { Panel, Waiting } from './notices.tsx';
import { ObjectiveBody, percent } from './objective.tsx';
import { useTitle } from './title.ts';

/** How delivery and service are doing, in numbers that say what they were made of. */
export function MetricsPage() {
	const { days = 30 } = useSearch({ from: '/metrics' });
	const { data, error } = useQuery(environmentsQuery);
	useTitle('Metrics');
	if (data === undefined) return <Waiting error={error} what="metrics" />;
	return (
		<div className="page">
			<header className="page-head">
				<h1>Metrics</h1>
				<nav className="choice" aria-label="Period">
					{[7, 30, 90].map((choice) => (
						<Link
							key={choice}
							to="/metrics"
							search={choice === 30 ? {} : { days: choice }}
							replace
							className="button small"
							aria-current={choice === days ? 'true' : undefined}
						>
							{choice} days
						</Link>
					))}
				</nav>
			</header>
			{data.length === 0 ? (
				<p className="notice panel">Numbers are made of deployments and requests: there is no environment yet.</p>
			) : null}
			{data.map((environment) => (
				<EnvironmentMetrics
					key={`${environment.project}/${environment.environment}`}
					environment={environment}
					days={days}
				/>
			))}
		</div>
	);
}

function EnvironmentMetrics({ environment, days }: { readonly environment: EnvironmentView; readonly days: number }) {
	const { project, environment: name } = environment;
	const { data, error } = useQuery(metricsQuery(project, name, days));
	return (
		<section className="section" aria-label={`${project} / ${name}`}>
			<h2>
				<Link data-row to="/environments/$project/$environment" params={{ project, environment: name }}>
					{project} / {name}
				</Link>
			</h2>
			{data === undefined ? (
				<Waiting error={error} what="the numbers" />
			) : (
				<>
					<div className="cards measures">
						{measures.map(({ key, title, show }) => (
							<MeasureCard key={key} title={title} measure={data.dora[key]} show={show} />
						))}
					</div>
					<Panel title={`Objective of ${name}`}>
						<ObjectiveBody objective={data.objective} />
					</Panel>
				</>
			)}
		</section>
	);
}

interface MeasureLook {
	readonly key: keyof DoraView;
	readonly title: string;
	readonly show: (value: number) => string;
}

const measures: readonly MeasureLook[] = [
	{
		key: 'deploymentFrequency',
		title: 'Deployment frequency',
		show: (value) => `${value.toLocaleString(undefined, { maximumFractionDigits: 1 })} a week`,
	},
	{ key: 'leadTime', title: 'Lead time', show: formatDuration },
	{ key: 'changeFailRate', title: 'Change failure rate', show: (value) => percent(value, 0) },
	{ key: 'recoveryTime', title: 'Recovery time', show: formatDuration },
];

function MeasureCard(props: { readonly title: string; readonly measure: Measure; readonly show: MeasureLook['show'] }) {
	const { title, measure, show } = props;
	return (
		<article className="panel measure">
			<h3>{title}</h3>
			<p className="big">
				<span className={measure.value === null ? 'value soft' : 'value'}>
					{measure.value === null ? 'no data' : show(measure.value)}
				</span>
			</p>
			<p>{measure.detail}</p>
			<p className="soft definition">{measure.definition}</p>
		</article>
	);
}
