import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-code.ts';

/** Starts the server and stays until Ctrl+C. */
export async function upCommand(options: { readonly port?: number }, context: CommandContext): Promise<number> {
	const { startServer } = await import('./wire.ts');
	const server = await startServer({
		...(context.data === undefined ? {} : { data: context.data }),
		...(options.port === undefined ? {} : { port: options.port }),
	});
	context.out.print(`Footbridge is up at ${context.out.paint('cyan', server.url)}`);
	context.err.print(context.err.paint('dim', 'Ctrl+C stops it. What is deployed goes on serving.'));
	await new Promise<void>((resolve) => {
		process.once('SIGINT', () => resolve());
		process.once('SIGTERM', () => resolve());
	});
	context.err.print('Stopping.');
	await server.close();
	return exitCodes.passed.code;
}
