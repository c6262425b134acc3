/**
 * 100 trivial steps: what it takes to run them by Footbridge, by bash itself, and by others who run pipelines on a developer's machine.
 * Run: node bench/peers.ts once, then node bench/steps.ts [rounds] [steps]; the result goes to bench/results/steps.json.
 * FOOTBRIDGE_BENCH_DIR says where everybody keeps files. In a round everybody has a turn; who is first changes. Ratios are made within
 * a round, so that a busy moment hits both sides.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { followRuns } from '#cli/run/follow-runs.ts';
import type { StartedRuns } from '#core/api.ts';
import { createClient } from '../src/cli/client.ts';
import { openFootbridge } from '../src/cli/wire.ts';
import { act, gitlabCiLocal, nodeFirst, peersFolder } from './peers.ts';
import { fileSystemOf, machineNow, rounded, save, spread } from './report.ts';
import { lastLine, type StepFiles, writeStepFiles } from './step-files.ts';

/** One way to get the lines printed. */
interface Contender {
	readonly name: string;
	/** How to do the same by hand, or what stands for it. */
	readonly how: string;
	/** Does it once; ms. Rejects when not every line was printed. */
	readonly time: () => number | Promise<number>;
}

const [rounds = '10', count = '100'] = process.argv.slice(2);
const oneBash = 'bash, one process';
const manyBashes = `bash, ${count} processes`;
const hostRun = 'footbridge run --in host';

const root = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'footbridge-steps-'));
const data = join(root, 'data');
const home = join(root, 'home');
mkdirSync(home);
const machine = machineNow();
const files = writeStepFiles(root, Number(count));
const tiers = ['host', 'sandbox', 'disposable'] as const;
const engine = await openEngine();
try {
	await measure(await able([...shells(files), ...footbridge(files), ...engine.contenders, ...others(files)]));
} finally {
	await engine.close();
	rmSync(root, { recursive: true, force: true });
}

/** Everybody once without a clock: caches are filled, and who cannot do it here is left out. */
async function able(all: readonly Contender[]): Promise<readonly Contender[]> {
	const can: Contender[] = [];
	for (const contender of all) {
		try {
			await contender.time();
			can.push(contender);
		} catch (error) {
			console.log(`left out: ${contender.name}: ${error instanceof Error ? error.message : error}`);
		}
	}
	return can;
}

async function measure(contenders: readonly Contender[]): Promise<void> {
	const times = new Map<string, number[]>(contenders.map(({ name }) => [name, []]));
	for (let round = 0; round < Number(rounds); round++) {
		const turn = round % contenders.length;
		for (const { name, time } of [...contenders.slice(turn), ...contenders.slice(0, turn)])
			times.get(name)?.push(rounded(await time()));
	}
	const ratio = (name: string, to: string) => {
		const base = times.get(to);
		if (base === undefined) return {};
		return {
			[`times ${to}`]: spread((times.get(name) ?? []).map((ms, round) => ms / (base[round] ?? Number.NaN))).p50,
		};
	};
	const results = contenders.map(({ name, how }) => {
		const ms = times.get(name) ?? [];
		const against = { ...ratio(name, oneBash), ...ratio(name, manyBashes), ...ratio(name, hostRun) };
		const row = { name, ...spread(ms), ...against };
		console.log(row);
		return { ...row, how, ms };
	});
	save('steps', {
		what: `ms for ${count} lines of \`echo\`, from the start to the end of the command; ratios are medians of ratios within a round`,
		repeat: `node bench/peers.ts && node bench/steps.ts ${rounds} ${count}`,
		machine,
		files: fileSystemOf(root),
		peers: { act: act()?.version, 'gitlab-ci-local': gitlabCiLocal()?.version },
		results,
	});
}

function shells({ script, processes }: StepFiles): readonly Contender[] {
	return [
		command(oneBash, { argv: ['bash', '-e', script], cwd: root }),
		command(manyBashes, { argv: ['bash', '-e', processes], cwd: root }),
	];
}

function footbridge({ steps, jobs }: StepFiles): readonly Contender[] {
	const program = join(import.meta.dirname, '../bin/footbridge');
	// Its lines are in its log: that every step passed is what --json says.
	const run = (cwd: string, tier: string, name: string) =>
		command(name, {
			argv: [program, '--data', data, 'run', '--in', tier, '--json'],
			cwd,
			shows: (output) => (JSON.parse(output) as { runs: { status: string }[] }).runs[0]?.status === 'passed',
		});
	return [
		...tiers.map((tier) => run(steps, tier, `footbridge run --in ${tier}`)),
		run(jobs, 'host', `footbridge run --in host, ${count} jobs`),
	];
}

function others({ steps, jobs, gitlabSteps, gitlabJobs }: StepFiles): readonly Contender[] {
	const runner = act();
	const gitlab = gitlabCiLocal();
	const selfHosted = ['push', '-P', 'ubuntu-latest=-self-hosted', '--no-cache-server'];
	return [
		...(runner === undefined
			? []
			: [
					command('act, self-hosted', { argv: [runner.program, ...selfHosted], cwd: steps }),
					command(`act, self-hosted, ${count} jobs`, { argv: [runner.program, ...selfHosted], cwd: jobs }),
				]),
		...(gitlab === undefined
			? []
			: [
					command('gitlab-ci-local, one job', { argv: [gitlab.program], cwd: gitlabSteps }),
					command(`gitlab-ci-local, ${count} jobs`, { argv: [gitlab.program], cwd: gitlabJobs }),
				]),
	];
}

interface Invocation {
	readonly argv: readonly [string, ...string[]];
	readonly cwd: string;
	/** Whether the output says that all was done; the last line, unless something else is asked. */
	readonly shows?: (output: string) => boolean;
}

function command(name: string, { argv, cwd, shows = hasLastLine }: Invocation): Contender {
	const [program, ...args] = argv;
	const time = () => {
		const env = { ...nodeFirst(), HOME: home, NO_COLOR: '1' };
		const began = performance.now();
		const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 28 });
		const ms = performance.now() - began;
		if (status !== 0 || !shows(stdout))
			throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr.slice(-300)}`);
		return ms;
	};
	return { name, how: argv.map(shown).join(' '), time };
}

/** Without the places of one machine. */
function shown(word: string): string {
	const repository = join(import.meta.dirname, '..');
	return [root, repository, peersFolder].reduce((text, place) => text.replace(`${place}/`, ''), word);
}

function hasLastLine(output: string): boolean {
	return output.includes(lastLine(Number(count)));
}

/** A Footbridge that is up already, as `footbridge up` is: from asking for the run to the end of its last event. */
async function openEngine(): Promise<{ readonly contenders: readonly Contender[]; close(): Promise<void> }> {
	const opened = await openFootbridge({ data: join(root, 'engine') });
	const client = createClient(opened);
	const { project } = await client.post<{ readonly project: string }>('/projects', { path: files.steps });
	const time = async (tier: string) => {
		const began = performance.now();
		const { runs: ids } = await client.post<StartedRuns>('/runs', { project, at: 'worktree', tier });
		const [run] = await followRuns(client, ids, { onChange: () => {} });
		const ms = performance.now() - began;
		if (run?.status !== 'passed') throw new Error(`the run is ${run?.status}`);
		return ms;
	};
	const contenders = tiers.map((tier) => ({
		name: `footbridge, server up, in ${tier}`,
		how: 'POST /api/v1/runs in the process of the benchmark, until its events say that the run is over',
		time: () => time(tier),
	}));
	return { contenders, close: () => opened.close() };
}
