import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { DeploymentView } from '#core/api.ts';
import { formatDuration } from '#core/time-text.ts';
import { stagesOf } from './deployment-stages.ts';
import { deploymentQuery } from './fetching.ts';
import { Panel, ProblemList, Waiting } from './notices.tsx';
import { lookOf, StatusMark } from './status.tsx';
import { Ago, Lasted, localTime } from './time.tsx';
import { useTitle } from './title.ts';

/** One deployment: how far it got, when, and why it did not get further. */
export function DeploymentPage() {
	const { deployment: id } = useParams({ from: '/deployments/$deployment' });
	const { data, error } = useQuery(deploymentQuery(id));
	const look = data === undefined ? undefined : lookOf(data.status);
	useTitle(data === undefined ? 'Deployment' : `${look?.word} · ${data.environment} ${data.number}`, look);
	if (data === undefined) return <Waiting error={error} what="the deployment" />;
	const { project, environment } = data;
	return (
		<div className="page">
			<header className="page-head">
				<div className="section">
					<h1>
						{title[data.purpose]} {data.number}{' '}
						<span className="soft">
							to{' '}
							<Link to="/environments/$project/$environment" params={{ project, environment }}>
								{project} / {environment}
							</Link>
						</span>
					</h1>
					<p className="dots">
						<StatusMark status={data.status} />
						<span>
							<span className="mono">{data.sha.slice(0, 7)}</span> {data.commit.subject}
						</span>
						<span className="soft">
							<Ago at={data.requestedAt} />
						</span>
						<Lasted from={data.requestedAt} to={data.finishedAt} />
					</p>
				</div>
			</header>
			<Outcome deployment={data} />
			<ol className="panel stepper" aria-label="Stages">
				{stagesOf(data).map((stage) => (
					<li
						key={stage.name}
						className={`stage is-${stage.is}`}
						aria-current={stage.is === 'running' ? 'step' : undefined}
					>
						<StatusMark status={stageStatus[stage.is]} />
						<strong>{stage.name}</strong>
						<span className="soft">{stage.at === undefined ? ' ' : `after ${since(data, stage.at)}`}</span>
					</li>
				))}
			</ol>
			<div className="columns">
				<Panel title="What happened">
					<ol className="timeline">
						{data.timeline.map((moment) => (
							<li key={`${moment.at} ${moment.what}`}>
								<time dateTime={moment.at} title={localTime(moment.at)} className="soft">
									+{since(data, moment.at)}
								</time>
								<span className={moment.isGood ? '' : 'tone-failed incident-line'}>
									{moment.isGood ? '' : '✕ '}
									{moment.what}
								</span>
							</li>
						))}
					</ol>
				</Panel>
				<Panel title={data.changes.length === 1 ? 'The change in it' : `${data.changes.length} changes in it`}>
					{data.changes.length === 0 ? (
						<p className="notice">Nothing new since the version before.</p>
					) : (
						<ul className="changes">
							{data.changes.map((change) => (
								<li key={change.sha}>
									<span className="mono soft">{change.sha.slice(0, 7)}</span> <span>{change.subject}</span>
								</li>
							))}
						</ul>
					)}
				</Panel>
			</div>
		</div>
	);
}

const title = { release: 'Release', rollback: 'Rollback', redeploy: 'Redeployment' } as const;
const stageStatus = {
	done: 'passed',
	running: 'running',
	failed: 'failed',
	ahead: 'queued',
	skipped: 'skipped',
} as const;

/** The reason first, and what it meant for users. */
function Outcome({ deployment }: { readonly deployment: DeploymentView }) {
	const { status, exposed } = deployment;
	const reason = deployment.reason ?? deployment.failing;
	if (reason === undefined) return null;
	return (
		<section className="panel finding tone-failed" aria-label="Reason">
			<h2>{status === 'rolled-back' ? 'Rolled back' : status === 'running' ? 'Going back' : 'Failed'}</h2>
			<ProblemList problems={[reason]} />
			<p className="soft outcome-line">
				{exposed
					? 'Requests could reach this version before traffic went back.'
					: 'No request ever reached this version: what served before went on serving.'}
			</p>
		</section>
	);
}

function since({ requestedAt }: DeploymentView, at: string): string {
	return formatDuration(Date.parse(at) - Date.parse(requestedAt));
}
