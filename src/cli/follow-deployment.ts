import type { DeploymentView } from '#core/api.ts';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import { formatDuration } from '#core/time-text.ts';
import type { Client } from './client.ts';
import { clean, wrap } from './line-fit.ts';
import type { Colour, Terminal } from './terminal.ts';

const redrawMs = 120;

/** Shows a deployment moment by moment until it is live, rolled back or failed; the deployment as it is then. */
export async function displayDeployment(
	client: Client,
	terminal: Terminal,
	id: string,
	signal?: AbortSignal,
): Promise<Deployment> {
	const first = await client.get<DeploymentView>(`/deployments/${id}`);
	let deployment: Deployment = first;
	let told = 0;
	const tell = () => {
		terminal.print(...deployment.timeline.slice(told).flatMap((moment) => momentLines(deployment, moment, terminal)));
		told = deployment.timeline.length;
	};
	const redraw = () => terminal.draw([stageLine(deployment, Date.now(), terminal)]);
	const timer = setInterval(redraw, redrawMs);
	const done = new AbortController();
	const until = signal === undefined ? done.signal : AbortSignal.any([signal, done.signal]);
	try {
		terminal.print(deploymentHead(deployment, terminal));
		tell();
		if (deployment.finishedAt !== undefined) return deployment;
		for await (const recorded of client.events(first.head, until)) {
			if (recorded.stream !== `deployment/${id}` || recorded.seq <= first.head) continue;
			deployment = evolve(deployment, recorded) ?? deployment;
			tell();
			if (deployment.finishedAt !== undefined) break;
			redraw();
		}
		return deployment;
	} finally {
		clearInterval(timer);
		done.abort();
		terminal.draw([]);
	}
}

/** `▸ production #3  notes a1b2c3d4  Subject`: what is deployed where. */
function deploymentHead(deployment: Deployment, { paint }: Pick<Terminal, 'paint'>): string {
	const { environment, number, project, sha, commit, purpose } = deployment;
	const kind = purpose === 'release' ? '' : `  (${purpose})`;
	return `${paint('bold', `▸ ${clean(environment)} #${number}`)}  ${paint('dim', `${clean(project)} ${sha.slice(0, 8)}`)}  ${clean(commit.subject)}${kind}`;
}

type Stage = readonly [name: string, isDone: boolean];

function stagesOf(deployment: Deployment): readonly Stage[] {
	const services = deployment.application.services.map((service) => service.name);
	const isEvery = (there: (service: string) => boolean): boolean => services.length > 0 && services.every(there);
	return [
		['prepare', deployment.directory !== undefined],
		['start', isEvery((service) => deployment.instances[service] !== undefined)],
		['healthy', isEvery((service) => deployment.healthy.includes(service))],
		['switch', deployment.switched !== undefined],
		['verify', deployment.isVerified],
		['live', deployment.status === 'live'],
	];
}

function stageLine(deployment: Deployment, now: number, { paint }: Terminal): string {
	const stages = stagesOf(deployment);
	const current = stages.findIndex(([, isDone]) => !isDone);
	const mark = ([name]: Stage, index: number): string => {
		if (index < current) return paint('green', `✓ ${name}`);
		if (index > current) return paint('gray', `○ ${name}`);
		return deployment.failing === undefined ? paint('blue', `◐ ${name}`) : paint('red', `✕ ${name}`);
	};
	const time = formatDuration(now - Date.parse(deployment.requestedAt));
	const back = deployment.failing === undefined ? '' : paint('yellow', '  going back');
	return `  ${stages.map(mark).join('  ')}  ${paint('dim', time)}${back}`;
}

function momentLines(
	deployment: Deployment,
	{ at, what, isGood }: Deployment['timeline'][number],
	{ columns, paint }: Terminal,
): readonly string[] {
	const colour: Colour = isGood ? 'green' : 'red';
	const after = `+${formatDuration(Date.parse(at) - Date.parse(deployment.requestedAt))}`.padEnd(9);
	const [first = '', ...rest] = wrap(clean(what), columns - 14);
	return [
		`  ${paint(colour, isGood ? '✓' : '✕')} ${paint('dim', after)} ${first}`,
		...rest.map((line) => `${' '.repeat(14)}${line}`),
	];
}
