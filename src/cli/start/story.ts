import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '#cli/client.ts';
import { deploymentEnd } from '#cli/command-deploy.ts';
import { displayDeployment } from '#cli/follow-deployment.ts';
import { wrap } from '#cli/line-fit.ts';
import { displayRuns } from '#cli/run/display.ts';
import { runSummary } from '#cli/run/summary.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { DeploymentItem, EnvironmentView, RunItem, RunView, StartedRuns } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import type { Deployment } from '#core/rollout/deployment.ts';
import type { Example } from './example.ts';

/** What the story is told with. */
export interface Story {
	readonly client: Client;
	readonly out: Terminal;
	readonly example: Example;
	readonly project: string;
	/** Where pages are. */
	readonly url: string;
}

const environment = 'production';
const pollMs = 100;
/** A push is seen within half a second, and a passed run is deployed at once. */
const patienceMs = 30_000;
const readingMs = 2500;

const mottos = [
	'What is written down is not forgotten.',
	'Short notes, long memory.',
	'Write it down, and think of something else.',
	'A note in time saves nine.',
	'The faintest ink is better than the best memory.',
];

/** Pushes a good change and follows it until users have it. */
export async function pushGoodChange(
	story: Story,
): Promise<{ readonly run: RunView; readonly deployment: Deployment }> {
	const { example, out } = story;
	headline(out, example.isNew ? 'The first push' : 'A change is pushed');
	const began = Date.now();
	const current = example.isNew ? undefined : mottos.indexOf(example.read('src/page/motto.txt').trim());
	const motto = mottos[((current ?? -1) + 1) % mottos.length] ?? '';
	const sha =
		current === undefined
			? example.push({}, 'Notes, a small web service')
			: example.push({ 'src/page/motto.txt': `${motto}\n` }, `Motto: ${motto}`);
	const run = await followPush(story, sha);
	if (run.status !== 'passed') throw new ProblemError(notAsTold(`the good change ${run.status}`));
	const deployment = await followRelease(story, sha);
	if (deployment.status !== 'live') throw new ProblemError(notAsTold(`the good change is ${deployment.status}`));
	out.print(out.paint('dim', `  ${((Date.now() - began) / 1000).toFixed(1)} s from the push to users`));
	return { run, deployment };
}

/** Follows the run that a pushed commit starts. */
export async function followPush(story: Story, sha: string): Promise<RunView> {
	const { client, project } = story;
	const path = `/runs?project=${encodeURIComponent(project)}&sha=${sha}`;
	const [item] = await until(`a run of ${sha.slice(0, 8)}`, async () => {
		const { items } = await client.get<{ readonly items: readonly RunItem[] }>(path);
		return items.length === 0 ? undefined : items;
	});
	return follow(story, item?.run ?? '');
}

/** Runs a commit once more. */
export async function runAgain(story: Story, at: string): Promise<RunView> {
	const request = { project: story.project, at };
	const { runs } = await story.client.post<StartedRuns>('/runs', request);
	return follow(story, runs[0] ?? '');
}

async function follow({ client, out, url }: Story, id: string): Promise<RunView> {
	const [run] = await displayRuns(client, out, [id]);
	if (run === undefined) throw new Error(`run ${id} was followed and is not there`);
	out.print('', ...runSummary(run, out, url), '');
	return run;
}

/** Follows the deployment that a passed run of the default branch leads to. */
export async function followRelease(story: Story, sha: string): Promise<Deployment> {
	const { client, out, project } = story;
	const path = `/deployments?project=${encodeURIComponent(project)}&environment=${environment}&limit=20`;
	const item = await until(`a deployment of ${sha.slice(0, 8)}`, async () => {
		const { items } = await client.get<{ readonly items: readonly DeploymentItem[] }>(path);
		return items.find((other) => other.sha === sha);
	});
	const deployment = await displayDeployment(client, out, item.deployment);
	out.print(...deploymentEnd(deployment, await production(story), out));
	return deployment;
}

/** The environment as it is now. */
export function production({ client, project }: Pick<Story, 'client' | 'project'>): Promise<EnvironmentView> {
	return client.get<EnvironmentView>(`/environments/${encodeURIComponent(project)}/${environment}`);
}

/** A chapter's title. */
export function headline(out: Terminal, title: string): void {
	const line = '━'.repeat(Math.max(3, Math.min(out.columns, 100) - title.length - 4));
	out.print('', out.paint('bold', `━━ ${title} ${line}`), '');
}

/** What is about to be done, and time to read it. */
export async function say(out: Terminal, text: string): Promise<void> {
	out.print(...wrap(text, Math.min(out.columns, 100)), '');
	await timeToRead(out);
}

/** Nobody reads a pipe while it is written. */
export async function timeToRead(out: Terminal): Promise<void> {
	if (out.isLive) await sleep(readingMs);
}

/** The story took another turn than it should have; told as it is. */
export function notAsTold(what: string) {
	return { code: 'FB0107', what, why: 'the story should have gone on otherwise', next: 'read what is above' };
}

async function until<T>(what: string, look: () => Promise<T | undefined>): Promise<T> {
	for (const end = Date.now() + patienceMs; Date.now() < end; await sleep(pollMs)) {
		const found = await look();
		if (found !== undefined) return found;
	}
	throw new ProblemError(notAsTold(`${what} did not come in ${patienceMs / 1000} s`));
}
