import { openHelper, type ProcessHelper } from './process-helper.ts';
import { type Program, type Started, startProcess } from './process-start.ts';

/** Starts programs for who starts many. */
export interface ProcessStarter {
	/** Resolves when the program runs, or could not be started. The descriptors may be closed then. */
	start(program: Program): Promise<Started>;
	/** Ends the helper process; programs go on, and their ends are not known any more. */
	close(): void;
}

/**
 * Starts programs from a small process that does nothing else. To start one, the kernel copies the page tables of who starts it: 1 ms for
 * a Node that has only begun, 5 ms for one of 160 MB, 17 ms for one of 360 MB, in which the event loop stands still; and the parent
 * then pays a page fault for each page that it writes to. The helper is made when the first program is started; until it is up, and
 * where there is no /proc through which it could open descriptors, this process starts programs itself.
 */
export function processStarter(): ProcessStarter {
	let helper: ProcessHelper | undefined;
	let isClosed = false;
	const present = (): ProcessHelper | undefined => {
		if (process.platform !== 'linux' || isClosed) return undefined;
		if (helper === undefined || helper.isGone()) helper = openHelper();
		return helper;
	};
	return {
		async start(program) {
			const ready = present();
			return ready?.isReady() === true ? ready.start(program) : startProcess(program);
		},
		close() {
			isClosed = true;
			helper?.close();
		},
	};
}
