/** Many small writes, few transactions: what waits at the same moment is made durable together. */
export interface GroupCommit<Tx> {
	/** Runs `work` inside the next transaction; resolves when that is durable. A `work` that throws `Refused` fails alone, anything else fails its whole group. */
	write<T>(work: (transaction: Tx) => Promise<T>, onDurable?: (value: T) => void): Promise<T>;
	/** Resolves when everything that was handed in has ended. */
	drained(): Promise<void>;
}

/** Thrown by a write, before it has written anything, to give up without harm to its group. */
export class Refused extends Error {
	readonly reason: Error;
	constructor(reason: Error) {
		super(reason.message, { cause: reason });
		this.reason = reason;
	}
}

export interface GroupCommitOptions<Tx> {
	/** Runs its argument in one durable transaction. */
	readonly transact: (work: (transaction: Tx) => Promise<void>) => Promise<void>;
	readonly maxWrites: number;
	/** Upper bound of the time that a write waits for company. */
	readonly maxWaitMs: number;
	/** Milliseconds, and waiting for some of them; the process's own unless a test says otherwise. */
	readonly time?: Time;
}

interface Time {
	now(): number;
	/** Less than one: until the event loop has gone round. */
	pause(ms: number): Promise<void>;
}

interface Pending<Tx> {
	readonly run: (transaction: Tx) => Promise<void>;
	readonly durable: () => void;
	readonly fail: (error: unknown) => void;
}

/**
 * After a commit that several writes shared it rests as long as that took: a busy or slow disk gets bigger groups, and at least half of
 * the event loop stays free of fsync. A write that comes later, or to a store that only one writes to, waits for nobody.
 */
export function groupCommit<Tx>(options: GroupCommitOptions<Tx>): GroupCommit<Tx> {
	const { now, pause } = options.time ?? processTime;
	let waiting: Pending<Tx>[] = [];
	let loop: Promise<void> | undefined;
	let restedAt = 0;

	const commitAll = async () => {
		while (waiting.length > 0) {
			await pause(waiting.length < options.maxWrites ? restedAt - now() : 0);
			const group = waiting.slice(0, options.maxWrites);
			waiting = waiting.slice(options.maxWrites);
			const start = now();
			await commit(group, options.transact);
			const end = now();
			restedAt = end + (group.length > 1 ? Math.min(options.maxWaitMs, end - start) : 0);
		}
		loop = undefined;
	};

	return {
		write(work, onDurable) {
			return new Promise((resolve, reject) => {
				waiting.push(pend({ work, onDurable, resolve, reject }));
				loop ??= commitAll();
			});
		},
		drained: async () => {
			await loop;
		},
	};
}

interface Write<Tx, T> {
	readonly work: (transaction: Tx) => Promise<T>;
	readonly onDurable: ((value: T) => void) | undefined;
	readonly resolve: (value: T) => void;
	readonly reject: (error: unknown) => void;
}

function pend<Tx, T>({ work, onDurable, resolve, reject }: Write<Tx, T>): Pending<Tx> {
	let outcome: { readonly value: T } | { readonly refused: Error } | undefined;
	return {
		run: async (transaction) => {
			try {
				outcome = { value: await work(transaction) };
			} catch (error) {
				if (!(error instanceof Refused)) throw error;
				outcome = { refused: error.reason };
			}
		},
		durable: () => {
			if (outcome === undefined) throw new Error('a write was committed before it ran');
			if ('refused' in outcome) return reject(outcome.refused);
			onDurable?.(outcome.value);
			resolve(outcome.value);
		},
		fail: reject,
	};
}

async function commit<Tx>(group: readonly Pending<Tx>[], transact: GroupCommitOptions<Tx>['transact']): Promise<void> {
	try {
		await transact(async (transaction) => {
			for (const write of group) await write.run(transaction);
		});
	} catch (error) {
		for (const write of group) write.fail(error);
		return;
	}
	for (const write of group) write.durable();
}

const processTime: Time = {
	now: () => performance.now(),
	pause: (ms) =>
		new Promise((resolve) => {
			if (ms < 1) setImmediate(resolve);
			else setTimeout(resolve, ms);
		}),
};
