/**
 * How long the step `actions/setup-node` takes: cold (its Node is fetched from npm's registry), warm (it is here), and the published
 * action itself with the same Node in its tool cache, where a folder has its repository.
 * Run: node bench/setup-node.ts [rounds] [folder with actions/setup-node.git]; the result goes to bench/results/setup-node.json.
 */
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRig, type RunOptions } from '../test/rig/rig.ts';
import { machineNow, save, spread } from './report.ts';

const [rounds = '15', published] = process.argv.slice(2);
const machine = machineNow();
const toolchains = mkdtempSync(join(tmpdir(), 'footbridge-bench-'));
process.env['FOOTBRIDGE_TEST_TOOLCHAINS'] = toolchains;
const rig = await openRig();
const results: { [way: string]: unknown } = {};
const workflow = `on: push
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - run: 'true'
      - uses: actions/setup-node@v4
        with: { node-version: 20.19.0 }
`;

async function step(options: RunOptions): Promise<number> {
	let [began, ended] = [0, 0];
	const happened = await rig.run(workflow, {
		...options,
		onEvent(event) {
			if (event.kind === 'step-started' && event.step === 1) began = performance.now();
			if (event.kind === 'step-finished' && event.step === 1) ended = performance.now();
		},
	});
	if (happened.end.conclusion !== 'passed') throw new Error(happened.log.join('\n'));
	return ended - began;
}

try {
	results['cold, host'] = { ms: Math.round(await step({ tier: 'host' })) };
	for (const tier of ['host', 'disposable'] as const) {
		const times: number[] = [];
		for (let round = 0; round < Number(rounds); round++) times.push(await step({ tier }));
		results[`warm, ${tier}`] = { ...spread(times), ms: times.map((ms) => Number(ms.toFixed(2))) };
	}
	if (published !== undefined) {
		symlinkSync(join(toolchains, 'node'), join(rig.folder, 'tool-cache/node'));
		const times: number[] = [];
		const settings = { builtins: false, from: published };
		for (let round = 0; round < Number(rounds); round++) times.push(await step({ tier: 'host', settings }));
		results['the published action, warm, host'] = { ...spread(times), ms: times.map((ms) => Number(ms.toFixed(2))) };
	}
} finally {
	await rig[Symbol.asyncDispose]();
	rmSync(toolchains, { recursive: true, force: true });
}
console.log(results);
save('setup-node', {
	what: 'ms from the start of the step to its end; cold: with the download of Node, npm and corepack',
	repeat: `node bench/setup-node.ts ${rounds} <folder with actions/setup-node.git>`,
	machine,
	results,
});
