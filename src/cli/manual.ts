import type { Argument, Command, Option } from 'commander';
import { exitCodes } from './exit-code.ts';

/** docs/cli.md: the commands as the program itself knows them, and what exit codes say. */
export function manual(program: Command): string {
	return [
		'# Commands',
		'',
		'This page is made from the program; `footbridge help <command>` prints the same.',
		'',
		'`footbridge [options] <command>`, or `fb`. Every command talks to the running server of its data folder; without one it does the work itself.',
		'',
		...table('option', program.options.map(optionRow)),
		...commandsOf(program).flatMap((command) => [
			`## footbridge ${nameOf(command)}${command.registeredArguments.map((argument) => ` ${argumentName(argument)}`).join('')}`,
			'',
			sentence(command.description()),
			'',
			...table('argument', command.registeredArguments.filter(hasDescription).map(argumentRow)),
			...table('option', command.options.map(optionRow)),
		]),
		'## Exit codes',
		'',
		...table(
			'code',
			Object.values(exitCodes).map(({ code, says }) => [String(code), says] as const),
		),
		'## Output',
		'',
		'Results go to standard output, errors and progress to standard error. With `--json` a command prints one JSON object and nothing else.',
		'A pipe never gets colours or cursor movement. `NO_COLOR` and `FORCE_COLOR` are honoured.',
		'',
		'An error has a code, what happened, why, where, and what to do next: [all codes](errors.md).',
		'',
	].join('\n');
}

type Row = readonly [name: string, says: string];

/** Commands that do something, in the order of the program; a group stands for its commands. */
function commandsOf(program: Command): readonly Command[] {
	return program.commands.flatMap((command) => (command.commands.length === 0 ? [command] : [...command.commands]));
}

function nameOf(command: Command): string {
	const parent = command.parent;
	return parent === null || parent.parent === null ? command.name() : `${parent.name()} ${command.name()}`;
}

function table(what: string, rows: readonly Row[]): readonly string[] {
	if (rows.length === 0) return [];
	const cell = (text: string) => text.replaceAll('|', '\\|');
	return [`| ${what} | |`, '|---|---|', ...rows.map(([name, says]) => `| \`${cell(name)}\` | ${cell(says)} |`), ''];
}

function optionRow(option: Option): Row {
	const choices = option.argChoices === undefined ? '' : `: ${option.argChoices.join(', ')}`;
	const byDefault = option.defaultValue === undefined ? '' : ` (default: ${option.defaultValue})`;
	return [option.flags, `${option.description}${choices}${byDefault}`];
}

function argumentRow(argument: Argument): Row {
	const byDefault = argument.defaultValue === undefined ? '' : ` (default: ${argument.defaultValue})`;
	return [argumentName(argument), `${argument.description}${byDefault}`];
}

const hasDescription = (argument: Argument): boolean => argument.description !== '';

function argumentName(argument: Argument): string {
	return argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
}

function sentence(text: string): string {
	return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
