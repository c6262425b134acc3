import { randomBytes } from 'node:crypto';
import {
	type Assignments,
	isLoaderVariable,
	parseEnvironmentFile,
	parsePathFile,
	whyNotSettable,
} from '#core/job/environment-file.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { Room } from '#edge/sandbox/sandbox.ts';

const files = ['GITHUB_OUTPUT', 'GITHUB_ENV', 'GITHUB_PATH', 'GITHUB_STEP_SUMMARY', 'GITHUB_STATE'] as const;
type CommandFile = (typeof files)[number];

/** Bytes. Summaries are GitHub's limit; more of the others could not be kept with the run. */
const summaryLimit = 1024 * 1024;
const fileLimit = 1024 * 1024;

/** The files through which one process tells its step something. They are fresh for each process, under names nobody can guess. */
export interface CommandFiles {
	/** Path by variable, as the job sees it. */
	readonly env: { readonly [name in CommandFile]: string };
	/** What was written. FB2030/FB2031: a file cannot be accepted; nothing of it counts. */
	read(rules: FileRules): Promise<Result<Told>>;
}

interface FileRules {
	/** Names that stay the runner's. */
	readonly own: ReadonlySet<string>;
	/** Why what triggered the run may come from somebody who is not trusted; absent: it does not. */
	readonly whyUntrusted?: string | undefined;
}

interface Told {
	readonly env: Assignments;
	readonly outputs: Assignments;
	/** For a later process of the same action. */
	readonly state: Assignments;
	readonly path: readonly string[];
	readonly summary: string;
	/** Worth a warning in the log. */
	readonly warnings: readonly string[];
}

/** Makes the files for one process. */
export async function makeCommandFiles(room: Room): Promise<CommandFiles> {
	const id = randomBytes(16).toString('hex');
	const folder = `${room.temp}/_runner_file_commands`;
	const paths = Object.fromEntries(
		files.map((file) => [file, `${folder}/${file.slice('GITHUB_'.length).toLowerCase()}_${id}`]),
	) as { [name in CommandFile]: string };
	await Promise.all(files.map((file) => room.put(paths[file], '')));
	return { env: paths, read: (rules) => read(room, paths, rules) };
}

async function read(room: Room, paths: CommandFiles['env'], rules: FileRules): Promise<Result<Told>> {
	const [output, env, path, summary, state] = await Promise.all(files.map((file) => text(room, paths[file], file)));
	if (!output?.ok) return output ?? failed();
	if (!env?.ok) return env ?? failed();
	if (!path?.ok) return path ?? failed();
	if (!state?.ok) return state ?? failed();
	const outputs = parseEnvironmentFile(output.value, '$GITHUB_OUTPUT');
	if (!outputs.ok) return outputs;
	const variables = parseEnvironmentFile(env.value, '$GITHUB_ENV');
	if (!variables.ok) return variables;
	const states = parseEnvironmentFile(state.value, '$GITHUB_STATE');
	if (!states.ok) return states;
	const { kept, warnings } = settable(variables.value, rules);
	if (summary !== undefined && !summary.ok)
		warnings.push(...summary.error.map((problem) => `${problem.what}: ${problem.why ?? ''}`));
	return ok({
		env: kept,
		outputs: outputs.value,
		state: states.value,
		path: parsePathFile(path.value),
		summary: summary?.ok ? summary.value : '',
		warnings,
	});
}

/** The variables that count, and a word about each of the others. */
function settable(variables: Assignments, { own, whyUntrusted }: FileRules) {
	const warnings = new Set<string>();
	const kept = variables.filter(([name]) => {
		const why = whyNotSettable(name, own);
		const isLoader = isLoaderVariable(name);
		if (why !== undefined) warnings.add(why);
		else if (isLoader && whyUntrusted !== undefined)
			warnings.add(`Can't set ${name} using '$GITHUB_ENV': it makes programs load code, and ${whyUntrusted}.`);
		else if (isLoader)
			warnings.add(`${name} was set through $GITHUB_ENV: it makes every later program of this job load code.`);
		return why === undefined && !(isLoader && whyUntrusted !== undefined);
	});
	return { kept, warnings: [...warnings].slice(0, mostWarnings) };
}

/** A file may have names without end. */
const mostWarnings = 20;

async function text(room: Room, path: string, file: CommandFile): Promise<Result<string>> {
	const limit = file === 'GITHUB_STEP_SUMMARY' ? summaryLimit : fileLimit;
	const refuse = (why: string) => failed({ code: 'FB2031', what: `What was written to $${file} is not accepted`, why });
	try {
		const content = await room.get(path, limit + 1);
		if (content !== undefined && Buffer.byteLength(content) > limit)
			return refuse(`it is larger than ${limit / 1024} KiB`);
		return ok(content ?? '');
	} catch {
		// Its message would name paths of this machine.
		return refuse(`it must be a regular file of at most ${limit / 1024} KiB`);
	}
}
