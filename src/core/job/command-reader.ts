import type { Annotation } from '../event.ts';
import { type Command, parseCommand } from './command.ts';
import { insideWorkspace } from './workspace-path.ts';

/** What one line of a step's output is: text for the log, and things it does. */
interface LineEffect {
	/** Text to log, may hold line feeds; absent: nothing is shown. */
	readonly show?: string;
	readonly mask?: string;
	readonly annotation?: Omit<Annotation, 'logLine'>;
	readonly output?: { readonly name: string; readonly value: string };
	/** Path of a file with problem matchers. */
	readonly addMatcher?: string;
	/** Owner of the problem matcher to take out. */
	readonly removeMatcher?: string;
	/** The step fails, with this message. */
	readonly failure?: string;
}

export interface CommandReader {
	/** A whole line, from its start. */
	read(line: string): LineEffect;
}

export interface CommandReaderOptions {
	/** Files of annotations are shown relative to it, and only when they are below it. */
	readonly workspace: string;
	/** Show `::debug::` lines. */
	readonly isDebug: boolean;
}

const levels = { error: 'Error', warning: 'Warning', notice: 'Notice' } as const;
const known: ReadonlySet<string> = new Set([
	...Object.keys(levels),
	...[
		'debug',
		'group',
		'endgroup',
		'add-mask',
		'stop-commands',
		'echo',
		'set-output',
		'save-state',
		'set-env',
		'add-path',
	],
	...['add-matcher', 'remove-matcher', 'internal-set-repo-path'],
]);
const shortestStopToken = 8;

/** Reads the workflow commands of one step. It remembers `echo` and `stop-commands`, which last until the step ends. */
export function commandReader(options: CommandReaderOptions): CommandReader {
	let isEchoing = false;
	let stopToken: string | undefined;
	return {
		read(line) {
			const command = parseCommand(line);
			if (command === undefined) return { show: line };
			if (stopToken !== undefined) {
				if (command.name !== stopToken) return { show: line };
				stopToken = undefined;
				return isEchoing ? { show: line } : {};
			}
			const name = command.name.toLowerCase();
			if (!known.has(name)) return { show: line };
			if (name === 'stop-commands') {
				if (!isStopToken(command.data)) return { ...failure(refusedToken), show: `Error: ${refusedToken}` };
				stopToken = command.data;
				return isEchoing ? { show: line } : {};
			}
			if (name === 'echo') return echo(command.data, (value) => (isEchoing = value));
			return { ...(isEchoing && !isShownByItself(name) ? { show: line } : {}), ...effectOf(name, command, options) };
		},
	};
}

const refusedToken = `The token of stop-commands must have at least ${shortestStopToken} characters and must not be a command's name.`;

function isStopToken(token: string): boolean {
	return (
		token.length >= shortestStopToken && !known.has(token.toLowerCase()) && token.toLowerCase() !== 'pause-logging'
	);
}

function isShownByItself(name: string): boolean {
	return name in levels || name === 'debug' || name === 'group' || name === 'endgroup' || name === 'add-mask';
}

function echo(data: string, set: (value: boolean) => void): LineEffect {
	const value = data.trim().toLowerCase();
	if (value !== 'on' && value !== 'off')
		return failure(`Invalid echo command value. Possible values can be: 'on', 'off'. Current value is: '${data}'.`);
	set(value === 'on');
	return {};
}

function effectOf(name: string, command: Command, options: CommandReaderOptions): LineEffect {
	switch (name) {
		case 'error':
		case 'warning':
		case 'notice':
			return annotate(name, command, options);
		case 'debug':
			return options.isDebug ? { show: `##[debug]${command.data}` } : {};
		case 'group':
			return { show: `##[group]${command.data}` };
		case 'endgroup':
			return { show: '##[endgroup]' };
		case 'add-mask':
			return addMask(command.data);
		case 'set-output':
			return setOutput(command);
		case 'save-state':
			return {};
		case 'set-env':
		case 'add-path': {
			const file = name === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
			return failure(
				`The ${name} command is refused, because any text that is printed could use it. Write to the file "$${file}" instead.`,
			);
		}
		case 'add-matcher':
			return { show: `##[add-matcher]${command.data}`, addMatcher: command.data.trim() };
		case 'remove-matcher':
			return removeMatcher(command);
		default:
			return { show: `::${command.name}::${command.data}` };
	}
}

function annotate(level: Annotation['level'], command: Command, options: CommandReaderOptions): LineEffect {
	const { title, file, line, col, endline, endcolumn } = command.properties;
	const path = file === undefined ? undefined : insideWorkspace(file, options.workspace);
	const annotation = {
		level,
		message: command.data,
		...(title === undefined ? {} : { title }),
		...(path === undefined
			? {}
			: {
					file: path,
					...number('line', line),
					...number('column', col),
					...number('endLine', endline),
					...number('endColumn', endcolumn),
				}),
	};
	return { show: `${levels[level]}: ${command.data}`, annotation };
}

function number(
	name: 'line' | 'column' | 'endLine' | 'endColumn',
	text: string | undefined,
): Pick<Annotation, 'line' | 'column' | 'endLine' | 'endColumn'> {
	const value = Number(text);
	return text !== undefined && Number.isInteger(value) && value > 0 ? { [name]: value } : {};
}

function addMask(value: string): LineEffect {
	if (value.trim() === '') return { show: "Warning: Can't add secret mask for empty string in ##[add-mask] command." };
	return { mask: value };
}

function removeMatcher({ properties, data }: Command): LineEffect {
	const owner = properties['owner'] ?? data.trim();
	return owner === ''
		? failure('remove-matcher needs an owner.')
		: { show: `##[remove-matcher]${owner}`, removeMatcher: owner };
}

function setOutput(command: Command): LineEffect {
	const name = command.properties['name'];
	if (name === undefined) return failure("Required field 'name' is missing in ##[set-output] command.");
	return { output: { name, value: command.data } };
}

function failure(message: string): LineEffect {
	return { show: `Error: ${message}`, failure: message, annotation: { level: 'error', message } };
}
