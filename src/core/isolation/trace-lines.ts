/** Reads the lines of an strace of many processes one by one. */
export interface JoinedCalls {
	/** The failing call that ends with this line, whole; undefined for everything else. */
	next(line: string): string | undefined;
}

/**
 * Joins calls that strace had to interrupt (`<unfinished ...>`) with their ends, and keeps those that failed. An end says whose it is
 * (`<... openat resumed>`), or, where strace shows failing calls only, is the next line that says nothing of a process.
 */
export function joinedCalls(): JoinedCalls {
	const unfinished = new Map<string, string>();
	let latest: string | undefined;
	const join = (process: string, end: string): string => {
		const begin = unfinished.get(process) ?? '';
		unfinished.delete(process);
		return `${begin}${end}`.replace(/\)\s+= /, ') = ');
	};
	return {
		next(line) {
			const process = /^\d+(?=<|\s)/.exec(line)?.[0];
			const cut = line.indexOf(' <unfinished ...>');
			if (process !== undefined && cut >= 0) {
				unfinished.set(process, line.slice(0, cut));
				latest = process;
				return undefined;
			}
			const resumed = /<\.\.\. \w+ resumed>(.*)$/.exec(line)?.[1];
			let whole = line;
			if (process !== undefined && resumed !== undefined && unfinished.has(process)) whole = join(process, resumed);
			else if (process === undefined && latest !== undefined) whole = join(latest, line);
			return isFailure(whole) ? whole : undefined;
		},
	};
}

/** `?` is a call that never came back; ERESTART is one that the kernel does again by itself. */
function isFailure(call: string): boolean {
	return /\) += -1 E(?!RESTART)[A-Z0-9]+ /.test(call);
}
