import type { DeploymentView, EnvironmentView } from '#core/api.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import type { Client } from './client.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { displayDeployment } from './follow-deployment.ts';
import { problemLines } from './problem-lines.ts';
import { projectHere } from './project-here.ts';
import type { Terminal } from './terminal.ts';

export interface DeployOptions {
	readonly at: string;
	readonly json?: boolean;
}

/** Puts a commit into an environment and shows it until it is live or rolled back. */
export async function deployCommand(
	environment: string,
	options: DeployOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const { project } = await projectHere(client, context);
		const { deployment: id } = await client.post<{ readonly deployment: string }>('/deployments', {
			project,
			environment,
			at: options.at,
		});
		const interrupt = new AbortController();
		const stop = () => interrupt.abort();
		process.once('SIGINT', stop);
		const screen = options.json === true ? context.err : context.out;
		const deployment = await displayDeployment(client, screen, id, interrupt.signal);
		process.off('SIGINT', stop);
		const view = await client.get<EnvironmentView>(`/environments/${project}/${encodeURIComponent(environment)}`);
		if (options.json === true) {
			printJson(context, { ...(await client.get<DeploymentView>(`/deployments/${id}`)), url: view.url });
		} else context.out.print(...deploymentEnd(deployment, view, context.out));
		if (interrupt.signal.aborted) return interrupted(client, context);
		return deployment.status === 'live' ? exitCodes.passed.code : exitCodes.failed.code;
	});
}

/** What a deployment came to: the address, or the reason and what still serves. */
export function deploymentEnd(deployment: Deployment, view: EnvironmentView, terminal: Terminal): readonly string[] {
	const { paint } = terminal;
	const { environment, number, finishedAt, requestedAt } = deployment;
	if (finishedAt === undefined) return [];
	const title = `${environment} #${number}`;
	const took = ((Date.parse(finishedAt) - Date.parse(requestedAt)) / 1000).toFixed(1);
	if (deployment.status === 'live' || deployment.status === 'superseded') {
		const address = view.url === null ? '' : `  ${paint('cyan', view.url)}`;
		return [`${paint(['green', 'bold'], `● ${title} is live`)} after ${took} s${address}`];
	}
	const word = deployment.status === 'rolled-back' ? '↩' : '✕';
	const how = deployment.status === 'rolled-back' ? 'was rolled back' : 'failed';
	return [
		`${paint(['red', 'bold'], `${word} ${title} ${how}`)} after ${took} s`,
		...(deployment.reason === undefined ? [] : problemLines(deployment.reason, terminal)),
		view.live === null
			? '  nothing serves in this environment'
			: `  ${paint('green', '●')} #${view.live.number} (${view.live.sha.slice(0, 8)} ${view.live.subject}) serves as before${view.url === null ? '' : `  ${paint('cyan', view.url)}`}`,
	];
}

function interrupted(client: Client, { err }: CommandContext): number {
	err.print(
		client.url === undefined
			? 'Interrupted. The deployment goes on at the next start of Footbridge.'
			: `Interrupted. The deployment goes on; see ${client.url}`,
	);
	return exitCodes.interrupted.code;
}
