import { stat } from 'node:fs/promises';
import { coalesced } from './coalesce.ts';

/** Who follows which file. Writers of this process wake their followers; growth by other processes is seen by looking. */
export interface FileFollowers {
	follow(file: string, listener: () => void): () => void;
	wake(file: string): void;
	/** When the file was last written, in ms since the epoch; 0 when it is missing. */
	modifiedAt(file: string): Promise<number>;
}

const lookEveryMs = 250;

interface Watch {
	readonly listeners: Set<{ readonly call: () => void }>;
	readonly timer: NodeJS.Timeout;
}

export function fileFollowers(): FileFollowers {
	const watches = new Map<string, Watch>();
	const wake = (file: string) => {
		for (const listener of watches.get(file)?.listeners ?? []) listener.call();
	};
	return {
		follow(file, listener) {
			const watch = watches.get(file) ?? { listeners: new Set(), timer: lookAt(file, () => wake(file)) };
			watches.set(file, watch);
			const calls = coalesced(listener);
			watch.listeners.add(calls);
			return () => {
				calls.stop();
				watch.listeners.delete(calls);
				if (watch.listeners.size > 0) return;
				clearInterval(watch.timer);
				watches.delete(file);
			};
		},
		wake,
		modifiedAt: async (file) => (await look(file)).modifiedAt,
	};
}

function lookAt(file: string, onGrowth: () => void): NodeJS.Timeout {
	let seen: number | undefined;
	const check = async () => {
		const { size } = await look(file);
		if (seen !== undefined && size !== seen) onGrowth();
		seen = size;
	};
	void check();
	return setInterval(check, lookEveryMs);
}

async function look(file: string): Promise<{ readonly size: number; readonly modifiedAt: number }> {
	try {
		const { size, mtimeMs } = await stat(file);
		return { size, modifiedAt: mtimeMs };
	} catch {
		return { size: 0, modifiedAt: 0 };
	}
}
