import { mkdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { Tier } from '#core/event.ts';
import { ProblemError } from '#core/result.ts';
import type { ProcessEnd, Room, RoomProcess, RoomSpec, Sandbox } from './sandbox.ts';

/** What a process of a fake room does. */
export interface FakeProcess {
	/** Written in this order, each chunk waited for. */
	readonly output?: readonly string[];
	/** 0 when absent. */
	readonly exitCode?: number;
	/** How long it takes before it ends; its output comes first. */
	readonly durationMs?: number;
	/** Files that it writes, by path. */
	readonly files?: { readonly [path: string]: string };
	/** How many processes it leaves in the background. */
	readonly leaves?: number;
	/** It takes no notice of SIGINT and SIGTERM. */
	readonly isStubborn?: boolean;
}

/** What the fake needs of a clock: a simulation gives its own. */
export interface FakeTime {
	monotonic(): number;
	sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** How a fake sandbox behaves as a whole. */
export interface FakeSandboxOptions {
	readonly time: FakeTime;
	readonly tier?: Tier;
	/** Why it is not available. */
	readonly why?: string;
}

/** A sandbox for simulations: rooms of files in memory, in which `script` says what each process does. No process, no disk. */
export function fakeSandbox(
	script: (process: RoomProcess, room: Room) => FakeProcess,
	{ time, tier = 'disposable', why }: FakeSandboxOptions,
): Sandbox {
	const rooms = new Set<string>();
	return {
		tier,
		available: async () => why,
		async prepare(spec) {
			if (rooms.has(spec.directory)) throw new Error(`${spec.directory} has a room already`);
			rooms.add(spec.directory);
			return fakeRoom({ spec, tier, script, time, gone: () => rooms.delete(spec.directory) });
		},
		async sweep(directory) {
			const left = [...rooms].filter((room) => posix.dirname(room) === directory);
			for (const room of left) rooms.delete(room);
			return left.map((room) => posix.basename(room));
		},
	};
}

interface Parts {
	readonly spec: RoomSpec;
	readonly tier: Tier;
	readonly script: (process: RoomProcess, room: Room) => FakeProcess;
	readonly time: FakeTime;
	readonly gone: () => void;
}

function fakeRoom({ spec, tier, script, time, gone }: Parts): Room {
	const files = new Map<string, string>();
	let leftovers = 0;
	let destroyed: Promise<{ readonly leftovers: number }> | undefined;
	const home = '/home/runner';
	const room: Room = {
		tier,
		workspace: `${home}/work/${spec.repository}/${spec.repository}`,
		temp: `${home}/work/_temp`,
		toolCache: '/opt/hostedtoolcache',
		home,
		env: { PATH: '/usr/bin:/bin', HOME: home, USER: 'runner', LANG: 'C.UTF-8' },
		hostPath: (path) => join(spec.directory, path),
		async put(path, content) {
			files.set(posix.normalize(path), content);
		},
		async get(path, limitBytes) {
			const normal = posix.normalize(path);
			const content = files.get(normal);
			if (content !== undefined) return Buffer.from(content).subarray(0, limitBytes).toString();
			if (![...files.keys()].some((other) => other.startsWith(`${normal}/`))) return undefined;
			const why = 'it is no regular file';
			throw new ProblemError({ code: 'FB2061', what: `${path} cannot be used`, why, where: path });
		},
		async own() {},
		pin: async (path) => ({ path: join(spec.directory, path), release: async () => undefined }),
		async bring(path, fill) {
			const folder = join(spec.directory, path);
			await mkdir(folder, { recursive: true });
			await fill(folder);
		},
		async run(process) {
			if (destroyed !== undefined) return { exitCode: null, signal: null, durationMs: 0, error: 'the room is gone' };
			const started = time.monotonic();
			const over = (end: Pick<ProcessEnd, 'exitCode' | 'signal'>) => ({
				...end,
				durationMs: time.monotonic() - started,
			});
			if (process.signal?.aborted === true) return over({ exitCode: null, signal: 'SIGINT' });
			const fake = script(process, room);
			leftovers += fake.leaves ?? 0;
			for (const chunk of fake.output ?? []) await process.output(Buffer.from(chunk));
			for (const [path, content] of Object.entries(fake.files ?? {})) files.set(posix.normalize(path), content);
			const signal = await endOf(fake, process.signal, time);
			return over(signal === undefined ? { exitCode: fake.exitCode ?? 0, signal: null } : { exitCode: null, signal });
		},
		destroy() {
			destroyed ??= Promise.resolve({ leftovers });
			files.clear();
			gone();
			return destroyed;
		},
	};
	return room;
}

/** The signal that ended it, if one did. */
async function endOf(fake: FakeProcess, signal: AbortSignal | undefined, time: FakeTime): Promise<string | undefined> {
	const isAborted = () => signal?.aborted === true;
	if (!isAborted()) {
		try {
			await time.sleep(fake.durationMs ?? 0, signal);
			return undefined;
		} catch (error) {
			if (!isAborted()) throw error;
		}
	}
	if (fake.isStubborn !== true) return 'SIGINT';
	await time.sleep(usualLadderMs);
	return 'SIGKILL';
}

const usualLadderMs = 10_000;
