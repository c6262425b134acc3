import type { RunningJob } from '../running-job.ts';

/** A program that a built-in action asks something in the room, as the job's user. */
export interface Asked {
	readonly argv: readonly string[];
	readonly timeout: AbortSignal;
	readonly cwd?: string;
	readonly env?: { readonly [name: string]: string };
	/** Show what it says in the log, as it comes. */
	readonly isShown?: boolean;
}

/** What a program said; its exit code is null when it did not end by itself. */
export interface Answer {
	readonly exitCode: number | null;
	readonly output: string;
}

const outputLimit = 1024 * 1024;

/** Runs a program with what the job's steps have set so far: the newest PATH and variables. */
export async function askInRoom(job: RunningJob, { argv, timeout, cwd, env, isShown }: Asked): Promise<Answer> {
	let output = '';
	const decoder = new TextDecoder();
	const stream = isShown === true ? job.log.stream() : undefined;
	const end = await job.room.run({
		argv,
		env: { ...job.env, ...job.variables, ...env, PATH: pathOf(job) },
		cwd: cwd ?? job.room.workspace,
		output: (chunk) => {
			const text = decoder.decode(chunk, { stream: true });
			if (output.length < outputLimit) output += text;
			const lines = text.split('\n');
			for (const [index, line] of lines.entries())
				if (index < lines.length - 1 || line !== '') stream?.push(line, index < lines.length - 1);
		},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	stream?.end();
	if (end.error !== undefined) output += end.error;
	return { exitCode: end.exitCode, output };
}

/** The PATH that the job's next step will have. */
function pathOf({ path, env, room, ports }: RunningJob): string {
	const own = env['PATH'] ?? room.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin';
	return [...path, own, ports.places.node].join(':');
}

/** What a program says, without the white space around it; throws with its own words when it fails. */
export async function wordOf(job: RunningJob, asked: Asked): Promise<string> {
	const { exitCode, output } = await askInRoom(job, asked);
	if (exitCode === 0) return output.trim();
	const command = asked.argv.join(' ');
	throw new Error(output.trim() || `The '${command}' command failed with exit code: ${exitCode}`);
}
