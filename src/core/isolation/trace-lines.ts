/** Reads the lines of an strace of many processes one by one. */
export interface JoinedCalls {
	/** The failing call that ends with this line, whole; undefined for everything else. */
	next(line: string): string | undefined;
}

/** Joins calls that strace had to interrupt (`<unfinished ...>`, `<... name resumed>`), and keeps those that failed. */
export function joinedCalls(): JoinedCalls {
	const unfinished = new Map<string, string>();
	return {
		next(line) {
			const process = /^\S+/.exec(line)?.[0] ?? '';
			const cut = line.indexOf(' <unfinished ...>');
			if (cut >= 0) {
				unfinished.set(process, line.slice(0, cut));
				return undefined;
			}
			const resumed = /^(.*?)<\.\.\. \w+ resumed>(.*)$/.exec(line);
			const begin = unfinished.get(process);
			if (resumed === null) return isFailure(line) ? line : undefined;
			unfinished.delete(process);
			const whole = begin === undefined ? line : `${begin}${resumed[2] ?? ''}`;
			return isFailure(whole) ? whole : undefined;
		},
	};
}

/** `?` is a call that never came back; ERESTART is one that the kernel does again by itself. */
function isFailure(call: string): boolean {
	return /\) += -1 E(?!RESTART)[A-Z0-9]+ /.test(call);
}
