import type { FailingCall } from './failing-call.ts';

/** A program or a library that was looked for in several folders and found in none. */
export interface MissingName {
	readonly name: string;
	readonly kind: 'missing-tool' | 'missing-library';
	/** How many folders were looked in. */
	readonly folders: number;
	/** All the failed looks; `call` is the last. */
	readonly looks: readonly FailingCall[];
	readonly call: FailingCall;
}

const lookingForPrograms = /^(?:execve|execveat|access|faccessat2?|stat|lstat|statx|newfstatat)$/;

/**
 * The names that searches did not find and that the log complains of, last one first. Programs look for much that they can do without:
 * a name that the log does not speak of is none of these.
 */
export function missingNames(calls: readonly FailingCall[], logTail: string): readonly MissingName[] {
	const searches = new Map<string, FailingCall[]>();
	for (const call of calls) {
		const name = call.path?.split('/').at(-1);
		if (call.errno !== 'ENOENT' || name === undefined || name === '') continue;
		const key = `${call.pid} ${name}`;
		searches.set(key, [...(searches.get(key) ?? []), call]);
	}
	return [...searches.values()]
		.flatMap((looks) => missingName(looks, logTail) ?? [])
		.sort((a, b) => calls.lastIndexOf(b.call) - calls.lastIndexOf(a.call));
}

function missingName(looks: readonly FailingCall[], logTail: string): MissingName | undefined {
	const call = looks.at(-1);
	const name = call?.path?.split('/').at(-1);
	const folders = new Set(looks.map(({ path }) => path?.slice(0, path.lastIndexOf('/'))));
	if (call === undefined || name === undefined || folders.size < 2 || !isComplainedOf(name, logTail)) return undefined;
	const isLibrary = /\.so(?:\.|$)/.test(name);
	const isProgram =
		[...folders].some((folder) => folder !== undefined && /\/s?bin$/.test(folder)) &&
		looks.every((look) => lookingForPrograms.test(look.call));
	if (!isLibrary && !isProgram) return undefined;
	return { name, kind: isLibrary ? 'missing-library' : 'missing-tool', folders: folders.size, looks, call };
}

/** `x: command not found`, `env: ‘x’: No such file`, `spawn x ENOENT`, `libx.so.1: cannot open shared object file`; CMake gives the name a line of its own. */
function isComplainedOf(name: string, logTail: string): boolean {
	const word = new RegExp(`(?:^|[^\\w.-])${RegExp.escape(name)}(?:[^\\w-]|$)`);
	const lines = logTail.split('\n').filter((line) => line.trim() !== '');
	return lines.some((line, index) => {
		const isAlone = line.trim().replace(/\.$/, '') === name;
		const around = isAlone ? lines.slice(Math.max(0, index - 1), index + 2) : [line];
		return word.test(line) && around.some((one) => complaint.test(one));
	});
}

const complaint = /not found|no such file|ENOENT|(?:cannot|could not|unable to) (?:open|find)|missing/i;
