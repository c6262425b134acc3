import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CgroupPlace, usageOf } from '#core/isolation/cgroup-files.ts';
import type { Accounting } from './accounting.ts';
import { type Cgroup, cgroupPids } from './cgroup.ts';

/**
 * Counts a step by what groups took while it ran in them: no group is made for it, and no process moved, for which the kernel may take
 * 10 ms. Right as long as no other step runs in the groups; memory that was in use before is not the step's. Undefined where the kernel
 * cannot forget a peak of memory, as that of version 2 before Linux 6.12.
 */
export function openSharedAccounting(groups: Cgroup, owner: number): Accounting | undefined {
	const { places } = groups;
	if (places.length === 0 || places.some(({ version }) => version !== 1)) return undefined;
	const memory = places.find(({ controllers }) => controllers.includes('memory'));
	if (memory !== undefined && !forgetPeak(memory)) return undefined;
	const before = usageOf(places, readFrom);
	return {
		procs: groups.procs,
		follow: () => undefined,
		close(end) {
			// Before the next step begins: what is left of this one is not counted for that.
			for (const pid of cgroupPids(groups)) {
				if (pid !== owner) for (const place of places) writeTo(place, '../cgroup.procs', String(pid));
			}
			const after = usageOf(places, readFrom);
			const names = ['peakMemoryBytes', 'cpuMs', 'readBytes', 'writtenBytes'] as const;
			const taken = names.flatMap((name) => {
				const [first, last] = [before[name], after[name]];
				if (first === undefined || last === undefined) return [];
				return [[name, Math.round(Math.max(0, last - first) * 10) / 10] as const];
			});
			return taken.length === 0 ? end : { ...end, usage: Object.fromEntries(taken) };
		},
		leave: () => undefined,
	};
}

/** From then on the peak is what is in use at that moment, and what comes. */
function forgetPeak(place: CgroupPlace): boolean {
	return writeTo(place, 'memory.max_usage_in_bytes', '0');
}

function writeTo({ path }: CgroupPlace, file: string, text: string): boolean {
	try {
		writeFileSync(join(path, file), text, { flag: 'r+' });
		return true;
	} catch {
		return false;
	}
}

function readFrom({ path }: CgroupPlace, file: string): string | undefined {
	try {
		return readFileSync(join(path, file), 'utf8');
	} catch {
		return undefined;
	}
}
