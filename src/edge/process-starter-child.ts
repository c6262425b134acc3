import { closeSync, constants, openSync } from 'node:fs';
import { notStarted, type Started, startProcess } from './process-start.ts';
import { type Answer, lineReader, type Order } from './process-starter-messages.ts';

// The program of the helper that starts processes for Footbridge (see process-starter.ts). It ends when its owner does.
process.title = 'footbridge: starts programs';
const answer = (what: Answer) => process.stdout.write(`${JSON.stringify(what)}\n`);
const goneOwner = () => process.exit();
process.stdin.on('data', lineReader(obey));
process.stdin.on('end', goneOwner);
process.stdin.on('error', goneOwner);
process.stdout.on('error', goneOwner);
answer({ kind: 'ready' });

function obey({ order, ...program }: Order): void {
	const { identity, exit } = startFor(program);
	if (identity !== undefined) answer({ kind: 'started', order, identity });
	void exit.then((end) => answer({ kind: 'ended', order, exit: end }));
}

/** A descriptor of the owner is opened anew through /proc: Node cannot pass one to a process that runs already. */
function startFor({ owner, output, extra, ...program }: Omit<Order, 'order'>): Started {
	const opened: number[] = [];
	const open = (descriptor: number) => {
		const own = openSync(`/proc/${owner}/fd/${descriptor}`, constants.O_WRONLY | constants.O_APPEND);
		opened.push(own);
		return own;
	};
	try {
		return startProcess({ ...program, output: open(output), ...(extra === undefined ? {} : { extra: open(extra) }) });
	} catch (error) {
		const exit = Promise.resolve(notStarted(error instanceof Error ? error.message : String(error)));
		return { identity: undefined, exit };
	} finally {
		for (const descriptor of opened) closeSync(descriptor);
	}
}
