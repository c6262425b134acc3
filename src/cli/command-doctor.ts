import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { problemOf } from '#core/result.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import type { Sandbox } from '#edge/sandbox/sandbox.ts';
import { type CommandContext, printJson } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { labelled } from './problem-lines.ts';
import { dataFolder } from './wire.ts';

/** One thing that was looked at. */
interface Check {
	readonly name: string;
	/** `needed` stops Footbridge; `good` takes something away. */
	readonly state: 'fine' | 'good' | 'needed';
	readonly says: string;
	/** The one command that mends it. */
	readonly command?: string;
}

const neededBytes = 1024 ** 3;

/** Says what of this machine works, what does not and why, and how to mend it. */
export async function doctorCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	const checks = (await Promise.all([tools(), tiers(), disk(dataFolder({ data: context.data }))])).flat();
	if (options.json === true) printJson(context, { checks });
	else {
		const { out } = context;
		const marks = { fine: ['green', '✓'], good: ['yellow', '!'], needed: ['red', '✕'] } as const;
		for (const { name, state, says, command } of checks) {
			const [colour, glyph] = marks[state];
			out.print(`${out.paint(colour, glyph)} ${out.paint('bold', name.padEnd(12))} ${says}`);
			if (command !== undefined) out.print(...labelled('mend', command, out));
		}
	}
	return checks.some((check) => check.state === 'needed') ? exitCodes.notRun.code : exitCodes.passed.code;
}

function tools(): Promise<readonly Check[]> {
	const isMac = process.platform === 'darwin';
	const install = (name: string) => (isMac ? `brew install ${name}` : `sudo apt-get install -y ${name}`);
	return Promise.all([
		Promise.resolve<Check>({ name: 'node', state: 'fine', says: `${process.version} runs Footbridge` }),
		tool('git', ['--version'], { state: 'needed', why: 'repositories are read with it', command: install('git') }),
		tool('bash', ['--version'], { state: 'good', why: '`shell: bash` will not work', command: install('bash') }),
		tool('python3', ['--version'], {
			state: 'good',
			why: '`shell: python` will not work',
			command: install(isMac ? 'python' : 'python3'),
		}),
		isMac
			? Promise.resolve<Check>({
					name: 'strace',
					state: 'fine',
					says: 'is for Linux: failures are explained without traces',
				})
			: tool('strace', ['-V'], {
					state: 'good',
					why: 'failures are explained without a trace of the failing step',
					command: install('strace'),
				}),
	]);
}

async function tool(
	name: string,
	args: readonly string[],
	missing: { readonly state: Check['state']; readonly why: string; readonly command: string },
): Promise<Check> {
	try {
		const { stdout, stderr } = await promisify(execFile)(name, args);
		return { name, state: 'fine', says: (stdout || stderr).trim().split('\n')[0] ?? '' };
	} catch {
		return { name, state: missing.state, says: `is not there: ${missing.why}`, command: missing.command };
	}
}

/** Where jobs can run here, and why not. */
async function tiers(): Promise<readonly Check[]> {
	const [disposable, host] = await Promise.all([disposableSandbox(), hostSandbox()].map(whyNot));
	const asRoot = process.getuid?.() === 0 ? {} : { command: `sudo ${process.argv[1] ?? 'footbridge'} up` };
	return [
		disposable === undefined
			? { name: 'disposable', state: 'fine', says: 'jobs get a copy-on-write copy of this machine' }
			: { name: 'disposable', state: 'good', says: `jobs run without isolation: ${disposable}`, ...asRoot },
		host === undefined
			? { name: 'host', state: 'fine', says: 'jobs can run as the present user, without isolation (--in host)' }
			: { name: 'host', state: disposable === undefined ? 'good' : 'needed', says: host },
	];
}

/** A machine so bare that not even this can be tried is told, too. */
function whyNot(sandbox: Sandbox): Promise<string | undefined> {
	return sandbox.available().catch((error: unknown) => problemOf(error).why ?? 'it could not be tried');
}

async function disk(folder: string): Promise<readonly Check[]> {
	let place = folder;
	while (!existsSync(place)) place = dirname(place);
	const { bavail, bsize } = await statfs(place);
	const free = bavail * bsize;
	const says = `${(free / 1024 ** 3).toFixed(1)} GiB free for ${folder}`;
	if (free >= neededBytes) return [{ name: 'disk', state: 'fine', says }];
	return [
		{ name: 'disk', state: 'good', says: `${says}: jobs need room`, command: `du -xh ${place} | sort -h | tail` },
	];
}
