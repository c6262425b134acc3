/**
 * How long a job waits from asking for a room until the first byte of its first step, what every further step costs, and how long
 * the room takes to go, for each tier that works here.
 * Run: node bench/job-start.ts (as root for the disposable tier); the result goes to bench/results/job-start.json.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import type { Room, Sandbox } from '#edge/sandbox/sandbox.ts';

const jobs = 100;
const loadBefore = Number((loadavg()[0] ?? 0).toFixed(1));
const place = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-job-start-'));

const results = [];
for (const sandbox of [disposableSandbox({ rooms: place }), hostSandbox()]) {
	const why = await sandbox.available();
	if (why !== undefined) {
		console.log(`${sandbox.tier}: ${why}`);
		continue;
	}
	const row = { tier: sandbox.tier, jobs, ...(await measure(sandbox)) };
	console.log(row);
	results.push(row);
}
rmSync(place, { recursive: true });

const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const machine = {
	node: process.version,
	kernel: release(),
	cpu: cpus()[0]?.model ?? 'unknown',
	cores: cpus().length,
	loadBefore,
};
const what = 'ms from asking for a room to the first byte of its first step (bash), one job after another';
writeFileSync(join(folder, 'job-start.json'), `${JSON.stringify({ what, machine, results }, null, '\t')}\n`);

async function measure(sandbox: Sandbox) {
	const firstByte: number[] = [];
	const prepared: number[] = [];
	const secondStep: number[] = [];
	const gone: number[] = [];
	for (let index = 0; index < jobs; index++) {
		const id = `bench-${process.pid}-${index}`;
		const start = performance.now();
		const directory = join(place, id);
		const room = await sandbox.prepare({
			id,
			directory,
			repository: 'shop',
			toolCache: join(place, 'tools'),
			hidden: [],
		});
		prepared.push(performance.now() - start);
		firstByte.push((await timeOfFirstByte(room)) - start);
		const again = performance.now();
		secondStep.push((await timeOfFirstByte(room)) - again);
		const leaving = performance.now();
		await room.destroy();
		gone.push(performance.now() - leaving);
	}
	return {
		prepare: spread(prepared),
		firstByte: spread(firstByte),
		nextStep: spread(secondStep),
		destroy: spread(gone),
	};
}

async function timeOfFirstByte(room: Room): Promise<number> {
	let first = 0;
	const end = await room.run({
		argv: ['bash', '-e', '-c', 'echo started'],
		env: { CI: 'true' },
		cwd: room.workspace,
		output: () => {
			first ||= performance.now();
		},
	});
	if (end.exitCode !== 0) throw new Error(`the step ended with ${JSON.stringify(end)}`);
	return first;
}

function spread(times: readonly number[]) {
	const sorted = [...times].sort((a, b) => a - b);
	const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1));
	return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
