import { signInLink } from './access-links.ts';
import { type CommandContext, withClient } from './command.ts';
import { exitCodes } from './exit-code.ts';

/** Prints a link that signs the owner of this machine in once. */
export async function linkCommand(context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		if (client.url === undefined) {
			context.err.print('There is no server, and so no page.  footbridge up');
			return exitCodes.notRun.code;
		}
		context.out.print(await signInLink(client));
		context.err.print(context.err.paint('dim', 'It works once, within an hour.'));
		return 0;
	});
}
