import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '#cli/command.ts';
import { exitCodes } from '#cli/exit-code.ts';
import { type PushedBranch, pushedBranches } from './pushed-refs.ts';

/** What the pre-push hook runs: the workflows of each branch that is pushed. Any exit code but 0 refuses the push. */
export async function hooksPrePushCommand(context: CommandContext): Promise<number> {
	const branches = pushedBranches(await text(process.stdin));
	const { err } = context;
	if (!['', '0', undefined].includes(process.env['FOOTBRIDGE_SKIP'])) {
		err.print(err.paint('dim', 'footbridge: FOOTBRIDGE_SKIP is set, nothing was checked'));
		return exitCodes.passed.code;
	}
	for (const branch of branches) {
		if (!(await hasWorkflows(branch))) continue;
		const code = await run(branch, context);
		if (code === exitCodes.passed.code) continue;
		err.print(
			`${err.paint('red', '✕')} ${err.paint('bold', `the push of ${branch.name} was refused`)}: ${meaningOf(code)}`,
			`  ${err.paint('dim', 'why   ')} footbridge why @last`,
			`  ${err.paint('dim', 'anyway')} git push --no-verify, or FOOTBRIDGE_SKIP=1 git push`,
		);
		return code;
	}
	return exitCodes.passed.code;
}

function meaningOf(code: number): string {
	const meaning = Object.values(exitCodes).find((known) => known.code === code)?.says;
	return meaning ?? `footbridge run ended with ${code}`;
}

async function hasWorkflows({ sha }: PushedBranch): Promise<boolean> {
	const listed = await ended('git', ['ls-tree', '--name-only', sha, '--', '.github/workflows/'], { isRead: true });
	return /\.ya?ml$/m.test(listed.stdout);
}

/** A process of its own: its exit code is the answer, and git's variables of this push are not its business. */
async function run({ revision }: PushedBranch, { data, project }: CommandContext): Promise<number> {
	const main = fileURLToPath(new URL('../main.ts', import.meta.url));
	const own = [
		...(data === undefined ? [] : ['--data', data]),
		...(project === undefined ? [] : ['--project', project]),
	];
	const args = ['--disable-warning=ExperimentalWarning', main, ...own, 'run', '--at', revision, '--fail-fast'];
	return (await ended(process.execPath, args, { isRead: false })).code;
}

/** Variables by which git tells a hook of its repository; with them, git in another folder would look into this one. */
const gitOwn = [
	'GIT_DIR',
	'GIT_WORK_TREE',
	'GIT_INDEX_FILE',
	'GIT_PREFIX',
	'GIT_COMMON_DIR',
	'GIT_OBJECT_DIRECTORY',
	'GIT_INTERNAL_SUPER_PREFIX',
	'GIT_CONFIG_PARAMETERS',
	'GIT_CONFIG_COUNT',
	'GIT_ALTERNATE_OBJECT_DIRECTORIES',
	'GIT_QUARANTINE_PATH',
];

/** Output of a run goes to stderr: stdout of a push is for programs. */
function ended(
	command: string,
	args: readonly string[],
	{ isRead }: { readonly isRead: boolean },
): Promise<{ readonly code: number; readonly stdout: string }> {
	const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !gitOwn.includes(name)));
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {
			env: isRead ? process.env : env,
			stdio: ['ignore', isRead ? 'pipe' : process.stderr, process.stderr],
		});
		let stdout = '';
		child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
			stdout += chunk;
		});
		child.once('error', reject);
		child.once('close', (code) => resolve({ code: code ?? exitCodes.interrupted.code, stdout }));
	});
}
