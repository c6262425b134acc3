import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { IncidentItem } from '#core/api.ts';
import { EnvironmentCard } from './environment-card.tsx';
import { environmentsQuery, newestRunsQuery, openIncidentsQuery, projectsQuery } from './fetching.ts';
import { FirstSteps, Waiting } from './notices.tsx';
import { RunRows } from './run-rows.tsx';
import { Ago } from './time.tsx';
import { useTitle } from './title.ts';

/** What is happening: what needs somebody, what runs where, and the newest runs. */
export function HomePage() {
	const projects = useQuery(projectsQuery);
	const environments = useQuery(environmentsQuery);
	const runs = useQuery(newestRunsQuery(12));
	const incidents = useQuery(openIncidentsQuery);
	const open = incidents.data ?? [];
	useTitle(
		open.length === 0 ? 'Home' : `${open.length} open`,
		open.length === 0 ? undefined : { tone: 'failed', glyph: '✕' },
	);
	if (runs.data === undefined || projects.data === undefined) {
		return <Waiting error={runs.error ?? projects.error} what="what is happening" />;
	}
	const isNew = runs.data.length === 0;
	return (
		<div className="page">
			<h1>{projects.data.length === 1 ? projects.data[0]?.project : 'What is happening'}</h1>
			{open.length === 0 ? null : <Incidents incidents={open} />}
			{isNew ? <FirstSteps hasProject={projects.data.length > 0} /> : null}
			{(environments.data ?? []).length === 0 ? null : (
				<section className="section" aria-labelledby="live">
					<div className="section-head">
						<h2 id="live">Environments</h2>
						<Link to="/environments">All environments</Link>
					</div>
					<div className="cards">
						{(environments.data ?? []).map((environment) => (
							<EnvironmentCard
								key={`${environment.project}/${environment.environment}`}
								environment={environment}
								withProject={projects.data.length > 1}
							/>
						))}
					</div>
				</section>
			)}
			{isNew ? null : (
				<section className="section" aria-labelledby="newest">
					<div className="section-head">
						<h2 id="newest">Newest runs</h2>
						<Link to="/runs">All runs</Link>
					</div>
					<RunRows runs={runs.data} withProject={projects.data.length > 1} />
				</section>
			)}
		</div>
	);
}

function Incidents({ incidents }: { readonly incidents: readonly IncidentItem[] }) {
	return (
		<section className="section" aria-labelledby="incidents">
			<h2 id="incidents">Needs you</h2>
			<ul className="panel incident-list">
				{incidents.map((incident) => (
					<li key={incident.incident}>
						<span className="tone-failed">
							<span className="glyph" aria-hidden="true">
								✕
							</span>
						</span>
						<div>
							<Link
								data-row
								to="/environments/$project/$environment"
								params={{ project: incident.project, environment: incident.environment }}
							>
								<strong>
									Incident {incident.number}: {incident.what}
								</strong>
							</Link>
							<p className="soft dots">
								<span>
									{incident.project} / {incident.environment}
								</span>
								<span>
									users feel it since <Ago at={incident.impactStart} />
								</span>
							</p>
						</div>
					</li>
				))}
			</ul>
		</section>
	);
}
