import { Link } from '@tanstack/react-router';
import { ExternalLink } from 'lucide-react';
import type { EnvironmentView } from '#core/api.ts';
import { healthWord, StatusMark } from './status.tsx';
import { Ago } from './time.tsx';

interface CardProps {
	readonly environment: EnvironmentView;
	readonly withProject: boolean;
}

/** An environment at a glance: what is live, is it healthy, where is it. */
export function EnvironmentCard({ environment, withProject }: CardProps) {
	const { project, environment: name, live, url, healthy, openIncident, deployments } = environment;
	const underWay = deployments.find((deployment) => deployment.status === 'running');
	return (
		<article className="panel environment-card">
			<div className="environment-name">
				<h3>
					<Link
						data-row
						className="row-link"
						to="/environments/$project/$environment"
						params={{ project, environment: name }}
					>
						{withProject ? <span className="soft">{project} / </span> : null}
						{name}
					</Link>
				</h3>
				{live === null ? <span className="soft">nothing live</span> : <StatusMark status={healthWord(healthy)} pill />}
			</div>
			{live === null ? null : (
				<div>
					<p className="cut">
						<span className="mono">{live.sha.slice(0, 7)}</span> {live.subject}
					</p>
					<p className="soft">
						deployment {live.number}, live since <Ago at={live.finishedAt ?? live.requestedAt} />
					</p>
				</div>
			)}
			{underWay === undefined ? null : (
				<p>
					<StatusMark status="running" /> deployment {underWay.number} of{' '}
					<span className="mono">{underWay.sha.slice(0, 7)}</span>
				</p>
			)}
			{openIncident === null ? null : <p className="tone-failed incident-line">✕ {openIncident.what}</p>}
			{url === null || live === null ? null : (
				<p className="environment-url cut">
					<OutsideLink url={url} />
				</p>
			)}
		</article>
	);
}

/** A link that leaves the page. What leads to no web page is text: a `javascript:` address would run as this page. */
export function OutsideLink({ url }: { readonly url: string }) {
	if (!/^https?:\/\//i.test(url)) return <span>{url}</span>;
	return (
		<a href={url} target="_blank" rel="noreferrer">
			{url.replace(/^https?:\/\//, '')} <ExternalLink size={13} aria-hidden="true" />
			<span className="hidden-text"> (opens in a new tab)</span>
		</a>
	);
}
