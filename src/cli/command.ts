import { ProblemError, problemOf } from '#core/result.ts';
import { type Client, createClient, RefusedError } from './client.ts';
import { exitCodeOfProblem, exitCodes } from './exit-code.ts';
import { problemLines } from './problem-lines.ts';
import type { Terminal } from './terminal.ts';

/** What every command gets. */
export interface CommandContext {
	/** Results. */
	readonly out: Terminal;
	/** Errors, and progress where the result is JSON. */
	readonly err: Terminal;
	/** The data folder that was asked for. */
	readonly data: string | undefined;
	/** The server elsewhere that was asked for. */
	readonly server?: string | undefined;
	/** The project that was asked for; absent: the one of the present folder. */
	readonly project: string | undefined;
}

/** Opens Footbridge for the time of `use`. */
export async function withClient<T>(context: CommandContext, use: (client: Client) => Promise<T>): Promise<T> {
	const { openFootbridge } = await import('./wire.ts');
	const footbridge = await openFootbridge({ data: context.data, server: context.server });
	try {
		return await use(createClient(footbridge));
	} finally {
		await footbridge.close();
	}
}

/** Runs a command to its exit code. What goes wrong is told in its four parts; a bug with its stack besides, to be reported. */
export async function exitCodeOf(context: CommandContext, command: () => Promise<number>): Promise<number> {
	try {
		return await command();
	} catch (error) {
		const problems = error instanceof RefusedError ? error.problems : [problemOf(error)];
		context.err.print(...problems.flatMap((problem) => problemLines(problem, context.err)));
		const isExpected = error instanceof RefusedError || error instanceof ProblemError;
		if (!isExpected && error instanceof Error) context.err.print(context.err.paint('dim', error.stack ?? ''));
		return problems[0] === undefined ? exitCodes.notRun.code : exitCodeOfProblem(problems[0]);
	}
}

/** Prints a value as the one JSON text of a command. */
export function printJson(context: CommandContext, value: unknown): void {
	context.out.print(JSON.stringify(value, null, '\t'));
}
