import { tellLinks } from './access-links.ts';
import { createClient } from './client.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-code.ts';

export interface UpOptions {
	readonly port?: number;
	readonly host?: string;
	/** How others reach it. */
	readonly url?: string;
}

/** Starts the server and stays until Ctrl+C. */
export async function upCommand(options: UpOptions, context: CommandContext): Promise<number> {
	const { startServer } = await import('./wire.ts');
	const server = await startServer({
		...(context.data === undefined ? {} : { data: context.data }),
		...options,
	});
	context.out.print(`Footbridge is up at ${context.out.paint('cyan', server.url)}`);
	await tellLinks(createClient(server), context.out);
	context.err.print(context.err.paint('dim', 'Ctrl+C stops it. What is deployed goes on serving.'));
	await new Promise<void>((resolve) => {
		process.once('SIGINT', () => resolve());
		process.once('SIGTERM', () => resolve());
	});
	context.err.print('Stopping.');
	await server.close();
	return exitCodes.passed.code;
}
