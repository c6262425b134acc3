import { execFileSync } from 'node:child_process';
import { mkdirSync, statfsSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';

/** What a measurement leaves behind for others to check and to repeat. */
export interface Report {
	/** One sentence: what was measured, in which unit. */
	readonly what: string;
	/** The command that measures it again. */
	readonly repeat: string;
	readonly machine: Machine;
	readonly [name: string]: unknown;
}

interface Machine {
	readonly node: string;
	readonly kernel: string;
	readonly cpu: string;
	readonly cores: number;
	readonly memoryGiB: number;
	/** The commit that was measured; `+` when the work tree had changes. */
	readonly footbridge: string;
	/** Processes that wanted a core in the minute before: above 0.5 the numbers are somebody else's, too. */
	readonly loadBefore: number;
}

/** The machine as it is now: to be asked before anything is measured. */
export function machineNow(): Machine {
	return {
		node: process.version,
		kernel: release(),
		cpu: cpus()[0]?.model ?? 'unknown',
		cores: cpus().length,
		memoryGiB: Math.round(totalmem() / 2 ** 30),
		footbridge: commit(),
		loadBefore: rounded(loadavg()[0] ?? 0),
	};
}

/** Writes `bench/results/<name>.json`; raw numbers stay on one line a list. */
export function save(name: string, report: Report): void {
	const folder = join(import.meta.dirname, 'results');
	mkdirSync(folder, { recursive: true });
	const text = JSON.stringify(report, null, '\t').replace(/\[[\d\s.,-]+\]/g, (list) => list.replace(/\s+/g, ' '));
	writeFileSync(join(folder, `${name}.json`), `${text}\n`);
}

/** What a list of measurements says: the least is nearest to the undisturbed cost, p90 tells of the noise. */
export function spread(values: readonly number[]) {
	const sorted = [...values].sort((a, b) => a - b);
	const at = (share: number) => rounded(sorted[Math.round(share * (sorted.length - 1))] ?? 0);
	return { min: at(0), p50: at(0.5), p90: at(0.9), max: at(1) };
}

/** What a folder lies on: creating a file costs 10 µs on one file system and 2 ms on another. */
export function fileSystemOf(folder: string): string {
	const { type } = statfsSync(folder);
	return fileSystems[type] ?? `0x${type.toString(16)}`;
}

const fileSystems: { readonly [magic: number]: string } = {
	61267: 'ext4',
	1481003842: 'xfs',
	2435016766: 'btrfs',
	16914836: 'tmpfs',
	2035054128: 'overlay',
};

/** Three digits that count. */
export function rounded(value: number): number {
	return Number(value.toPrecision(3));
}

function commit(): string {
	const git = (...args: readonly string[]) =>
		execFileSync('git', [...args], { cwd: import.meta.dirname, encoding: 'utf8' }).trim();
	return `${git('rev-parse', '--short', 'HEAD')}${git('status', '--porcelain', '--', '../src') === '' ? '' : '+'}`;
}
