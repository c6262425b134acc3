import type { ProcessIdentity } from './process.ts';
import type { Exit, Program } from './process-start.ts';

/** To the helper that starts processes, a line of JSON each: a program whose descriptors are those of the process `owner`. */
export interface Order extends Program {
	readonly order: number;
	readonly owner: number;
}

/** From the helper, a line of JSON each. An order is answered with `started`, unless that fails, and later with `ended`. */
export type Answer =
	| { readonly kind: 'ready' }
	| { readonly kind: 'started'; readonly order: number; readonly identity: ProcessIdentity }
	| { readonly kind: 'ended'; readonly order: number; readonly exit: Exit };

/** Makes messages of the chunks of a stream. */
export function lineReader<Message>(hear: (message: Message) => void): (chunk: Buffer) => void {
	let parts: Buffer[] = [];
	return (chunk) => {
		let from = 0;
		for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
			parts.push(chunk.subarray(from, end));
			const text = Buffer.concat(parts).toString();
			parts = [];
			from = end + 1;
			hear(JSON.parse(text) as Message);
		}
		if (from < chunk.length) parts.push(chunk.subarray(from));
	};
}
