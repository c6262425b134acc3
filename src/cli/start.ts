// `npm start`: the whole road on the example project, or on a repository of one's own.
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { EnvironmentView, Project, StartedRuns } from '#core/api.ts';
import { signInLink, tellLinks } from './access-links.ts';
import { createClient } from './client.ts';
import { type CommandContext, exitCodeOf } from './command.ts';
import { exitCodeOfRuns, exitCodes } from './exit-code.ts';
import { freePort } from './free-port.ts';
import { nothingStarted } from './nothing-started.ts';
import { displayRuns } from './run/display.ts';
import { runSummary } from './run/summary.ts';
import { openExample } from './start/example.ts';
import { stopEverything } from './start/stop.ts';
import { headline, production, pushGoodChange, type Story } from './start/story.ts';
import { tour } from './start/tour.ts';
import { openTerminal } from './terminal.ts';
import { openFootbridge, startServer } from './wire.ts';

const usage = `npm start                 start Footbridge, push a change to the example project, and see it go live
npm start -- --tour       and then break it in three ways
npm start -- <path>       run the workflows of a repository of yours
npm start -- --stop       stop everything that was started here

  --data <folder>   where everything is kept; without it .footbridge/
  --port <number>   port of the page; without it 4455, or a free one
  --exit            end when the story is told, instead of waiting for Ctrl+C`;

interface Environments {
	readonly items: readonly EnvironmentView[];
}

interface Wishes {
	readonly path: string | undefined;
	readonly isTour: boolean;
	readonly isExit: boolean;
	readonly isStop: boolean;
	readonly folder: string;
	readonly port: number | undefined;
}

const out = openTerminal(process.stdout);
const context: CommandContext = { out, err: openTerminal(process.stderr), data: undefined, project: undefined };
process.exitCode = await exitCodeOf(context, main);
// A connection that is kept alive must not keep the process.
process.exit();

async function main(): Promise<number> {
	const wishes = readWishes();
	if (wishes === undefined) return exitCodes.usage.code;
	const data = join(wishes.folder, 'data');
	if (wishes.isStop) return stop(data);
	const { url, fetch, close } = await startOrJoin(data, wishes.port);
	const ended = interruption();
	const client = createClient({ url, fetch, close });
	out.print(`Footbridge is up at ${out.paint('cyan', url)}`);
	await tellLinks(client, out);
	try {
		const told = wishes.path === undefined ? tellStory(client, wishes, url) : runOwn(client, wishes.path, url);
		const code = await Promise.race([told, ended.then(() => exitCodes.interrupted.code)]);
		if (wishes.isExit || code === exitCodes.interrupted.code) return code;
		out.print('', out.paint('dim', 'Footbridge goes on watching. Ctrl+C stops it.'));
		await ended;
		return code;
	} finally {
		const serving = await client.get<Environments>('/environments').catch(() => ({ items: [] }));
		await close();
		tellWhatServes(serving);
	}
}

function readWishes(): Wishes | undefined {
	try {
		const { values, positionals } = parseArgs({
			allowPositionals: true,
			options: {
				tour: { type: 'boolean', default: false },
				exit: { type: 'boolean', default: false },
				stop: { type: 'boolean', default: false },
				help: { type: 'boolean', default: false },
				data: { type: 'string' },
				port: { type: 'string' },
			},
		});
		const port = values.port === undefined ? undefined : Number(values.port);
		const isPort = port === undefined || (Number.isInteger(port) && port >= 0 && port < 65_536);
		if (values.help || positionals.length > 1 || !isPort) throw new Error(usage);
		return {
			path: positionals[0],
			isTour: values.tour,
			isExit: values.exit,
			isStop: values.stop,
			folder: resolve(values.data ?? fileURLToPath(new URL('../../.footbridge', import.meta.url))),
			port,
		};
	} catch (error) {
		const message = error instanceof Error ? error.message : String(error);
		context.err.print(...(message === usage ? [] : [message, '']), usage);
		return undefined;
	}
}

/** A server that has the folder already is joined: then Ctrl+C leaves it running. */
async function startOrJoin(data: string, port: number | undefined) {
	if (existsSync(join(data, 'server.json'))) {
		const running = await openFootbridge({ data });
		if (running.url !== undefined) return { ...running, url: running.url };
		await running.close();
	}
	return startServer({ data, port: port ?? (await freePort(4455)) });
}

async function tellStory(client: Story['client'], wishes: Wishes, url: string): Promise<number> {
	const example = openExample(join(wishes.folder, 'example'), await freePort(4400));
	const { project } = await client.post<Project>('/projects', { path: example.origin });
	const story: Story = { client, out, example, project, url };
	await pushGoodChange(story);
	if (wishes.isTour) await tour(story, { toolCache: join(wishes.folder, 'data', 'tool-cache') });
	headline(out, 'See for yourself');
	const { url: app } = await production(story);
	const link = (label: string, target: string) => out.print(`  ${label.padEnd(18)} ${out.paint('cyan', target)}`);
	if (app !== null) link('the application', app);
	// Signs in once more: the link above may be an hour old, or opened in another browser.
	link('runs', await signInLink(client, '/runs'));
	link('production', new URL(`/environments/${project}/production`, url).href);
	link('the numbers', new URL('/metrics', url).href);
	out.print('', `  Change something in ${example.work}, commit it, and git push.`);
	if (!wishes.isTour) out.print('  Or see it explain what breaks:  npm start -- --tour');
	return exitCodes.passed.code;
}

async function runOwn(client: Story['client'], path: string, url: string): Promise<number> {
	const { project } = await client.post<Project>('/projects', { path: resolve(process.env['INIT_CWD'] ?? '', path) });
	const { runs, notPlanned } = await client.post<StartedRuns>('/runs', { project, at: 'worktree' });
	if (runs.length === 0) out.print(...nothingStarted(notPlanned));
	const views = await displayRuns(client, out, runs);
	for (const view of views) out.print('', ...runSummary(view, out, url));
	return exitCodeOfRuns(views);
}

function interruption(): Promise<void> {
	return new Promise((resolve) => {
		process.once('SIGINT', () => resolve());
		process.once('SIGTERM', () => resolve());
	});
}

function tellWhatServes({ items }: Environments): void {
	const urls = items.flatMap(({ live, url: address }) => (live === null || address === null ? [] : [address]));
	if (urls.length === 0) return;
	context.err.print('', `What is deployed goes on serving: ${urls.join(', ')}. To stop that too:  npm start -- --stop`);
}

async function stop(data: string): Promise<number> {
	const stopped = existsSync(data) ? await stopEverything(data) : [];
	if (stopped.length === 0) out.print('Nothing runs.');
	for (const thing of stopped) out.print(`stopped ${thing}`);
	return exitCodes.passed.code;
}
