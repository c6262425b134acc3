import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ProblemError } from '#core/result.ts';
import { type CommandContext, printJson } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { type HookPlace, hookCommand, hookPlace } from './hooks/place.ts';
import { hookScript, isOurHook } from './hooks/script.ts';
import { labelled } from './problem-lines.ts';

/** Puts the pre-push hook in; a hook that is there stays, and is called first. */
export async function hooksInstallCommand(context: CommandContext): Promise<number> {
	const place = await hookPlace(process.cwd());
	refuseForeign(place);
	const before = await textOf(place.file);
	const isNew = before === undefined || !isOurHook(before);
	if (isNew && before !== undefined) {
		if ((await textOf(place.previous)) !== undefined) throw twoBefore(place);
		await rename(place.file, place.previous);
	}
	const program = fileURLToPath(new URL('../../bin/footbridge', import.meta.url));
	await mkdir(place.folder, { recursive: true });
	await writeFile(place.file, hookScript(program, context.data));
	await chmod(place.file, 0o755);
	const { out } = context;
	out.print(`${out.paint('green', '✓')} ${isNew ? 'installed' : 'renewed'} ${out.paint('bold', shown(place.file))}`);
	if (isNew && before !== undefined) {
		out.print(...labelled('first', `the hook that was there: now ${shown(place.previous)}`, out));
	}
	if (place.scope !== undefined) {
		out.print(...labelled('note', `core.hooksPath names this folder: whoever shares it has the hook, too`, out));
	}
	out.print(...labelled('then', 'git push runs the workflows of what is pushed, and is refused when they fail', out));
	out.print(...labelled('past', 'git push --no-verify, or FOOTBRIDGE_SKIP=1 git push', out));
	return exitCodes.passed.code;
}

/** Takes the hook out and puts the one before back. */
export async function hooksUninstallCommand(context: CommandContext): Promise<number> {
	const place = await hookPlace(process.cwd());
	const { out } = context;
	const text = await textOf(place.file);
	if (text === undefined || !isOurHook(text)) {
		out.print(`There is no hook of Footbridge in ${shown(place.folder)}.`);
		return exitCodes.passed.code;
	}
	await rm(place.file);
	const hadOne = (await textOf(place.previous)) !== undefined;
	if (hadOne) await rename(place.previous, place.file);
	out.print(`${out.paint('green', '✓')} took the hook out of ${out.paint('bold', shown(place.folder))}`);
	if (hadOne) out.print(...labelled('again', `${shown(place.file)} is the hook that was there before`, out));
	return exitCodes.passed.code;
}

/** Says whether the hook is in; exit code 1 when it is not. */
export async function hooksStatusCommand(
	options: { readonly json?: boolean },
	context: CommandContext,
): Promise<number> {
	const place = await hookPlace(process.cwd());
	const text = await textOf(place.file);
	const installed = text !== undefined && isOurHook(text);
	const called = place.manager !== undefined && (await managerCalls(place));
	const chained = installed && (await textOf(place.previous)) !== undefined;
	const { out } = context;
	if (options.json === true) {
		printJson(context, {
			schema: 'footbridge.hooks/1',
			installed: installed || called,
			file: place.file,
			chained,
			manager: place.manager?.name ?? null,
		});
	} else if (installed || called) {
		const where = installed ? shown(place.file) : (place.manager?.name ?? '');
		out.print(`${out.paint('green', '✓')} git push runs the workflows first ${out.paint('dim', `(${where})`)}`);
		if (chained) out.print(...labelled('first', shown(place.previous), out));
	} else {
		out.print(`${out.paint('gray', '○')} git push runs nothing of Footbridge`);
		out.print(...labelled('next', place.manager?.add ?? 'footbridge hooks install', out));
	}
	return installed || called ? exitCodes.passed.code : exitCodes.failed.code;
}

/** Hooks that are not this repository's own are not ours to change. */
function refuseForeign({ manager, scope, folder, file }: HookPlace): void {
	if (manager !== undefined) {
		throw new ProblemError({
			code: 'FB0122',
			what: `The hooks of this repository belong to ${manager.name}`,
			why: 'It writes them anew, and ours would be lost',
			where: folder,
			next: manager.add,
		});
	}
	if (scope === undefined || scope === 'local' || scope === 'worktree') return;
	throw new ProblemError({
		code: 'FB0123',
		what: 'The hooks folder is that of all repositories of this machine',
		why: `core.hooksPath is set in the ${scope} configuration of git`,
		where: folder,
		next: `add the line to ${file}: ${hookCommand}`,
	});
}

function twoBefore({ file, previous }: HookPlace): ProblemError {
	return new ProblemError({
		code: 'FB0124',
		what: 'There are two hooks that were there before',
		why: `something replaced the hook of Footbridge, and ${previous} is still there`,
		where: file,
		next: `put both into one file, and remove ${previous}`,
	});
}

/** Whether what another program runs mentions us. */
async function managerCalls({ root, file, manager }: HookPlace): Promise<boolean> {
	if (manager?.name !== 'husky') return /footbridge hooks pre-push/.test((await textOf(file)) ?? '');
	return /footbridge hooks pre-push/.test((await textOf(`${root}/.husky/pre-push`)) ?? '');
}

async function textOf(file: string): Promise<string | undefined> {
	try {
		return await readFile(file, 'utf8');
	} catch {
		return undefined;
	}
}

function shown(path: string): string {
	const short = relative(process.cwd(), path);
	return short === '' || short.startsWith('..') ? path : short;
}
