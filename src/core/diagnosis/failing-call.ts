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
	/** For `connect` and `bind`: `127.0.0.1:5432`, `[::1]:5432`. */
	readonly address?: string;
	/** The arguments, for the flags in them. */
	readonly arguments: string;
}

/** Reads lines of `strace -f -ttt -y -Y`; what is not a failed call is left out. */
export function failingCalls(lines: readonly string[]): readonly FailingCall[] {
	return lines.flatMap((line) => {
		const match = /^(\d+)(?:<([^>]*)>)?\s+[\d.]+\s+(\w+)\((.*)\)\s+=\s+-1 (E[A-Z0-9]+) \([^()]*\)$/.exec(line);
		const [, pid, program, call, args, errno] = match ?? [];
		if (call === undefined || args === undefined || errno === undefined) return [];
		const path = pathIn(call, args);
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

/** What these do is done to an open file; a text among their arguments is content, not a name. */
const onOpenFiles =
	/^(?:p?write(?:v|v2|64)?|ftruncate(?:64)?|fallocate|f(?:data)?sync|copy_file_range|flock|fchmod|fchown)$/;
/** These are about an address; only that of a local socket is a path. */
const onSockets = /^(?:connect|bind|sendto|sendmsg|getpeername|setsockopt)$/;
/** These have two names: the second is what they would make. */
const makingSecond = /^(?:rename|link|symlink)/;

function pathIn(call: string, args: string): string | undefined {
	if (onSockets.test(call)) return /sun_path="(\/[^"]*)"/.exec(args)?.[1];
	if (onOpenFiles.test(call)) return [...args.matchAll(/\b\d+<(\/[^>]*)>/g)].at(-1)?.[1];
	const named = [...args.matchAll(/(?:(?:AT_FDCWD|\b\d+)<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)];
	const [, folder, quoted] = (makingSecond.test(call) ? named[1] : named[0]) ?? [];
	if (quoted === undefined) return undefined;
	const path = unescaped(quoted);
	if (path === '') return folder;
	if (path.startsWith('/') || folder === undefined) return path;
	return `${folder}/${path.replace(/^(?:\.\/)+/, '')}`;
}

/** strace prints bytes that are no printable ASCII as `\303\251` or `\n`. */
function unescaped(text: string): string {
	if (!text.includes('\\')) return text;
	const plain: { readonly [letter: string]: string } = { n: '\n', t: '\t', r: '\r', v: '\v', f: '\f' };
	const escaped = text
		.replaceAll('%', '%25')
		.replaceAll(/\\(?:([0-7]{1,3})|(.))/g, (_, octal: string | undefined, letter: string) =>
			octal === undefined
				? encodeURIComponent(plain[letter] ?? letter)
				: `%${Number.parseInt(octal, 8).toString(16).padStart(2, '0')}`,
		);
	try {
		return decodeURIComponent(escaped);
	} catch {
		return text;
	}
}

function addressIn(args: string): string | undefined {
	const [, port, host] = /sin6?_port=htons\((\d+)\).*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"/.exec(args) ?? [];
	if (port === undefined || host === undefined) return undefined;
	return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
