/**
 * How fast artifacts and caches are, as the steps of a job in a real room: a cache of 1 GB saved and restored, an artifact of 1 GB and
 * one of 10,000 small files uploaded and downloaded; and how much memory Footbridge has meanwhile.
 * Run: node bench/toolkit.ts [rounds] [megabytes]; the result goes to bench/results/toolkit.json.
 */
import { statSync } from 'node:fs';
import { setInterval } from 'node:timers';
import { openRig, type Rig } from '../test/rig/rig.ts';
import { machineNow, rounded, save, spread } from './report.ts';

const rounds = Number(process.argv[2] ?? '3');
const megabytes = Number(process.argv[3] ?? '1000');
const small = 10_000;
const machine = machineNow();

/** Programs, one behind the other: further apart than packers look back. */
const copies = Math.ceil((megabytes * 1e6) / statSync(process.execPath).size);
const make = {
	large: `mkdir -p d; for i in $(seq ${copies}); do cat ${process.execPath}; done | head -c ${megabytes}000000 > d/large`,
	small: `mkdir -p d; for i in $(seq ${small}); do head -c 2000 ${process.execPath} > d/$i.txt; done`,
} as const;

interface Case {
	readonly name: string;
	readonly content: keyof typeof make;
	readonly save: string;
	readonly restore: string;
}

let keys = 0;
const cases: readonly Case[] = [
	{
		name: 'cache',
		content: 'large',
		save: '- uses: actions/cache/save@v4\n  with: { path: d, key: KEY }',
		restore: '- uses: actions/cache/restore@v4\n  with: { path: d, key: KEY }',
	},
	{
		name: 'artifact, not packed (compression-level 0)',
		content: 'large',
		save: '- uses: actions/upload-artifact@v4\n  with: { name: KEY, path: d, compression-level: 0 }',
		restore: '- uses: actions/download-artifact@v4\n  with: { name: KEY, path: d }',
	},
	{
		name: 'artifact, packed as usual (compression-level 6)',
		content: 'large',
		save: '- uses: actions/upload-artifact@v4\n  with: { name: KEY, path: d }',
		restore: '- uses: actions/download-artifact@v4\n  with: { name: KEY, path: d }',
	},
	{
		name: `artifact of ${small} files`,
		content: 'small',
		save: '- uses: actions/upload-artifact@v4\n  with: { name: KEY, path: d }',
		restore: '- uses: actions/download-artifact@v4\n  with: { name: KEY, path: d }',
	},
];

const results = [];
for (const one of cases) {
	await using rig = await openRig();
	const [saved, restored, grown]: [number[], number[], number[]] = [[], [], []];
	for (let round = 0; round < rounds; round += 1) {
		const { save: up, restore: down, grownBytes } = await measure(rig, one);
		saved.push(up);
		restored.push(down);
		grown.push(Math.round(grownBytes / 1e6));
	}
	const speed = (ms: readonly number[]) => Math.round((megabytes * 1000) / Math.min(...ms));
	const row = {
		case: one.name,
		saveMs: spread(saved),
		restoreMs: spread(restored),
		grownMB: grown,
		...(one.content === 'large' ? { bestMBs: { save: speed(saved), restore: speed(restored) } } : {}),
	};
	console.log(JSON.stringify(row));
	results.push(row);
}
save('toolkit', {
	what: `ms of the step that saves and of the step that restores ${megabytes} MB of programs, or ${small} files of 2 KB; MB by which the memory of Footbridge grew meanwhile; MB a second of the best round`,
	repeat: `node bench/toolkit.ts ${rounds} ${megabytes}`,
	machine,
	rounds,
	results,
});

async function measure(rig: Rig, one: Case) {
	keys += 1;
	const before = process.memoryUsage.rss();
	let peak = before;
	const timer = setInterval(() => {
		peak = Math.max(peak, process.memoryUsage.rss());
	}, 10);
	const steps = [`- run: ${make[one.content]}`, one.save, '- run: rm -rf d', one.restore]
		.join('\n')
		.replaceAll('KEY', `k${keys}`)
		.split('\n');
	const workflow = [
		'on: push',
		'jobs:',
		'  j:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		...steps.map((line) => `      ${line}`),
	];
	const { end, of, log } = await rig.run(workflow.join('\n'));
	clearInterval(timer);
	if (end.conclusion !== 'passed') throw new Error(log.join('\n'));
	const [, up, , down] = of('step-finished');
	const restored = log.some((line) => /^Cache restored|has finished successfully/.test(line));
	if (!restored) throw new Error(log.join('\n'));
	return { save: rounded(up?.durationMs ?? 0), restore: rounded(down?.durationMs ?? 0), grownBytes: peak - before };
}
