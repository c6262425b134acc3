import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

keepCompiled();
// Whoever reads the output may stop reading: `footbridge logs | head`.
for (const stream of [process.stdout, process.stderr]) {
	stream.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code === 'EPIPE') process.exit(0);
		throw error;
	});
}
process.exitCode = await main(process.argv);

/** Compiled code is read from beside the code itself, never from a folder that others may write to, such as /tmp. */
function keepCompiled(): void {
	const folder = fileURLToPath(new URL('../../node_modules/.cache/footbridge', import.meta.url));
	enableCompileCache(folder);
	// bin/footbridge has set it, others have not: worker threads know it by this variable only.
	process.env['NODE_COMPILE_CACHE'] ??= folder;
}

async function main(argv: readonly string[]): Promise<number> {
	const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
		version: string;
	};
	// Imported late: what is imported before the compile cache is on is compiled at every start.
	const [{ CommanderError }, { createProgram }] = await Promise.all([import('commander'), import('./program.ts')]);
	let exitCode = 0;
	try {
		await createProgram(version, (code) => {
			exitCode = code;
		}).parseAsync([...argv]);
	} catch (error) {
		if (!(error instanceof CommanderError)) throw error;
		return error.exitCode;
	}
	return exitCode;
}
