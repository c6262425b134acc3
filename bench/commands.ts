/**
 * How fast the output of a step is looked through for workflow commands and problem matchers: finding the lines that may be
 * commands, carrying them out, and the whole way through the masker to the log file.
 * Run: node bench/commands.ts; the result goes to bench/results/commands.json.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMasker } from '#core/job/masker.ts';
import { OutputLines } from '#core/job/output-lines.ts';
import { systemClock } from '#edge/clock/system.ts';
import { fileLogs } from '#edge/log/files.ts';
import { workerMatchers } from '#edge/matcher/worker-matchers.ts';
import { openJobLog } from '#engine/job-log.ts';
import type { RunningJob } from '#engine/running-job.ts';
import { openStepOutput } from '#engine/step-output.ts';
import { machineNow, rounded, save } from './report.ts';

const chunkLength = 65_536;
const rounds = 7;
const machine = machineNow();
const folder = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-commands-'));
const matchers = workerMatchers();
let runs = 0;

const shapes: { readonly [name: string]: string } = {
	'lines of 80 characters': `  > built module src/components/button/index.tsx with 14 dependencies in 3 ms${' '.repeat(4)}\n`,
	'lines with times': '2026-01-01T12:00:00.000Z [info] server: request 12:34:56 answered in 3 ms /api/v1\n',
	'compiler output full of ::':
		'note: std::vector<std::string>::iterator foo::bar::baz(a::b) is declared here: x.h:3\n',
	'lines of 6 digits': '123456\n',
	'a line without an end': 'z',
	'a command in every 50th line': `${'ordinary output of some program, as long as this\n'.repeat(49)}::debug::detail\n`,
	'only commands': '::debug::a detail that nobody asked for, as many actions print them all the time\n',
};

/** Each way takes chunks and says when it is done with them. */
const ways: { readonly [name: string]: (chunks: readonly Uint8Array[]) => Promise<void> | void } = {
	'finding commands': (chunks) => {
		const lines = new OutputLines({ plain: () => {}, line: () => {}, wantsLines: false });
		for (const chunk of chunks) lines.push(chunk);
		lines.end();
	},
	'commands, no masker and no file': (chunks) => throughStep(chunks, {}),
	'commands, masker with 50 secrets, log file': (chunks) => throughStep(chunks, { secrets: 50, hasFile: true }),
	'commands with a problem matcher': (chunks) => throughStep(chunks, { hasMatcher: true }),
};

const results = [];
for (const [way, run] of Object.entries(ways)) {
	const size = way.includes('problem matcher') ? 8 : 64;
	for (const [shape, text] of Object.entries(shapes)) {
		// Matchers do not see lines that are longer than 64 KiB.
		if (way.includes('problem matcher') && !text.includes('\n')) continue;
		const all = Buffer.from(text.repeat(Math.ceil((size * 2 ** 20) / text.length)));
		const chunks = Array.from({ length: Math.floor(all.length / chunkLength) }, (_, index) =>
			all.subarray(index * chunkLength, (index + 1) * chunkLength),
		);
		const rates: number[] = [];
		for (let round = 0; round < rounds; round++) {
			const started = performance.now();
			await run(chunks);
			rates.push(rounded((chunks.length * chunkLength) / 1000 / (performance.now() - started)));
		}
		const row = { way, shape, bestMBs: Math.max(...rates), ratesMBs: rates };
		console.log(row.way, '|', row.shape, '|', row.bestMBs, 'MB/s');
		results.push(row);
	}
}
await matchers.close();
rmSync(folder, { recursive: true });
save('commands', {
	what: 'MB/s of step output, 64 KiB chunks, 64 MiB a round (8 MiB with a matcher); the best round is nearest to the undisturbed rate',
	repeat: 'node bench/commands.ts',
	machine,
	results,
});

interface Path {
	readonly secrets?: number;
	readonly hasFile?: boolean;
	readonly hasMatcher?: boolean;
}

/** As a step does it; what a job is besides its log and its matchers plays no part. */
async function throughStep(chunks: readonly Uint8Array[], { secrets = 0, hasFile = false, hasMatcher = false }: Path) {
	const masker = createMasker(Array.from({ length: secrets }, (_, index) => `secret-${index}-${'x7Kq'.repeat(4)}`));
	runs += 1;
	const log = hasFile ? openJobLog(fileLogs(folder).writer(`run-${runs}`), masker, systemClock()) : discarded();
	const open = matchers.open('/w');
	const regexp = '^(.*):(\\d+):(\\d+):\\s+(warning|error):\\s+(.*)$';
	const pattern = [{ regexp, file: 1, line: 2, column: 3, severity: 4, message: 5 }];
	if (hasMatcher)
		open.add(
			async () => ({ ok: true, value: JSON.stringify({ problemMatcher: [{ owner: 'gcc', pattern }] }) }),
			'gcc.json',
		);
	const job = {
		room: { workspace: '/w' },
		request: { vars: {}, secrets: {}, env: {} },
		stop: { signal: new AbortController().signal },
		matchers: open,
		masker,
		log,
	} as unknown as RunningJob;
	const output = openStepOutput(job);
	for (const chunk of chunks) {
		await output.take(chunk);
		// As between two reads of a pipe.
		if (hasFile) await new Promise(setImmediate);
	}
	await output.end();
	await log.close();
	await open.close();
}

function discarded(): RunningJob['log'] {
	const stream = () => ({ push: () => 1, pushBytes: () => 1, end: () => {} });
	return { line: 0, say: () => 0, problem: () => 0, stream, close: async () => {} };
}
