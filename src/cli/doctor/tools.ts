import { execFile } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Check, installs } from './check.ts';
import { isOlder, weaknessesOf } from './git-advisories.ts';
import { programPath } from './program-path.ts';

/** The programs that Footbridge itself starts. */
export function toolChecks(): Promise<readonly Check[]> {
	const isMac = process.platform === 'darwin';
	return Promise.all([
		Promise.resolve<Check>({ name: 'node', state: 'fine', says: `${process.version} runs Footbridge` }),
		Promise.resolve(npm()),
		git(),
		tool('bash', ['--version'], { state: 'good', why: '`shell: bash` will not work', command: installs('bash') }),
		tool('python3', ['--version'], {
			state: 'good',
			why: '`shell: python` will not work',
			command: installs('python3', 'python'),
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
					command: installs('strace'),
				}),
	]);
}

/** Its version stands in its manifest: starting npm takes longer than all other checks together. */
function npm(): Check {
	const program = programPath('npm');
	if (program === undefined)
		return {
			name: 'npm',
			state: 'good',
			says: 'is not there: steps that call npm fail',
			command: installs('npm', 'node'),
		};
	try {
		const manifest = join(dirname(realpathSync(program)), '../package.json');
		const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version?: string };
		return { name: 'npm', state: 'fine', says: version === undefined ? program : `${version} (${program})` };
	} catch {
		return { name: 'npm', state: 'fine', says: program };
	}
}

const oldestGit = '2.39.0';
const soundGit = '2.45.1';

async function git(): Promise<Check> {
	const found = await tool('git', ['--version'], {
		state: 'needed',
		why: 'repositories are read with it',
		command: installs('git'),
	});
	const version = /\d+\.\d+(\.\d+)?/.exec(found.says)?.[0];
	if (found.state !== 'fine' || version === undefined) return found;
	const upgrade = process.platform === 'darwin' ? 'brew upgrade git' : 'sudo apt-get install -y --only-upgrade git';
	if (isOlder(version, oldestGit)) {
		return {
			name: 'git',
			state: 'needed',
			says: `${version} is older than ${oldestGit}: repositories cannot be read safely`,
			command: upgrade,
		};
	}
	const weaknesses = weaknessesOf(version);
	if (weaknesses.length === 0 && !isOlder(version, soundGit)) return found;
	const list = weaknesses.map(({ name, what }) => `${name} (${what})`).join('; ');
	const known =
		list === '' ? `older than ${soundGit}` : `by its number it has ${list}; your distribution may have mended it`;
	return { name: 'git', state: 'good', says: `${version}: ${known}`, command: upgrade };
}

async function tool(
	name: string,
	args: readonly string[],
	missing: { readonly state: Check['state']; readonly why: string; readonly command: string },
): Promise<Check> {
	try {
		const { stdout, stderr } = await promisify(execFile)(name, args, { timeout: 5000 });
		return { name, state: 'fine', says: (stdout || stderr).trim().split('\n')[0] ?? '' };
	} catch {
		return { name, state: missing.state, says: `is not there: ${missing.why}`, command: missing.command };
	}
}
