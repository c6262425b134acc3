import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { may } from '#core/access/access.ts';
import { sessionQuery } from '../access/session.ts';
import { projectsQuery } from '../fetching.ts';
import { useTitle } from '../title.ts';

const parts = [
	{ to: '/settings', word: 'Account', needs: 'nothing' },
	{ to: '/settings/tokens', word: 'Tokens', needs: 'nothing' },
	{ to: '/settings/people', word: 'People', needs: 'server' },
	{ to: '/settings/members', word: 'Members', needs: 'project' },
	{ to: '/settings/secrets', word: 'Secrets', needs: 'project' },
	{ to: '/settings/variables', word: 'Variables', needs: 'project' },
	{ to: '/settings/sign-in', word: 'Sign-in', needs: 'server' },
	{ to: '/settings/audit', word: 'Audit', needs: 'project' },
] as const;

/** Around every page of the settings: its parts, as far as they are for whoever looks. */
export function SettingsFrame({
	title,
	lead,
	children,
}: {
	readonly title: string;
	readonly lead?: string;
	readonly children: ReactNode;
}) {
	useTitle(`${title} · Settings`);
	const { data } = useQuery(sessionQuery);
	const isServerAdmin = data !== undefined && may(data, 'configure');
	const isAdmin = isServerAdmin || (data?.grants.some(({ role }) => role === 'admin') ?? false);
	const shown = { nothing: true, project: isAdmin, server: isServerAdmin };
	return (
		<div className="page">
			<h1>Settings</h1>
			<nav aria-label="Settings" className="tabs">
				{parts
					.filter(({ needs }) => shown[needs])
					.map(({ to, word }) => (
						<Link key={to} to={to} activeOptions={{ exact: true }}>
							{word}
						</Link>
					))}
			</nav>
			<div className="section">
				<h2 className="settings-title">{title}</h2>
				{lead === undefined ? null : <p className="soft settings-lead">{lead}</p>}
				{children}
			</div>
		</div>
	);
}

export interface ChosenScope {
	readonly project?: string;
	readonly environment?: string;
}

/** Which project or environment the settings are for; for admins of the server also all of them. */
export function useScope({
	withEnvironment,
}: {
	readonly withEnvironment: boolean;
}): readonly [ChosenScope | undefined, ReactNode] {
	const { data: session } = useQuery(sessionQuery);
	const { data: projects = [] } = useQuery(projectsQuery);
	const [chosen, setChosen] = useState<string>();
	const [environment, setEnvironment] = useState('');
	const isServerAdmin = session !== undefined && may(session, 'configure');
	const names = projects
		.map(({ project }) => project)
		.filter((project) => session !== undefined && may(session, 'configure', project));
	const project = chosen ?? (isServerAdmin ? '' : names[0]);
	const scope =
		project === undefined
			? undefined
			: project === ''
				? {}
				: { project, ...(environment === '' ? {} : { environment }) };
	const choice = (
		<div className="filters">
			<label className="labelled">
				For
				<select className="field" value={project ?? ''} onChange={(event) => setChosen(event.target.value)}>
					{isServerAdmin ? <option value="">every project</option> : null}
					{names.map((name) => (
						<option key={name}>{name}</option>
					))}
				</select>
			</label>
			{withEnvironment && project !== undefined && project !== '' ? (
				<label className="labelled">
					Environment
					<input
						className="field"
						placeholder="any"
						defaultValue={environment}
						onBlur={(event) => setEnvironment(event.target.value.trim())}
						onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
					/>
				</label>
			) : null}
		</div>
	);
	return [scope, choice];
}
