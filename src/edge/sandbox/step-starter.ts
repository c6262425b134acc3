import type { ProcessIdentity } from '../process.ts';
import type { Program, Started } from '../process-start.ts';
import type { ProcessStarter } from '../process-starter.ts';
import { type Accounting, openAccounting } from './accounting.ts';
import { type Cgroup, cgroupPids } from './cgroup.ts';
import { type RoomHelper, roomHelper } from './room-helper.ts';
import { type Launch, runProcess } from './room-process.ts';
import type { Limits, ProcessEnd, RoomProcess } from './sandbox.ts';

/** Starts the steps of one room in its control groups, and counts what each takes. */
export interface StepStarter {
	run(step: Step): Promise<ProcessEnd>;
	/** The processes in the room's groups, without Footbridge's own. */
	held(): readonly number[];
	/** Gives up what it keeps for the room; `held` then is what the job has left. */
	end(): Promise<void>;
}

/** A step that is ready to be started. */
export interface Step extends Omit<Launch, 'start' | 'giveUp'> {
	readonly process: RoomProcess;
	/** What a process runs that is in the room's groups already. */
	readonly inside: (output: number) => Program;
	/** What any other runs; these are the files by which to enter the groups. */
	readonly outside: (output: number, procs: readonly string[]) => Program;
	/** It does not enter them by itself: it is put there once it runs. */
	readonly isFollowed: boolean;
}

/** How a room's steps are started. */
export interface StepStarting {
	/** The room's, where there are any. */
	readonly cgroup: Cgroup | undefined;
	readonly limits: Limits | undefined;
	/** For what no helper of the room starts. */
	readonly starter: ProcessStarter;
	/** How many processes a room has before it gets a helper of its own; absent: as it pays. */
	readonly helperAfter?: number | undefined;
}

/** Opens it. A room with limits gets no helper, which would take its part of them. */
export function stepStarter({ cgroup, limits, starter, helperAfter }: StepStarting): StepStarter {
	const helper = cgroup === undefined || limits !== undefined ? undefined : roomHelper(cgroup, helperAfter);
	const past: Accounting[] = [];
	const leavePast = () => {
		for (const accounting of past.splice(0)) accounting.leave();
	};
	return {
		async run(step) {
			let begun: Begun | undefined;
			const start = (output: number) => {
				begun = begin({ cgroup, limits, starter, helper }, step, output);
				// While that is under way there is time for what the steps before have left.
				leavePast();
				return begun.started;
			};
			const started = (identity: ProcessIdentity) => {
				step.started?.(identity);
				if (begun?.isFollowed === true) begun.accounting?.follow(identity.pid);
			};
			const giveUp = () => begun?.giveUp?.();
			try {
				const end = await runProcess({ ...step, start, started, giveUp }, step.process);
				return begun?.accounting?.close(end) ?? end;
			} finally {
				if (begun?.accounting !== undefined) past.push(begun.accounting);
			}
		},
		held: () => [...(cgroup === undefined ? [] : cgroupPids(cgroup)), ...(helper?.pids() ?? [])],
		async end() {
			await helper?.end();
			leavePast();
		},
	};
}

interface Begun {
	readonly started: Promise<Started>;
	readonly accounting: Accounting | undefined;
	readonly isFollowed: boolean;
	readonly giveUp?: () => void;
}

interface Parts extends Pick<StepStarting, 'cgroup' | 'limits' | 'starter'> {
	readonly helper: RoomHelper | undefined;
}

function begin({ cgroup, limits = {}, starter, helper }: Parts, step: Step, output: number): Begun {
	const count = () => (cgroup === undefined ? undefined : openAccounting(cgroup, limits));
	const inside = helper?.forNext();
	if (inside !== undefined) {
		const shared = helper?.count();
		const started = inside.start(step.inside(output));
		// Groups of its own are made while it is being started.
		const accounting = shared ?? count();
		return { started, accounting, isFollowed: shared === undefined, giveUp: () => void inside.kill() };
	}
	const accounting = count();
	const started = starter.start(step.outside(output, accounting?.procs ?? []));
	return { started, accounting, isFollowed: step.isFollowed };
}
