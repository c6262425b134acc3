/** What a key asks for. */
export type Key = 'all' | 'failed' | 'leave' | 'interrupt';

/** Tells of keys as they are pressed, until the returned function is called. Undefined where there is no keyboard. */
export function listenToKeys(stdin: NodeJS.ReadStream, onKey: (key: Key) => void): (() => void) | undefined {
	if (stdin.isTTY !== true || typeof stdin.setRawMode !== 'function') return undefined;
	const listen = (chunk: Buffer) => {
		for (const letter of chunk.toString('utf8')) {
			const key = keys[letter.toLowerCase()];
			if (key !== undefined) onKey(key);
		}
	};
	stdin.setRawMode(true);
	stdin.on('data', listen);
	stdin.resume();
	return () => {
		stdin.off('data', listen);
		stdin.setRawMode(false);
		stdin.pause();
	};
}

/** In raw mode Ctrl+C is a letter like others. */
const keys: { readonly [letter: string]: Key | undefined } = {
	a: 'all',
	f: 'failed',
	q: 'leave',
	'\u0003': 'interrupt',
	'\u0004': 'leave',
};
