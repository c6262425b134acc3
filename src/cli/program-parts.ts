import { InvalidArgumentError, Option } from 'commander';
import type { CommandContext } from './command.ts';

/** Runs the command that `load` brings, and hands on its exit code. */
export type Run = <Given extends readonly unknown[]>(
	load: (given: Given, context: CommandContext) => Promise<number>,
) => (...given: unknown[]) => Promise<void>;

export const json = () => new Option('--json', 'print one JSON object');

/** An option that may be given several times. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
	return [...before, value];
}

export function wholeNumber(least: number, most: number): (text: string) => number {
	return (text) => {
		const number = Number(text);
		if (Number.isInteger(number) && number >= least && number <= most) return number;
		throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
	};
}
