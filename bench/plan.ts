/**
 * How long planning takes, and what memory it needs: the way of a run, through the guarded reader in its worker thread.
 * Run: node bench/plan.ts [rounds] [folder of workflow files]; the result goes to bench/results/plan.json. With a folder (`.github/workflows` of
 * any repository) its files are measured too, and shown, and not kept.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Trigger } from '#core/plan.ts';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { type PlanCase, planCases } from './plan-files.ts';
import { machineNow, rounded, save, spread } from './report.ts';

const trigger: Trigger = {
	event: 'push',
	ref: 'refs/heads/main',
	sha: '0123456789012345678901234567890123456789',
	payload: {
		ref: 'refs/heads/main',
		repository: { name: 'bench', full_name: 'example/bench', default_branch: 'main' },
	},
};

const [first = '20', second] = process.argv.slice(2);
if (first === '--case') await beCase(second ?? '');
else measureAll(Number(first), second);

/** Each in a process of its own, so that memory and what was compiled are not those of the case before. */
function measureAll(rounds: number, folder: string | undefined): void {
	const machine = machineNow();
	const results = planCases().map(({ name, files, jobs }) => ({
		name,
		jobs,
		lines: [...files.values()].reduce((sum, text) => sum + text.split('\n').length - 1, 0),
		...measured(name, rounds),
	}));
	save('plan', {
		what: 'ms until the plans of all files are there; cold: the first time in a process, with the start of the worker',
		repeat: `node bench/plan.ts ${rounds}`,
		machine,
		results,
	});
	if (folder !== undefined) measured(folder, rounds);
}

function measured(name: string, rounds: number): object {
	const env = { ...process.env, BENCH_ROUNDS: String(rounds) };
	const args = ['--disable-warning=ExperimentalWarning', import.meta.filename, '--case', name];
	const { status, stdout } = spawnSync(process.execPath, args, {
		env,
		encoding: 'utf8',
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	if (status !== 0) throw new Error(`${name} ended with ${status}`);
	const { warmMs, ...row } = JSON.parse(stdout) as { readonly warmMs: readonly number[] };
	console.log(name, { ...row, warm: spread(warmMs) });
	return { ...row, warm: spread(warmMs), warmMs };
}

async function beCase(name: string): Promise<void> {
	const { files, jobs } = planCases().find((known) => known.name === name) ?? filesOf(name);
	const planner = workerPlanner();
	const before = process.memoryUsage.rss();
	const time = async () => {
		const began = performance.now();
		const { plans, broken } = await planner.plan(files, trigger);
		const ms = performance.now() - began;
		const found = plans.reduce((sum, plan) => sum + plan.jobs.length, 0);
		if (!Number.isNaN(jobs) && (found !== jobs || broken.length > 0))
			throw new Error(`${found} jobs: ${JSON.stringify(broken)}`);
		return { ms: rounded(ms), jobs: found, broken: broken.length };
	};
	const cold = await time();
	const warmMs: number[] = [];
	for (let round = 0; round < Number(process.env['BENCH_ROUNDS']); round++) warmMs.push((await time()).ms);
	const moreMB = Math.round((process.resourceUsage().maxRSS * 1024 - before) / 2 ** 20);
	await planner.close();
	console.log(JSON.stringify({ coldMs: cold.ms, jobs: cold.jobs, broken: cold.broken, moreMB, warmMs }));
}

function filesOf(folder: string): PlanCase {
	const names = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name));
	const files = names.map((name) => [`.github/workflows/${name}`, readFileSync(join(folder, name), 'utf8')] as const);
	return { name: folder, files: new Map(files), jobs: Number.NaN };
}
