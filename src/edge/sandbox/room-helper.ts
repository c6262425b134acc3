import { inCgroups } from '#core/isolation/launch.ts';
import { openHelper, type ProcessHelper } from '../process-helper.ts';
import type { Accounting } from './accounting.ts';
import { type Cgroup, cgroupPids, makeInner } from './cgroup.ts';
import { openSharedAccounting } from './shared-accounting.ts';

/** Starts the processes of one room from inside its control groups: what it starts is in them without entering them first. */
export interface RoomHelper {
	/** Counts one more process of the room; the helper, where there is one that takes it. */
	forNext(): ProcessHelper | undefined;
	/** Counts what it starts now by its own groups; undefined where that cannot be, or something else is counted so at present. */
	count(): Accounting | undefined;
	/** What the job has in the helper's own groups. */
	pids(): readonly number[];
	/** Ends it: it is no leftover of the job. */
	end(): Promise<void>;
}

/**
 * A helper of a room in `cgroup`. It takes 40 ms of a processor and 40 MB, and spares each process of the room about 3 ms: a room gets
 * one when it has had `afterProcesses`, which most never have. A job may end it, as it may end anything else of its user: what runs is
 * then said to have failed, and the next process gets another one, or none when that goes on.
 */
export function roomHelper(cgroup: Cgroup, afterProcesses: number = manyProcesses): RoomHelper {
	let processes = 0;
	let opened = 0;
	let helper: ProcessHelper | undefined;
	let own: Cgroup | undefined;
	let isCounting = false;
	const open = (): ProcessHelper => {
		opened += 1;
		// A group of version 2 that has groups of steps below cannot have processes itself.
		own ??= makeInner(cgroup, 'helper');
		const { procs } = own.places.length === cgroup.places.length ? own : cgroup;
		return openHelper((argv) => inCgroups(procs, argv));
	};
	return {
		forNext() {
			processes += 1;
			if (processes <= afterProcesses) return undefined;
			if ((helper === undefined || helper.isGone()) && opened < mostHelpers) helper = open();
			return helper?.isReady() === true ? helper : undefined;
		},
		count() {
			if (isCounting || own === undefined || helper?.pid === undefined) return undefined;
			const shared = openSharedAccounting(own, helper.pid);
			if (shared === undefined) return undefined;
			isCounting = true;
			let isOpen = true;
			const release = () => {
				if (isOpen) isCounting = false;
				isOpen = false;
			};
			const close: Accounting['close'] = (end) => {
				release();
				return shared.close(end);
			};
			const leave = () => {
				// Who was broken off has not closed.
				release();
				shared.leave();
			};
			return { ...shared, close, leave };
		},
		pids: () => (own === undefined ? [] : cgroupPids(own)),
		async end() {
			await helper?.kill();
		},
	};
}

const manyProcesses = 8;
const mostHelpers = 3;
