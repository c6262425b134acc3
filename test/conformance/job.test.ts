import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parseAllDocuments } from 'yaml';
import { type Happened, openRig, type Remotes, type Rig, type RunOptions } from '../rig/rig.ts';

/** A case of the files in `job/`: a workflow of one job, run in a real room, and what must come of it. */
interface Case {
	readonly title: string;
	/** Where the behaviour is documented or seen; the head of a file may say it for all of its cases. */
	readonly source?: string;
	readonly workflow: string;
	readonly files?: { readonly [path: string]: string };
	/** Files of other repositories, by `owner/name@tag`. */
	readonly remotes?: Remotes;
	/** `actions` of footbridge.yaml. */
	readonly settings?: NonNullable<RunOptions['settings']>;
	readonly secrets?: { readonly [name: string]: string };
	readonly vars?: { readonly [name: string]: string };
	readonly needs?: NonNullable<RunOptions['needs']>;
	readonly expect: {
		readonly conclusion: 'passed' | 'failed' | 'cancelled';
		/** Outcome of each step; `failure (success)` when the conclusion is another. */
		readonly steps: readonly string[];
		readonly outputs?: { readonly [name: string]: string };
		/** Lines of the log in this order, others between them allowed; `/.../` is a regular expression. */
		readonly log?: readonly string[];
		/** The log has no such line. */
		readonly noLine?: readonly string[];
		/** No line of the log and no event holds these. */
		readonly never?: readonly string[];
		readonly annotations?: readonly { readonly [field: string]: unknown }[];
		readonly summary?: string;
		readonly why?: readonly string[];
	};
}

const folder = join(import.meta.dirname, 'job');
let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

for (const file of readdirSync(folder).sort()) {
	for (const document of parseAllDocuments(readFileSync(join(folder, file), 'utf8'))) {
		const one = document.toJS() as Case;
		test(`${file.replace('.yml', '')}: ${one.title}`, async () => {
			const { workflow, files, remotes, settings, secrets, vars, needs } = one;
			const happened = await rig.run(workflow, {
				...(files === undefined ? {} : { files }),
				...(remotes === undefined ? {} : { remotes }),
				...(settings === undefined ? {} : { settings }),
				...(secrets === undefined ? {} : { secrets }),
				...(vars === undefined ? {} : { vars }),
				...(needs === undefined ? {} : { needs }),
			});
			check(one, happened);
		});
	}
}

function check({ expect }: Case, happened: Happened): void {
	const shown = `\n${happened.log.join('\n')}\n${JSON.stringify(happened.end)}`;
	// Steps that run beside others end in an order of their own.
	const finished = [...happened.of('step-finished')].sort((a, b) => a.step - b.step);
	const steps = finished.map(({ outcome, conclusion }) =>
		outcome === conclusion ? outcome : `${outcome} (${conclusion})`,
	);
	assert.deepEqual(steps, expect.steps, `steps${shown}`);
	assert.equal(happened.end.conclusion, expect.conclusion, `conclusion${shown}`);
	if (expect.outputs !== undefined) assert.deepEqual(happened.end.outputs, expect.outputs, `outputs${shown}`);
	inOrder(happened.log, expect.log ?? [], shown);
	for (const line of expect.noLine ?? [])
		assert.ok(!happened.log.includes(line), `the log has the line ${line}${shown}`);
	const everything = [...happened.log, JSON.stringify(happened.events), JSON.stringify(happened.end)].join('\n');
	for (const text of expect.never ?? []) assert.ok(!everything.includes(text), `${text} is shown${shown}`);
	if (expect.annotations !== undefined) {
		const annotations = finished
			.flatMap((step) => step.annotations ?? [])
			.map(({ logLine, ...annotation }) => annotation);
		assert.deepEqual(annotations, expect.annotations, `annotations${shown}`);
	}
	if (expect.summary !== undefined) assert.equal(finished.map((step) => step.summary ?? '').join(''), expect.summary);
	if (expect.why !== undefined)
		assert.deepEqual(
			finished.flatMap((step) => step.why ?? []),
			expect.why,
			`why${shown}`,
		);
	checkLines(happened, shown);
}

function inOrder(log: readonly string[], wanted: readonly string[], shown: string): void {
	let from = 0;
	for (const want of wanted) {
		const pattern = /^\/(.*)\/$/.exec(want)?.[1];
		const found = log.findIndex(
			(line, index) => index >= from && (pattern === undefined ? line === want : new RegExp(pattern).test(line)),
		);
		assert.notEqual(found, -1, `the log lacks ${want} after line ${from}${shown}`);
		from = found + 1;
	}
}

/** Holds for every job: the first line tells the tier, and the lines of the steps follow each other without a gap. */
function checkLines({ log, events }: Happened, shown: string): void {
	assert.match(log[0] ?? '', /^host\b/);
	let last: number | undefined;
	for (const event of events) {
		if (event.kind === 'step-started') {
			if (last !== undefined) assert.equal(event.line, last + 1, `a step starts after the one before it${shown}`);
			assert.equal(log[event.line - 1], `▸ ${event.name}`);
		}
		if (event.kind === 'step-finished') {
			last = event.line;
			assert.ok(event.line <= log.length);
		}
	}
}
