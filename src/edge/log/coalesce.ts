/** A listener that may be called all the time and hears of it at most ten times a second: at once, and once more for what came since. */
export interface Coalesced {
	call(): void;
	stop(): void;
}

const restMs = 100;

export function coalesced(listener: () => void): Coalesced {
	let timer: NodeJS.Timeout | undefined;
	let isWanted = false;
	let isStopped = false;
	const fire = () => {
		isWanted = false;
		timer = setTimeout(() => {
			timer = undefined;
			if (isWanted) fire();
		}, restMs);
		listener();
	};
	return {
		call() {
			if (isStopped) return;
			if (timer === undefined) queueMicrotask(() => (timer === undefined && !isStopped ? fire() : undefined));
			else isWanted = true;
		},
		stop() {
			isStopped = true;
			clearTimeout(timer);
		},
	};
}
