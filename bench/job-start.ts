/**
 * How long a job waits from asking for a room until the first byte of its first step, what every further step costs, and how long
 * the room takes to go: for each tier that works here, and for `docker run` where an engine answers. Everybody has a turn in a round.
 * Run as root: DOCKER_IMAGE=<image with bash> node bench/job-start.ts [rounds]; the result goes to bench/results/job-start.json.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import type { Room, Sandbox } from '#edge/sandbox/sandbox.ts';
import { fileSystemOf, machineNow, save, spread } from './report.ts';

const rounds = Number(process.argv[2] ?? '60');
const machine = machineNow();
const place = mkdtempSync(join(process.env['FOOTBRIDGE_BENCH_DIR'] ?? tmpdir(), 'fb-job-start-'));
const files = fileSystemOf(place);
const image = process.env['DOCKER_IMAGE'];

/** ms of one turn. */
interface Turn {
	readonly firstByte: number;
	readonly prepare?: number;
	readonly nextStep?: number;
	readonly gone: number;
}
type Way = (round: number) => Promise<Turn>;

const ways = new Map<string, Way>();
for (const sandbox of [disposableSandbox({ rooms: place }), isolatedSandbox({ rooms: place }), hostSandbox()]) {
	const why = await sandbox.available();
	if (why === undefined) ways.set(sandbox.tier, (round) => roomTurn(sandbox, round));
	else console.log(`${sandbox.tier}: ${why}`);
}
const docker = dockerVersion();
if (docker !== undefined && image !== undefined) ways.set('docker run', () => dockerTurn(image));
else console.log(docker === undefined ? 'docker: no engine answers' : 'docker: DOCKER_IMAGE names no image');

const turns = new Map([...ways.keys()].map((name) => [name, [] as Turn[]]));
for (let round = 0; round <= rounds; round++) {
	for (const [name, way] of ways) {
		const turn = await way(round);
		// The first turn of everybody finds cold caches.
		if (round > 0) turns.get(name)?.push(turn);
	}
}
rmSync(place, { recursive: true });

const results = [...turns].map(([who, list]) => ({
	who,
	...Object.fromEntries(
		(['prepare', 'firstByte', 'nextStep', 'gone'] as const).flatMap((part) => {
			const values = list.flatMap((turn) => turn[part] ?? []);
			return values.length === 0 ? [] : [[part, { ...spread(values), all: values.map((ms) => Number(ms.toFixed(1))) }]];
		}),
	),
}));
for (const row of results)
	console.log(
		row.who,
		JSON.stringify(row, (key, value) => (key === 'all' ? undefined : value)),
	);
save('job-start', {
	what: 'ms from asking for a room (or a container on the network of the machine) to the first byte of its first program, bash',
	repeat: `DOCKER_IMAGE=<image with bash> node bench/job-start.ts ${rounds}`,
	machine,
	files,
	...(docker === undefined ? {} : { docker }),
	results,
});

async function roomTurn(sandbox: Sandbox, round: number): Promise<Turn> {
	const id = `bench-${process.pid}-${sandbox.tier}-${round}`;
	const spec = { id, directory: join(place, id), repository: 'shop', toolCache: join(place, 'tools'), hidden: [] };
	const start = performance.now();
	const room = await sandbox.prepare(spec);
	const prepare = performance.now() - start;
	const firstByte = (await timeOfFirstByte(room)) - start;
	const again = performance.now();
	const nextStep = (await timeOfFirstByte(room)) - again;
	const leaving = performance.now();
	await room.destroy();
	return { prepare, firstByte, nextStep, gone: performance.now() - leaving };
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

async function dockerTurn(name: string): Promise<Turn> {
	const start = performance.now();
	const child = spawn('docker', ['run', '--rm', '--network=host', name, 'bash', '-e', '-c', 'echo started']);
	let first = 0;
	child.stdout.on('data', () => {
		first ||= performance.now();
	});
	const { promise, resolve } = Promise.withResolvers<number | null>();
	child.once('close', resolve);
	if ((await promise) !== 0) throw new Error('docker run failed');
	return { firstByte: first - start, gone: performance.now() - first };
}

function dockerVersion(): string | undefined {
	try {
		return execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
			encoding: 'utf8',
			stdio: ['ignore', 'pipe', 'ignore'],
		}).trim();
	} catch {
		return undefined;
	}
}
