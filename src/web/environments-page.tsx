import { useQuery } from '@tanstack/react-query';
import { EnvironmentCard } from './environment-card.tsx';
import { environmentsQuery } from './fetching.ts';
import { Waiting } from './notices.tsx';
import { useTitle } from './title.ts';

/** All environments, by project. */
export function EnvironmentsPage() {
	const { data, error } = useQuery(environmentsQuery);
	useTitle('Environments');
	if (data === undefined) return <Waiting error={error} what="environments" />;
	const projects = [...new Set(data.map(({ project }) => project))];
	return (
		<div className="page">
			<h1>Environments</h1>
			{data.length === 0 ? (
				<p className="notice panel">
					No environment yet. Name one in <code>footbridge.yaml</code>, with the Compose file of the application.
				</p>
			) : null}
			{projects.map((project) => (
				<section className="section" key={project} aria-label={project}>
					<h2>{project}</h2>
					<div className="cards">
						{data
							.filter((environment) => environment.project === project)
							.map((environment) => (
								<EnvironmentCard key={environment.environment} environment={environment} withProject={false} />
							))}
					</div>
				</section>
			))}
		</div>
	);
}
