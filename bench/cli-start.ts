/**
 * How long the command line takes to do nothing and to do little, beside Node that does nothing.
 * Run: node bench/cli-start.ts; the result goes to bench/results/cli-start.json.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = 30;
const root = join(import.meta.dirname, '..');
const data = mkdtempSync(join(tmpdir(), 'footbridge-bench-'));
const footbridge = join(root, 'bin/footbridge');

const commands: { readonly [name: string]: readonly [string, ...string[]] } = {
	'node -e 0': [process.execPath, '-e', '0'],
	'footbridge --help': [footbridge, '--help'],
	'footbridge --version': [footbridge, '--version'],
	'footbridge runs (no server)': [footbridge, '--data', data, 'runs'],
};

const loadBefore = Number(loadavg()[0]?.toFixed(1));
const results = Object.entries(commands).map(([name, argv]) => {
	timeOf(argv);
	const times = Array.from({ length: rounds }, () => timeOf(argv)).sort((a, b) => a - b);
	const at = (share: number) => Math.round(times[Math.floor(share * (times.length - 1))] ?? 0);
	const row = { command: name, rounds, minMs: at(0), p50Ms: at(0.5), p90Ms: at(0.9), maxMs: at(1) };
	console.log(row);
	return row;
});
rmSync(data, { recursive: true });

function timeOf([command, ...args]: readonly [string, ...string[]]): number {
	const began = performance.now();
	const { status } = spawnSync(command, args, { stdio: 'ignore', cwd: root });
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
	return performance.now() - began;
}

const folder = join(import.meta.dirname, 'results');
mkdirSync(folder, { recursive: true });
const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, loadBefore };
writeFileSync(
	join(folder, 'cli-start.json'),
	`${JSON.stringify({ what: 'ms from starting a command to its end', machine, results }, null, '\t')}\n`,
);
