import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { DeploymentItem, EnvironmentView } from '#core/api.ts';
import { DeployForm } from './deploy-form.tsx';
import { OutsideLink } from './environment-card.tsx';
import { deploymentsQuery, environmentQuery, metricsQuery } from './fetching.ts';
import { Panel, Waiting } from './notices.tsx';
import { ObjectiveBody } from './objective.tsx';
import { healthWord, lookOf, StatusGlyph, StatusMark } from './status.tsx';
import { Ago, Lasted } from './time.tsx';
import { useTitle } from './title.ts';

/** One environment: what serves in it, how it got there, and how well it does. */
export function EnvironmentPage() {
	const { project, environment: name } = useParams({ from: '/environments/$project/$environment' });
	const { data, error } = useQuery(environmentQuery(project, name));
	const metrics = useQuery(metricsQuery(project, name, 30));
	const status = data === undefined || data.live === null ? undefined : lookOf(healthWord(data.healthy));
	useTitle(`${project} / ${name}`, status);
	if (data === undefined) return <Waiting error={error} what="the environment" />;
	return (
		<div className="page">
			<header className="page-head">
				<div>
					<h1>
						<span className="soft">{project} / </span>
						{name}
					</h1>
					<p className="soft dots">
						{data.live === null ? <span>nothing is live</span> : <StatusMark status={healthWord(data.healthy)} />}
						{data.healthDetail === null ? null : <span>{data.healthDetail}</span>}
						{data.url === null ? null : <OutsideLink url={data.url} />}
					</p>
				</div>
				<DeployForm project={project} environment={name} />
			</header>
			{data.openIncident === null ? null : (
				<section className="panel finding tone-failed" aria-label="Open incident">
					<h2>
						Incident {data.openIncident.number}: {data.openIncident.what}
					</h2>
					<p className="soft">
						Users feel it since <Ago at={data.openIncident.impactStart} />.
					</p>
				</section>
			)}
			<div className="columns">
				<LiveVersion environment={data} />
				<Panel title="Objective" aside={<Link to="/metrics">All metrics</Link>}>
					{metrics.data === undefined ? (
						<Waiting error={metrics.error} what="the objective" />
					) : (
						<ObjectiveBody objective={metrics.data.objective} />
					)}
				</Panel>
			</div>
			<History project={project} environment={name} />
		</div>
	);
}

function LiveVersion({ environment }: { readonly environment: EnvironmentView }) {
	const { live } = environment;
	if (live === null) {
		return (
			<Panel title="Live">
				<p className="notice">Nothing was deployed here yet.</p>
			</Panel>
		);
	}
	return (
		<Panel
			title="Live"
			aside={
				<Link to="/deployments/$deployment" params={{ deployment: live.deployment }}>
					Deployment {live.number}
				</Link>
			}
		>
			<div className="body section">
				<dl className="facts">
					<dt>Commit</dt>
					<dd>
						<span className="mono">{live.sha.slice(0, 7)}</span> {live.subject}
					</dd>
					<dt>Since</dt>
					<dd>
						<Ago at={live.finishedAt ?? live.requestedAt} />
					</dd>
					<dt>Traffic</dt>
					<dd>
						<Serving environment={environment} />
					</dd>
					{environment.deploys === null ? null : (
						<>
							<dt>Deploys</dt>
							<dd>
								passed runs of <span className="mono">{environment.deploys}</span>, by itself
							</dd>
						</>
					)}
				</dl>
				<Services live={live} />
			</div>
		</Panel>
	);
}

/** What the proxy says it does, which is what users get, whatever the log says. */
function Serving({ environment: { serving, live } }: { readonly environment: EnvironmentView }) {
	if (serving === null) {
		return (
			<>
				<StatusMark status="gone" /> the proxy sends nothing here
			</>
		);
	}
	if (serving === live?.deployment)
		return (
			<>
				<StatusMark status="serving" /> the proxy sends every request to this version
			</>
		);
	return (
		<span className="tone-failed incident-line">
			✕ the proxy sends requests to another version:{' '}
			<Link to="/deployments/$deployment" params={{ deployment: serving }}>
				{serving}
			</Link>
		</span>
	);
}

function Services({ live }: { readonly live: NonNullable<EnvironmentView['live']> }) {
	return (
		<div className="scrolls-x">
			<table className="table">
				<thead>
					<tr>
						<th scope="col">Service</th>
						<th scope="col">State</th>
						<th scope="col" className="number">
							Process
						</th>
						<th scope="col" className="number">
							Port
						</th>
					</tr>
				</thead>
				<tbody>
					{live.application.services.map(({ name }) => {
						const instance = live.instances[name];
						return (
							<tr key={name}>
								<th scope="row">{name}</th>
								<td>
									<StatusMark status={instance?.alive === true ? 'alive' : 'gone'} />
								</td>
								<td className="number">{instance?.pid ?? '–'}</td>
								<td className="number">{Object.values(instance?.ports ?? {}).join(', ') || '–'}</td>
							</tr>
						);
					})}
				</tbody>
			</table>
		</div>
	);
}

function History({ project, environment }: { readonly project: string; readonly environment: string }) {
	const { data, error, hasNextPage, fetchNextPage } = useInfiniteQuery(deploymentsQuery(project, environment));
	const deployments = data?.pages.flatMap((page) => page.items);
	return (
		<section className="section" aria-labelledby="history">
			<h2 id="history">Deployments</h2>
			{deployments === undefined ? <Waiting error={error} what="deployments" /> : null}
			{deployments === undefined || deployments.length === 0 ? null : (
				<ul className="panel rows">
					{deployments.map((deployment) => (
						<DeploymentRow key={deployment.deployment} deployment={deployment} />
					))}
				</ul>
			)}
			{hasNextPage ? (
				<button type="button" className="button more" onClick={() => void fetchNextPage()}>
					Older deployments
				</button>
			) : null}
		</section>
	);
}

function DeploymentRow({ deployment }: { readonly deployment: DeploymentItem }) {
	const { number, status, sha, subject, reason, requestedAt, finishedAt, purpose } = deployment;
	return (
		<li className="run-row">
			<StatusGlyph status={status} />
			<div className="run-what">
				<p className="cut">
					<Link
						data-row
						className="row-link"
						to="/deployments/$deployment"
						params={{ deployment: deployment.deployment }}
					>
						{subject}
					</Link>
				</p>
				{reason === null ? null : <p className="run-cause cut">{reason}</p>}
			</div>
			<p className="run-name soft">
				{purpose} {number}
			</p>
			<p className="run-where soft">
				{lookOf(status).word} <span className="mono">{sha.slice(0, 7)}</span>
			</p>
			<p className="run-when soft">
				<Ago at={requestedAt} />
			</p>
			<p className="run-lasted">
				<Lasted from={requestedAt} to={finishedAt} />
			</p>
		</li>
	);
}
