/** A system call that failed, as strace saw it. */
export interface FailingCall {
	readonly pid: number;
	/** Name of the process, where the trace tells it. */
	readonly program?: string;
	readonly call: string;
	/** `EACCES` ... */
	readonly errno: string;
	/** Absolute where the trace tells what it is relative to. */
	readonly path?: string;
	/** For `connect` and `bind`: `127.0.0.1:5432`. */
	readonly address?: string;
	/** The arguments, for the flags in them. */
	readonly arguments: string;
}

/** Reads lines of `strace -f -ttt -y -Y`; what is not a failed call is left out. */
export function failingCalls(lines: readonly string[]): readonly FailingCall[] {
	return lines.flatMap((line) => {
		const match = /^(\d+)(?:<([^>]*)>)?\s+[\d.]+\s+(\w+)\((.*)\)\s+=\s+-1 (E[A-Z0-9]+)/.exec(line);
		const [, pid, program, call, args, errno] = match ?? [];
		if (call === undefined || args === undefined || errno === undefined) return [];
		const path = pathIn(args);
		const address = addressIn(args);
		return {
			pid: Number(pid),
			call,
			errno,
			arguments: args,
			...(program === undefined ? {} : { program }),
			...(path === undefined ? {} : { path }),
			...(address === undefined ? {} : { address }),
		};
	});
}

/** The first path among the arguments; a relative one is joined to the folder that `-y` shows beside the descriptor. */
function pathIn(args: string): string | undefined {
	const [, folder, quoted] = /^(?:(?:AT_FDCWD|\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/.exec(args) ?? [];
	if (quoted === undefined || quoted === '') return undefined;
	const path = quoted.replaceAll(/\\(["\\])/g, '$1');
	if (path.startsWith('/') || folder === undefined) return path;
	return `${folder}/${path.replace(/^\.\//, '')}`;
}

function addressIn(args: string): string | undefined {
	const [, port, host] = /sin6?_port=htons\((\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"/.exec(args) ?? [];
	return port === undefined || host === undefined ? undefined : `${host}:${port}`;
}
