/**
 * How long the command line takes to do nothing and to do little, beside Node that does nothing. In a round every command has its turn.
 * Cold: nothing compiled is kept from before, as at the first start after an update; the files are in the page cache all the same.
 * Run: node bench/cli-start.ts [rounds]; the result goes to bench/results/cli-start.json.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { machineNow, rounded, save, spread } from './report.ts';
import { writeStepFiles } from './step-files.ts';

const [rounds = '20'] = process.argv.slice(2);
const place = mkdtempSync(join(tmpdir(), 'footbridge-cli-start-'));
const { steps: repository } = writeStepFiles(place, 1);
const footbridge = join(import.meta.dirname, '../bin/footbridge');
const baseline = 'node -e 0';
/** Without a server a command opens the whole engine in its own process. */
const ours = {
	'footbridge --help': ['--help'],
	'footbridge --version': ['--version'],
	'footbridge runs, no server': ['--data', join(place, 'data'), 'runs'],
	'footbridge plan, no server': ['--data', join(place, 'data'), 'plan'],
};
const commands: readonly Command[] = [
	{ name: baseline, argv: [process.execPath, '-e', '0'], isCold: false },
	...Object.entries(ours).flatMap(([name, args]) => [
		{ name, argv: [footbridge, ...args] as const, isCold: false },
		{ name: `${name}, cold`, argv: [footbridge, ...args] as const, isCold: true },
	]),
];

const machine = machineNow();
const times = new Map<string, number[]>(commands.map(({ name }) => [name, []]));
for (let round = -1; round < Number(rounds); round++) {
	for (const command of commands) {
		const ms = timeOf(command);
		// The first round fills what is kept.
		if (round >= 0) times.get(command.name)?.push(ms);
	}
}
rmSync(place, { recursive: true });

const base = times.get(baseline) ?? [];
const results = commands.map(({ name }) => {
	const ms = times.get(name) ?? [];
	const ratios = ms.map((value, round) => value / (base[round] ?? Number.NaN));
	const row = { command: name, ...spread(ms), [`times ${baseline}`]: spread(ratios).p50 };
	console.log(row);
	return { ...row, ms };
});
save('cli-start', {
	what: 'ms from starting a command to its end; ratios are medians of ratios within a round',
	repeat: `node bench/cli-start.ts ${rounds}`,
	machine,
	results,
});

interface Command {
	readonly name: string;
	readonly argv: readonly [string, ...string[]];
	readonly isCold: boolean;
}

function timeOf({ argv: [command, ...args], isCold }: Command): number {
	const { NODE_COMPILE_CACHE: _, ...env } = process.env;
	const cache = isCold ? mkdtempSync(join(place, 'cache-')) : undefined;
	const began = performance.now();
	const { status } = spawnSync(command, args, {
		stdio: 'ignore',
		cwd: repository,
		env: cache === undefined ? env : { ...env, NODE_COMPILE_CACHE: cache },
	});
	const ms = performance.now() - began;
	if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`);
	return rounded(ms);
}
