import type { Annotation } from '../event.ts';
import { type Command, parseCommand } from './command.ts';
import { annotationOfCommand } from './command-annotation.ts';

/** What one line of a step's output is: text for the log, and things it does. */
interface LineEffect {
	/** Text to log, may hold line feeds; absent: nothing is shown. */
	readonly show?: string;
	readonly mask?: string;
	/** The token that ends `stop-commands`: whoever reads it in the log could print it. */
	readonly token?: string;
	readonly annotation?: Omit<Annotation, 'logLine'>;
	readonly output?: { readonly name: string; readonly value: string };
	/** For a later process of the same action. */
	readonly state?: { readonly name: string; readonly value: string };
	/** Path of a file with problem matchers. */
	readonly addMatcher?: string;
	/** Owner of the problem matcher to take out. */
	readonly removeMatcher?: string;
	/** Path of a file whose problem matchers are to be taken out. */
	readonly removeMatchersOf?: string;
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
			const name = command.name.toLowerCase();
			if (stopToken !== undefined) {
				if (name === stopToken) stopToken = undefined;
				return { show: line };
			}
			if (!known.has(name) || name === 'internal-set-repo-path') return { show: line };
			if (name === 'stop-commands') {
				if (!isStopToken(command.data)) return failure(refusedToken);
				stopToken = command.data.toLowerCase();
				return { show: line, token: command.data };
			}
			const wasEchoing = isEchoing;
			const effect =
				name === 'echo' ? echo(command.data, (value) => (isEchoing = value)) : effectOf(name, command, options);
			if (!wasEchoing || effect.show !== undefined || name === 'debug') return effect;
			return { ...effect, show: name === 'add-mask' ? '::add-mask::***' : line };
		},
	};
}

const refusedToken = `The token of stop-commands must have at least ${shortestStopToken} characters and must not be a command's name.`;

function isStopToken(token: string): boolean {
	return (
		token.length >= shortestStopToken && !known.has(token.toLowerCase()) && token.toLowerCase() !== 'pause-logging'
	);
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
			return {
				show: `${levels[name]}: ${command.data}`,
				annotation: annotationOfCommand(name, command, options.workspace),
			};
		case 'debug':
			return options.isDebug ? { show: `##[debug]${command.data.replaceAll('\n', '\n##[debug]')}` } : {};
		case 'group':
			return { show: `##[group]${command.data}` };
		case 'endgroup':
			return { show: '##[endgroup]' };
		case 'add-mask':
			return addMask(command.data);
		case 'set-output':
			return named(command, 'output');
		case 'save-state':
			return named(command, 'state');
		case 'set-env':
		case 'add-path': {
			const file = name === 'set-env' ? 'GITHUB_ENV' : 'GITHUB_PATH';
			return failure(
				`The ${name} command is refused, because any text that is printed could use it. Write to the file "$${file}" instead.`,
			);
		}
		case 'add-matcher':
			return addMatcher(command.data);
		case 'remove-matcher':
			return removeMatcher(command);
		default:
			return {};
	}
}

function addMask(value: string): LineEffect {
	if (value.trim() === '') return warning("Can't add secret mask for empty string in ##[add-mask] command.");
	return { mask: value };
}

function addMatcher(path: string): LineEffect {
	if (path.trim() === '') return warning('add-matcher needs the path of a file.');
	return { show: `##[add-matcher]${path}`, addMatcher: path };
}

function removeMatcher({ properties, data: path }: Command): LineEffect {
	const { owner } = properties;
	if ((owner === undefined) === (path === ''))
		return warning('remove-matcher needs either an owner or the path of a file.');
	if (owner === undefined) return { show: `##[remove-matcher]${path}`, removeMatchersOf: path };
	return { show: `##[remove-matcher]${owner}`, removeMatcher: owner };
}

function named(command: Command, kind: 'output' | 'state'): LineEffect {
	const name = command.properties['name'];
	return name === undefined ? failure(nameless(command.name)) : { [kind]: { name, value: command.data } };
}

function nameless(command: string): string {
	return `Required field 'name' is missing in ##[${command}] command.`;
}

function warning(message: string): LineEffect {
	return { show: `Warning: ${message}`, annotation: { level: 'warning', message } };
}

function failure(message: string): LineEffect {
	return { show: `Error: ${message}`, failure: message, annotation: { level: 'error', message } };
}
