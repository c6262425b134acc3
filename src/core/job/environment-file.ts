import { failed, ok, type Result } from '../result.ts';

/** What a program wrote to `GITHUB_ENV`, `GITHUB_OUTPUT` or `GITHUB_STATE`, in order; a name may come twice, the last counts. */
export type Assignments = readonly (readonly [name: string, value: string])[];

/**
 * Reads `name=value` lines and `name<<DELIMITER` blocks. All or nothing: one bad line (FB2030) and none of them counts. A line ends
 * at a line feed: a carriage return before it belongs to the value, as on GitHub.
 */
export function parseEnvironmentFile(text: string, file: string): Result<Assignments> {
	const lines = text.replace(/^\ufeff/, '').split('\n');
	const nul = lines.findIndex((line) => line.includes('\0'));
	if (nul !== -1) return failed(invalid(file, nul + 1, 'It holds a NUL character, which no variable can'));
	const assignments: (readonly [string, string])[] = [];
	for (let index = 0; index < lines.length; index++) {
		const line = lines[index] ?? '';
		if (line === '') continue;
		const refuse = (why: string) => failed(invalid(file, index + 1, why));
		const equals = position(line, '=');
		const block = position(line, '<<');
		if (equals < block) {
			if (equals === 0) return refuse(`Invalid format ${quoted(line)}. Name must not be empty`);
			assignments.push([line.slice(0, equals), line.slice(equals + 1)]);
			continue;
		}
		if (block === Number.POSITIVE_INFINITY) return refuse(`Invalid format ${quoted(line)}`);
		const name = line.slice(0, block);
		const delimiter = line.slice(block + 2);
		if (name === '' || delimiter === '')
			return refuse(`Invalid format ${quoted(line)}. Name must not be empty and delimiter must not be empty`);
		const end = lines.indexOf(delimiter, index + 1);
		if (end === -1) return refuse(`Invalid value. Matching delimiter not found ${quoted(delimiter)}`);
		assignments.push([name, lines.slice(index + 1, end).join('\n')]);
		index = end;
	}
	return ok(assignments);
}

/** The folders that a program wrote to `GITHUB_PATH`, in order. */
export function parsePathFile(text: string): readonly string[] {
	return text
		.replace(/^\ufeff/, '')
		.split(/\r\n?|\n/)
		.filter((line) => line !== '');
}

/**
 * Why a name in `GITHUB_ENV` has no effect: the runner's own variables must stay true, and NODE_OPTIONS would run code in every
 * action that follows. Undefined when it has.
 */
export function whyNotSettable(name: string, own: ReadonlySet<string>): string | undefined {
	if (name.toUpperCase() === 'NODE_OPTIONS') return `Can't store ${name} output parameter using '$GITHUB_ENV' command.`;
	return own.has(name) ? `Can't change ${name} using '$GITHUB_ENV': it is a variable of the runner.` : undefined;
}

const loaderVariables: ReadonlySet<string> = new Set([
	...['LD_PRELOAD', 'LD_AUDIT', 'DYLD_INSERT_LIBRARIES', 'BASH_ENV', 'PERL5OPT', 'PERL5DB', 'PYTHONSTARTUP', 'RUBYOPT'],
	...[
		'JAVA_TOOL_OPTIONS',
		'_JAVA_OPTIONS',
		'JDK_JAVA_OPTIONS',
		'GIT_SSH',
		'GIT_SSH_COMMAND',
		'GIT_ASKPASS',
		'SSH_ASKPASS',
	],
	...['GIT_EXTERNAL_DIFF', 'GIT_EXEC_PATH', 'GIT_PROXY_COMMAND', 'GIT_EDITOR', 'GIT_SEQUENCE_EDITOR', 'GIT_PAGER'],
	...['GIT_TEMPLATE_DIR', 'GIT_CONFIG'],
]);

/** True for a variable that makes later programs run code of whoever sets it. */
export function isLoaderVariable(name: string): boolean {
	return loaderVariables.has(name) || name.startsWith('GIT_CONFIG_');
}

function position(line: string, mark: string): number {
	const found = line.indexOf(mark);
	return found === -1 ? Number.POSITIVE_INFINITY : found;
}

/** Short, and without characters that would change how a log looks. */
function quoted(text: string): string {
	const short = text.length > 200 ? `${text.slice(0, 199)}…` : text;
	return `'${short.replaceAll(/\p{Cc}/gu, (character) => JSON.stringify(character).slice(1, -1))}'`;
}

function invalid(file: string, line: number, why: string) {
	return {
		code: 'FB2030',
		what: `Unable to process the file behind ${file}`,
		why,
		where: `line ${line} of what was written`,
		next: `write name=value, or name<<DELIMITER, the lines, and DELIMITER, to "$${file}"`,
	};
}
