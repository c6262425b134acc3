/**
 * How long `actions/checkout` takes: from the step's start to its end in a real room, and the parts of it, for repositories that are
 * made here: 10,000 files with 1,000 commits, as loose objects and as one pack; and the snapshot of a work tree with a few changes.
 * Run: node bench/checkout.ts [rounds]; the result goes to bench/results/checkout.json.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gitSource } from '#edge/source/git.ts';
import { openRig, type Rig, type TempRepository } from '../test/rig/rig.ts';
import { fileSystemOf, machineNow, rounded, save, spread } from './report.ts';

const files = 10_000;
const commits = 1000;
const rounds = Number(process.argv[2] ?? '10');
const machine = machineNow();
const fileSystem = fileSystemOf(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir());
const place = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-checkout-'));
const environment = {
	PATH: process.env['PATH'],
	HOME: '/nonexistent',
	GIT_CONFIG_NOSYSTEM: '1',
	...{ GIT_AUTHOR_NAME: 'Bench', GIT_AUTHOR_EMAIL: 'bench@example.com' },
	...{ GIT_COMMITTER_NAME: 'Bench', GIT_COMMITTER_EMAIL: 'bench@example.com' },
};
const gitIn = (cwd: string, ...args: readonly string[]) =>
	execFileSync('git', args, {
		cwd,
		env: environment,
		encoding: 'utf8',
		maxBuffer: 1e9,
		stdio: ['ignore', 'pipe', 'ignore'],
	}).trim();

let folders = 0;
const newFolder = () => {
	folders += 1;
	const folder = join(place, String(folders));
	mkdirSync(folder);
	return folder;
};

const loose = makeRepository();
const packed = newFolder();
cpSync(loose, packed, { recursive: true, preserveTimestamps: true });
gitIn(packed, 'repack', '-a', '-d', '-q');
gitIn(packed, 'update-index', '-q', '--refresh');
const rig = await openRig();
const results = [];
try {
	for (const [objects, path] of [
		['loose', loose],
		['packed', packed],
	] as const) {
		const row = { objects, ...(await measure(rig, path)) };
		for (const [name, value] of Object.entries(row)) console.log(objects, name, value);
		results.push(row);
	}
} finally {
	await rig[Symbol.asyncDispose]();
	rmSync(place, { recursive: true, force: true });
}
save('checkout', {
	what: `ms for a checkout of ${files} files with ${commits} commits behind them; step: actions/checkout in a room; gitFolder: its part that Footbridge does; files: without .git, as for a deployment; snapshot: of a work tree with 5 changed and 5 new files; clone: git clone --local of the same, and of one commit by file://`,
	repeat: `node bench/checkout.ts ${rounds}`,
	machine,
	fileSystem,
	rounds,
	results,
});

async function measure({ ports, run }: Rig, path: string) {
	const { source } = ports;
	const sha = gitIn(path, 'rev-parse', 'HEAD');
	const ref = 'refs/heads/main';
	const repository = { path, sha, git: (...args: readonly string[]) => gitIn(path, ...args) } as TempRepository;
	const step = async (tier: 'host' | 'sandbox', depth: number) => {
		const times: number[] = [];
		for (let round = 0; round < rounds; round++) {
			const { end, of } = await run(workflow(depth), { repository, tier });
			if (end.conclusion !== 'passed') throw new Error(JSON.stringify(end));
			times.push(of('step-finished')[0]?.durationMs ?? Number.NaN);
		}
		return spread(times);
	};
	const works = await Promise.all(
		ports.sandboxes.map(async (sandbox) => [sandbox.tier, await sandbox.available()] as const),
	);
	const hasSandbox = works.some(([tier, why]) => tier === 'sandbox' && why === undefined);
	for (let index = 0; index < 5; index++) {
		writeFileSync(join(path, `src/0/file-${index * 100}.ts`), 'changed\n');
		writeFileSync(join(path, `new-${index}.txt`), 'new\n');
	}
	return {
		stepOnHost: await step('host', 1),
		...(hasSandbox ? { stepInSandbox: await step('sandbox', 1) } : {}),
		stepOnHostWholeHistory: await step('host', 0),
		gitFolder: await timed(() => source.gitFolder(path, sha, newFolder(), { depth: 1, ref })),
		gitFolderDepth10: await timed(() => source.gitFolder(path, sha, newFolder(), { depth: 10, ref })),
		gitFolderWholeHistory: await timed(() => source.gitFolder(path, sha, newFolder(), { depth: 0, ref })),
		files: await timed(() => source.checkout(path, sha, newFolder(), { depth: 1, git: false })),
		snapshot: await timed(() => gitSource(newFolder()).snapshot(path)),
		cloneLocal: await timed(async () => gitIn(place, 'clone', '--quiet', '--local', path, newFolder())),
		cloneShallow: await timed(async () => gitIn(place, 'clone', '--quiet', '--depth=1', `file://${path}`, newFolder())),
	};
}

function workflow(depth: number): string {
	return `on: push\njobs: {a: {runs-on: any, steps: [{uses: actions/checkout@v4, with: {fetch-depth: ${depth}}}]}}\n`;
}

async function timed(work: () => Promise<unknown>) {
	const times: number[] = [];
	for (let round = 0; round < rounds; round++) {
		const before = folders;
		const began = performance.now();
		await work();
		times.push(rounded(performance.now() - began));
		for (let made = before + 1; made <= folders; made++) rmSync(join(place, String(made)), { recursive: true });
	}
	return spread(times);
}

/** Source files of 1 to 5 kB; every commit changes three small ones. */
function makeRepository(): string {
	const folder = newFolder();
	gitIn(folder, 'init', '--quiet', '--initial-branch=main');
	const inputs = [`commit refs/heads/main\ncommitter Bench <bench@example.com> 1700000000 +0000\ndata 5\nfirst\n`];
	for (let index = 0; index < files; index++) {
		const text = `export const n${index} = ${Math.imul(index, 2_654_435_761) >>> 0};\n`.repeat(30 + (index % 100));
		inputs.push(`M 100644 inline src/${index % 100}/file-${index}.ts\ndata ${text.length}\n${text}\n`);
	}
	for (let index = 1; index < commits; index++) {
		inputs.push(
			`commit refs/heads/main\ncommitter Bench <bench@example.com> ${1_700_000_000 + index} +0000\ndata 6\nchange\n`,
		);
		for (let file = 0; file < 3; file++) {
			const text = `change ${index} of ${file}\n`.repeat(30);
			inputs.push(`M 100644 inline src/${(index * 7 + file) % 100}/note-${file}.txt\ndata ${text.length}\n${text}\n`);
		}
	}
	execFileSync('git', ['fast-import', '--quiet'], { cwd: folder, env: environment, input: inputs.join('') });
	// Fast-import leaves a pack; loose is how a young repository is.
	const pack = gitIn(folder, 'rev-parse', '--git-path', 'objects/pack');
	const aside = newFolder();
	execFileSync(
		'sh',
		[
			'-c',
			`mv ${pack}/*.pack ${aside}/ && rm -f ${pack}/* && for p in ${aside}/*.pack; do git unpack-objects -q < $p; done`,
		],
		{
			cwd: folder,
			env: environment,
		},
	);
	gitIn(folder, 'reset', '--hard', '--quiet');
	// Git reads files again that are as young as its index.
	execFileSync('sh', ['-c', 'sleep 1.1 && git update-index -q --refresh'], { cwd: folder, env: environment });
	return folder;
}
