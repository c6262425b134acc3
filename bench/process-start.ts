/**
 * What it costs to start a program from a process of some size, itself and through the helper of src/edge/process-starter.ts: until the
 * program has run, and how long the event loop stands still meanwhile.
 * Run: node bench/process-start.ts [rounds]; the result goes to bench/results/process-start.json.
 */
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Program, startProcess } from '#edge/process-start.ts';
import { processStarter } from '#edge/process-starter.ts';
import { processEntry } from '#edge/process-table.ts';
import { machineNow, save, spread } from './report.ts';

const [rounds = '60'] = process.argv.slice(2);
const machine = machineNow();
const program: Program = { argv: ['/bin/true'], env: {}, cwd: '/', output: openSync('/dev/null', 'w') };
const starter = processStarter();
await helperIsUp();
const ways = {
	itself: async (what: Program) => startProcess(what),
	'through the helper': (what: Program) => starter.start(what),
};

const ballast: Buffer[] = [];
const results = [];
for (const megabytes of [0, 100, 300]) {
	while (ballast.length < megabytes) ballast.push(Buffer.alloc(2 ** 20, 1));
	const times: { [way: string]: Times } = {};
	for (let round = 0; round < Number(rounds); round++) {
		for (const [way, start] of Object.entries(ways)) {
			times[way] ??= { untilEnd: [], standstill: [] };
			const { untilEnd, standstill } = times[way];
			const began = performance.now();
			const starting = start(program);
			standstill.push(performance.now() - began);
			const { exit } = await starting;
			await exit;
			untilEnd.push(performance.now() - began);
		}
	}
	const residentMB = Math.round(process.memoryUsage.rss() / 2 ** 20);
	for (const [way, { untilEnd, standstill }] of Object.entries(times)) {
		const row = { residentMB, way, untilEnd: spread(untilEnd), standstill: spread(standstill) };
		console.log(row);
		results.push({ ...row, untilEndMs: untilEnd.map((ms) => Number(ms.toFixed(2))) });
	}
}
starter.close();
save('process-start', {
	what: 'ms to run /bin/true from a process of that size, and of these the ms in which its event loop stands still',
	repeat: `node bench/process-start.ts ${rounds}`,
	machine,
	results,
});

interface Times {
	readonly untilEnd: number[];
	readonly standstill: number[];
}

async function helperIsUp(): Promise<void> {
	for (;;) {
		const { identity, exit } = await starter.start({ ...program, argv: ['/bin/sleep', '0.1'] });
		const isHelpers = identity !== undefined && processEntry(identity.pid)?.parent !== process.pid;
		await exit;
		if (isHelpers) return;
		await sleep(20);
	}
}
