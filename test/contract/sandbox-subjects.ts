import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { systemClock } from '#edge/clock/system.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { type FakeProcess, fakeSandbox } from '#edge/sandbox/fake.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import type { ProcessEnd, Room, RoomProcess, RoomSpec, Sandbox } from '#edge/sandbox/sandbox.ts';
import { needs } from '../needs.ts';
import { testContainers } from './sandbox-containers.ts';

/** Short, so that tests of stubborn processes are. */
export const ladder = { interruptMs: 300, terminateMs: 500 };
/** Everything of one test file on this machine; removed after its tests. */
export const place = mkdtempSync(join(tmpdir(), 'footbridge-sandbox-'));
after(() => rmSync(place, { recursive: true, force: true }));

let rooms = 0;

/** A room like no other; the folder of all rooms is hidden in it. */
export function specOf(extra: Partial<RoomSpec> = {}): RoomSpec {
	rooms++;
	const id = `test-${process.pid}-${rooms}`;
	return {
		id,
		directory: join(place, 'rooms', id),
		repository: 'shop',
		toolCache: join(place, 'tools'),
		hidden: [join(place, 'rooms')],
		...extra,
	};
}

/** Makes a room, uses it, and destroys it whatever happens. */
export async function inRoom(
	sandbox: Sandbox,
	use: (room: Room, spec: RoomSpec) => Promise<void>,
	extra: Partial<RoomSpec> = {},
) {
	const spec = specOf(extra);
	const room = await sandbox.prepare(spec);
	try {
		await use(room, spec);
	} finally {
		await room.destroy();
	}
}

type Said = ProcessEnd & { readonly output: string };

/** Runs a bash script in the workspace and keeps what it says. */
export async function bash(room: Room, script: string, extra: Partial<RoomProcess> = {}): Promise<Said> {
	let output = '';
	const end = await room.run({
		argv: ['bash', '-c', script],
		env: {},
		cwd: room.workspace,
		output: (chunk) => {
			output += Buffer.from(chunk).toString();
		},
		...extra,
	});
	return { ...end, output };
}

/** The programs of the fake: what bash would do with these scripts. */
const known: { readonly [script: string]: FakeProcess } = {
	'exit 7': { exitCode: 7 },
	'echo one; echo two >&2; echo three': { output: ['one\n', 'two\n', 'three\n'] },
	'sleep 30': { durationMs: 30_000 },
	'sleep 60 & sleep 60 &': { leaves: 2 },
};

/** A sandbox under test. */
export interface Subject {
	readonly name: string;
	readonly sandbox: Sandbox;
	readonly skip: { readonly skip: string | false };
}

export const disposable: Subject = {
	name: 'disposable',
	sandbox: disposableSandbox({ ladder, rooms: place }),
	skip: needs('root', 'overlay'),
};
export const isolated: Subject = {
	name: 'sandbox',
	sandbox: isolatedSandbox({ ladder, rooms: place }),
	skip: process.getuid?.() === 0 ? needs('root', 'overlay') : needs('userns'),
};
export const host: Subject = { name: 'host', sandbox: hostSandbox({ ladder }), skip: needs() };
export const hostWithoutCgroups: Subject = {
	name: 'host without control groups',
	sandbox: hostSandbox({ ladder, cgroups: false }),
	skip: needs(),
};
export const fake: Subject = {
	name: 'fake',
	sandbox: fakeSandbox(({ argv }) => known[argv[2] ?? ''] ?? { exitCode: 127 }, { time: systemClock() }),
	skip: needs(),
};
/** Rooms whose processes are started by a helper of their own from the first one that a test sees. */
export function helped(name: string, sandbox: Sandbox): Subject {
	const prepare = async (spec: RoomSpec) => {
		const room = await sandbox.prepare(spec);
		await helperOf(room, spec);
		return room;
	};
	return { name, sandbox: { ...sandbox, prepare }, skip: needs('root', 'overlay', 'cgroup') };
}

/** The pid of a room's helper on this machine, once it starts what runs there. */
export async function helperOf(room: Room, { id }: RoomSpec, tries = 200): Promise<number> {
	for (let count = 0; count < tries; count++) {
		await bash(room, 'true');
		const [pid] = groupsOf(id).flatMap((group) => linesOf(`${group}/helper/cgroup.procs`));
		const isUp = pid !== undefined && readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith('footbridge:');
		if (isUp && (await bash(room, 'true')).exitCode === 0) return Number(pid);
		await sleep(20);
	}
	throw new Error('the room never got a helper');
}

/** The control groups of a room. */
export function groupsOf(id: string): readonly string[] {
	return controlGroups(`footbridge-${id}`);
}

/** The control groups of the machine with such a name. Groups of others go while it looks, about which `find` complains. */
export function controlGroups(pattern: string): readonly string[] {
	const { stdout } = spawnSync('find', ['/sys/fs/cgroup', '-type', 'd', '-name', pattern], { encoding: 'utf8' });
	return stdout.split('\n').filter((line) => line !== '');
}

function linesOf(path: string): readonly string[] {
	return existsSync(path)
		? readFileSync(path, 'utf8')
				.split('\n')
				.filter((line) => line !== '')
		: [];
}

export const hostHelped = helped('host with a helper', hostSandbox({ ladder, helperAfter: 0 }));
export const disposableHelped = helped(
	'disposable with a helper',
	disposableSandbox({ ladder, rooms: place, helperAfter: 0 }),
);
export const container: Subject = { name: 'container', sandbox: testContainers(place), skip: needs('docker') };
/** Those that start processes. */
export const real = [disposable, isolated, host, hostWithoutCgroups, hostHelped, disposableHelped, container];

/** How many processes of the machine have exactly this command line. */
export function countRunning(command: string): number {
	const all = execFileSync('ps', ['-eo', 'args']).toString().split('\n');
	return all.filter((line) => line === command || line === `/bin/${command}`).length;
}
