/**
 * How fast output becomes a log: 1 GB from a real job's process through its step's output, the masker and the log file with its
 * line index; the masker alone with 50 and with 10,000 secrets; how long the event loop waits while two jobs print as fast as they
 * can; and how late a line is that comes alone.
 * Run: node bench/log-throughput.ts; the result goes to bench/results/log-throughput.json. GIGABYTES=0.2 makes it shorter;
 * TMPDIR=/dev/shm measures without the disk.
 */

import { mkdirSync, mkdtempSync, rmSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { usualActions } from '#core/actions-configuration.ts';
import { createMasker } from '#core/job/masker.ts';
import { logPath } from '#edge/log/path.ts';
import { runActions } from '#engine/run-actions.ts';
import { runJob } from '#engine/steps.ts';
import { openRig, type Rig, type TempRepository, tempRepository } from '../test/rig/rig.ts';

const tmpfs = 0x01021994;
const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
const bytesWanted = Number(process.env['GIGABYTES'] ?? 1) * 1e9;
const folder = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-log-bench-'));

const plainLine = (i: number) =>
	`step ${i}: compiling packages/core/src/module-${i % 977}.ts with 12 warnings and ${(i * 7919) % 1000} notes`;
const colouredLine = (i: number) =>
	`\u001b[32m  PASS\u001b[39m packages/core/src/file-${i}.test.ts \u001b[2m(${i % 97} ms)\u001b[22m and some words more`;
const secretsOf = (count: number) =>
	Array.from(
		{ length: count },
		(_, i) => `${(Math.imul(i + 1, 2_654_435_761) >>> 0).toString(36)}-Zx${i}/t0ken+${i * 31}`,
	);

interface Sample {
	readonly file: string;
	readonly bytes: Buffer;
	readonly times: number;
}

/** A file of log lines, about 16 MB, and how often a job must print it. */
function sample(name: string, line: (i: number) => string): Sample {
	const bytes = Buffer.from(Array.from({ length: 170_000 }, (_, i) => `${line(i)}\n`).join(''));
	const file = join(folder, name);
	writeFileSync(file, bytes);
	return { file, bytes, times: Math.ceil(bytesWanted / bytes.length) };
}

const samples = { plain: sample('plain.log', plainLine), coloured: sample('coloured.log', colouredLine) };

const megabytes = (bytes: number) => Math.round(bytes / 1e6);
const rss = () => megabytes(process.memoryUsage.rss());

function maskerAlone(secrets: number, { bytes, times }: Sample) {
	const start = performance.now();
	const masker = createMasker(secretsOf(secrets));
	const builtMs = Math.round(performance.now() - start);
	const lines = masker.lines();
	const [before, from] = [rss(), performance.now()];
	let out = 0;
	for (let round = 0; round < times; round++) {
		for (let at = 0; at < bytes.length; at += 65_536) out += lines.push(bytes.subarray(at, at + 65_536)).length;
	}
	out += lines.end().length;
	const seconds = (performance.now() - from) / 1000;
	if (out !== bytes.length * times) throw new Error('the masker changed text without secrets');
	return {
		secrets,
		builtMs,
		mbPerSecond: Math.round(megabytes(out) / seconds),
		rssBeforeMb: before,
		rssAfterMb: rss(),
	};
}

const secrets = Object.fromEntries(secretsOf(50).map((value, i) => [`S${i}`, value]));

/** Runs a job of one step, as the engine would. */
async function runScript(rig: Rig, repository: TempRepository, script: string, logKey: string): Promise<void> {
	const path = '.github/workflows/bench.yml';
	const text = `on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - run: ${script}`;
	const trigger = { event: 'push', ref: 'refs/heads/main', sha: repository.sha, payload: {} };
	const { plans } = await rig.ports.planner.plan(new Map([[path, text]]), trigger, {});
	const [plan] = plans;
	const [job] = plan?.jobs ?? [];
	if (plan === undefined || job === undefined) throw new Error('the workflow gives no plan');
	const end = await runJob(rig.ports, {
		run: { id: logKey, number: 1, attempt: 1, project: 'bench' },
		attempt: 1,
		repository: { path: repository.path, name: 'app', defaultBranch: 'main' },
		plan,
		job,
		trigger,
		commit: { sha: repository.sha, subject: 'bench', authoredAt: '2026-01-01T00:00:00.000Z' },
		needs: {},
		inputs: {},
		workflowEnv: plan.env,
		actions: runActions(rig.ports.actions, usualActions),
		secrets,
		hidden: [],
		vars: {},
		env: {},
		tier: 'host',
		extraEnv: {},
		logKey,
		signal: new AbortController().signal,
		emit: async () => {},
	});
	if (end.conclusion !== 'passed') throw new Error(`the job ${end.conclusion}: ${end.why}`);
}

const printing = ({ file }: Sample, times: number) => `for i in $(seq ${times}); do cat ${file}; done`;
const stored = (rig: Rig, key: string) => logPath(join(rig.folder, 'logs'), key);

async function wholeJob(rig: Rig, repository: TempRepository, name: string, sample: Sample) {
	const key = `bench/${name}.1`;
	await runScript(rig, repository, printing(sample, 2), `warm/${name}.1`);
	const [before, start, cpuBefore] = [rss(), performance.now(), process.cpuUsage()];
	await runScript(rig, repository, printing(sample, sample.times), key);
	const seconds = (performance.now() - start) / 1000;
	const cpu = process.cpuUsage(cpuBefore);
	const ownSeconds = (cpu.user + cpu.system) / 1e6;
	const printed = sample.bytes.length * sample.times;
	const storedMb = megabytes(statSync(stored(rig, key)).size);
	rmSync(stored(rig, key));
	return {
		what: `a whole job, 50 secrets, ${name} lines`,
		printedMb: megabytes(printed),
		storedMb,
		seconds: Number(seconds.toFixed(2)),
		mbPerSecond: Math.round(megabytes(printed) / seconds),
		// What Footbridge itself took of a processor, whoever else was using the machine.
		ownCpuSeconds: Number(ownSeconds.toFixed(2)),
		mbPerOwnCpuSecond: Math.round(megabytes(printed) / ownSeconds),
		rssBeforeMb: before,
		rssAfterMb: rss(),
	};
}

async function twoStorms(rig: Rig, repository: TempRepository) {
	const delay = monitorEventLoopDelay({ resolution: 1 });
	const script = printing(samples.plain, Math.ceil(samples.plain.times / 2));
	delay.enable();
	await Promise.all(['a', 'b'].map((name) => runScript(rig, repository, script, `storm/${name}.1`)));
	delay.disable();
	for (const name of ['a', 'b']) rmSync(stored(rig, `storm/${name}.1`));
	const ms = (nanoseconds: number) => Number((nanoseconds / 1e6).toFixed(1));
	return {
		what: 'event loop delay in ms while two jobs print as fast as they can',
		p50: ms(delay.percentile(50)),
		p99: ms(delay.percentile(99)),
		max: ms(delay.max),
	};
}

/** How long a line that comes alone needs from the process to a follower that reads it. */
async function trickle(rig: Rig, repository: TempRepository) {
	const key = 'trickle/job.1';
	const late: number[] = [];
	let next = 1;
	const look = async () => {
		const { lines } = await rig.ports.logs.read(key, next, 100);
		next += lines.length;
		for (const { text } of lines) {
			const printed = /^at (\d+)$/.exec(text);
			if (printed !== null) late.push(Date.now() - Number(printed[1]));
		}
	};
	const leave = rig.ports.logs.follow(key, () => void look());
	await runScript(rig, repository, 'for i in $(seq 40); do echo "at $(date +%s%3N)"; sleep 0.07; done', key);
	await look();
	leave();
	late.sort((a, b) => a - b);
	const at = (share: number) => late[Math.floor(share * (late.length - 1))];
	return {
		what: 'ms from a printed line to its reader, 14 lines a second',
		lines: late.length,
		p50: at(0.5),
		max: at(1),
	};
}

const results: object[] = [];
const note = (row: object) => {
	console.log(row);
	results.push(row);
};
{
	await using rig = await openRig();
	await using repository = await tempRepository({ 'README.md': 'bench\n' });
	note(await wholeJob(rig, repository, 'plain', samples.plain));
	note(await wholeJob(rig, repository, 'coloured', samples.coloured));
	note(await twoStorms(rig, repository));
	note(await trickle(rig, repository));
}
note({ what: 'the masker alone, plain lines', ...maskerAlone(50, samples.plain) });
note({ what: 'the masker alone, coloured lines', ...maskerAlone(50, samples.coloured) });
note({ what: 'the masker alone, plain lines', ...maskerAlone(10_000, samples.plain) });
rmSync(folder, { recursive: true });

const target = join(import.meta.dirname, 'results');
mkdirSync(target, { recursive: true });
const machine = {
	node: process.version,
	cpu: cpus()[0]?.model ?? 'unknown',
	cores: cpus().length,
	loadBefore,
	logsIn: statfsSync(tmpdir()).type === tmpfs ? 'tmpfs' : 'a disk',
};
const what = 'from what a process prints to the log file: masked, stamped, indexed';
writeFileSync(join(target, 'log-throughput.json'), `${JSON.stringify({ what, machine, results }, null, '\t')}\n`);
