import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { StartedRuns } from '#core/api.ts';
import type { Run } from '#core/run.ts';
import { random } from '../simulation/random.ts';

export interface KillNineReport {
	readonly seed: number;
	readonly kills: number;
	readonly acknowledged: number;
	readonly conclusions: { readonly [conclusion: string]: number };
	/** Attempts that were under way when Footbridge was killed. */
	readonly lost: number;
	/** From the start of the process to its first answer after a kill, in ms. */
	readonly recoveryMs: { readonly median: number; readonly max: number };
}

/**
 * Kills a real server with SIGKILL at random moments while it takes runs and runs jobs, starts it again each time, and checks
 * that every run it had acknowledged is there, over, and rightly concluded, and that nothing was concluded twice.
 */
export async function killNine(kills: number, seed: number): Promise<KillNineReport> {
	const dice = random(seed);
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-kill-'));
	const data = join(folder, 'data');
	const repository = makeRepository(join(folder, 'killed'));
	const acknowledged = new Set<string>();
	const recoveries: number[] = [];
	let server = await start(data);
	try {
		await post(server, '/api/v1/projects', { path: repository });
		for (let kill = 0; kill < kills; kill += 1) {
			const isKilled = killAfter(server.child, 300 + dice.below(1500));
			for (let posts = 1 + dice.below(2); posts > 0; posts -= 1) {
				const answer = await post(server, '/api/v1/runs', { project: 'killed', at: 'HEAD' }).catch(() => undefined);
				if (answer !== undefined) for (const run of (answer as StartedRuns).runs) acknowledged.add(run);
			}
			await isKilled;
			server = await start(data);
			recoveries.push(server.startedMs);
		}
		const runs = await settle(server, acknowledged);
		return report({ seed, kills, runs, recoveries });
	} finally {
		server.child.kill('SIGTERM');
		await ended(server.child);
		rmSync(folder, { recursive: true, force: true });
	}
}

function report(facts: {
	seed: number;
	kills: number;
	runs: readonly Run[];
	recoveries: readonly number[];
}): KillNineReport {
	const conclusions: Record<string, number> = {};
	let lost = 0;
	for (const run of facts.runs) {
		conclusions[run.status] = (conclusions[run.status] ?? 0) + 1;
		for (const job of run.jobs) {
			lost += Math.max(0, job.attempt - 1);
			// A job whose script passes can only fail by being lost twice.
			if (job.status === 'failed')
				assert.match(
					job.why ?? '',
					/lost 2 times/,
					`run ${run.number}, ${job.key}: ${job.why} ${JSON.stringify(job.problems)}`,
				);
		}
		if (run.status === 'passed') assert.ok(run.jobs.every((job) => job.status === 'passed'));
	}
	const sorted = facts.recoveries.toSorted((a, b) => a - b);
	return {
		seed: facts.seed,
		kills: facts.kills,
		acknowledged: facts.runs.length,
		conclusions,
		lost,
		recoveryMs: { median: sorted[Math.floor(sorted.length / 2)] ?? 0, max: sorted.at(-1) ?? 0 },
	};
}

/** Waits until every acknowledged run is over; each must be there. */
async function settle(server: Server, acknowledged: ReadonlySet<string>): Promise<readonly Run[]> {
	const deadline = Date.now() + 120_000;
	for (;;) {
		const runs = await Promise.all([...acknowledged].map((id) => get(server, `/api/v1/runs/${id}`) as Promise<Run>));
		const open = runs.filter((run) => run.finishedAt === undefined);
		if (open.length === 0) return runs;
		assert.ok(
			Date.now() < deadline,
			`stuck: ${JSON.stringify(open.map((run) => [run.number, run.jobs.map((job) => [job.key, job.status, job.attempt])]))}`,
		);
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

function makeRepository(path: string): string {
	mkdirSync(join(path, '.github/workflows'), { recursive: true });
	writeFileSync(
		join(path, '.github/workflows/ci.yml'),
		[
			'on: push',
			'jobs:',
			'  first:',
			'    runs-on: ubuntu-latest',
			'    outputs: { word: "${{ steps.say.outputs.word }}" }',
			'    steps:',
			'      - uses: actions/checkout@v4',
			'      - id: say',
			'        run: sleep 0.2; echo "word=kept" >> "$GITHUB_OUTPUT"',
			'  second:',
			'    needs: first',
			'    runs-on: ubuntu-latest',
			'    steps:',
			'      - run: test "${{ needs.first.outputs.word }}" = kept && sleep 0.1',
			'',
		].join('\n'),
	);
	const git = (...args: string[]) =>
		execFileSync('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
			stdio: 'ignore',
		});
	git('init', '-b', 'main');
	git('add', '-A');
	git('commit', '-m', 'first');
	return path;
}

/** As its data folder tells it. */
interface Server {
	readonly url: string;
	readonly key: string;
}

async function start(data: string): Promise<Server & { child: ChildProcess; startedMs: number }> {
	const began = performance.now();
	const file = join(data, 'server.json');
	rmSync(file, { force: true });
	const child = spawn(process.execPath, ['src/cli/main.ts', 'up', '--port', '0', '--data', data], {
		stdio: ['ignore', 'ignore', 'pipe'],
	});
	let complaint = '';
	child.stderr?.on('data', (chunk) => {
		complaint += chunk;
	});
	for (;;) {
		assert.equal(child.exitCode, null, `the server did not start:\n${complaint}`);
		const server = existsSync(file) ? serverIn(file) : undefined;
		if (server !== undefined && (await isUp(server.url)))
			return { ...server, child, startedMs: Math.round(performance.now() - began) };
		assert.ok(performance.now() - began < 30_000, `the server did not answer in 30 s:\n${complaint}`);
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
}

function serverIn(file: string): Server | undefined {
	try {
		return JSON.parse(readFileSync(file, 'utf8')) as Server;
	} catch {
		return undefined;
	}
}

const isUp = (url: string): Promise<boolean> =>
	fetch(`${url}/healthz`).then(
		(answer) => answer.ok,
		() => false,
	);

async function killAfter(child: ChildProcess, ms: number): Promise<void> {
	await new Promise((resolve) => setTimeout(resolve, ms));
	child.kill('SIGKILL');
	await ended(child);
}

async function ended(child: ChildProcess): Promise<void> {
	if (child.exitCode === null && child.signalCode === null) await new Promise((resolve) => child.once('exit', resolve));
}

async function post({ url, key }: Server, path: string, body: unknown): Promise<unknown> {
	const answer = await fetch(url + path, {
		method: 'POST',
		headers: { 'content-type': 'application/json', authorization: `Bearer ${key}` },
		body: JSON.stringify(body),
	});
	assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
	return answer.json();
}

async function get({ url, key }: Server, path: string): Promise<unknown> {
	const answer = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
	assert.ok(answer.ok, `${path}: ${answer.status} ${await answer.clone().text()}`);
	return answer.json();
}
