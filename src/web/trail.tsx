import { useQuery } from '@tanstack/react-query';
import { Link, useRouterState } from '@tanstack/react-router';
import { deploymentQuery, runQuery } from './fetching.ts';
import { workflowName } from './run-words.ts';

/** Where the page is: from the section down to what it shows. */
export function Trail() {
	const path = useRouterState({ select: (state) => state.location.pathname });
	const [section = '', ...inside] = path.split('/').slice(1).map(decodeURIComponent);
	return (
		<nav aria-label="Breadcrumb" className="trail">
			<ol>
				<Section section={section} />
				{section === 'runs' && inside[0] !== undefined ? <RunCrumb run={inside[0]} /> : null}
				{section === 'environments' && inside.length === 2 ? <Here text={inside.join(' / ')} /> : null}
				{section === 'deployments' && inside[0] !== undefined ? <DeploymentCrumbs deployment={inside[0]} /> : null}
			</ol>
		</nav>
	);
}

const sections = {
	'': ['/', 'Home'],
	runs: ['/runs', 'Runs'],
	environments: ['/environments', 'Environments'],
	deployments: ['/environments', 'Environments'],
	metrics: ['/metrics', 'Metrics'],
	settings: ['/settings', 'Settings'],
	device: ['/device', 'Sign a program in'],
} as const;

function Section({ section }: { readonly section: string }) {
	const [to, word] = sections[section as keyof typeof sections] ?? sections[''];
	return (
		<li>
			<Link to={to} activeOptions={{ exact: true }}>
				{word}
			</Link>
		</li>
	);
}

function Here({ text }: { readonly text: string }) {
	return (
		<li aria-current="page" className="cut">
			{text}
		</li>
	);
}

/** Shown as soon as the page has it: it asks for nothing itself. */
function RunCrumb({ run }: { readonly run: string }) {
	const { data } = useQuery({ ...runQuery(run), enabled: false });
	return <Here text={data === undefined ? 'Run' : `${workflowName(data.name)} #${data.number}`} />;
}

function DeploymentCrumbs({ deployment }: { readonly deployment: string }) {
	const { data } = useQuery({ ...deploymentQuery(deployment), enabled: false });
	if (data === undefined) return <Here text="Deployment" />;
	const { project, environment, number } = data;
	return (
		<>
			<li className="cut">
				<Link to="/environments/$project/$environment" params={{ project, environment }}>
					{project} / {environment}
				</Link>
			</li>
			<Here text={`Deployment ${number}`} />
		</>
	);
}
