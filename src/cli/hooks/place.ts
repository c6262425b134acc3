import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { ProblemError } from '#core/result.ts';

/** Where the pre-push hook of the present folder's repository is. */
export interface HookPlace {
	/** Top of the work tree; of a bare repository, its folder. */
	readonly root: string;
	/** The folder that git takes hooks from, `core.hooksPath` honoured. */
	readonly folder: string;
	readonly file: string;
	/** The hook that was there before, which ours calls first. */
	readonly previous: string;
	/** Where `core.hooksPath` is set: `local`, `global` ...; absent: nowhere. */
	readonly scope?: string;
	/** Another program that owns the hooks of this repository. */
	readonly manager?: HookManager;
}

export interface HookManager {
	readonly name: string;
	/** What makes it call Footbridge. */
	readonly add: string;
}

/** Asks git; FB0150 when there is no repository. */
export async function hookPlace(folder: string): Promise<HookPlace> {
	const [gitFolder, hooks] = await linesOf(folder, 'rev-parse', '--absolute-git-dir', '--git-path', 'hooks');
	if (gitFolder === undefined || hooks === undefined) {
		throw new ProblemError({
			code: 'FB0150',
			what: 'There is no git repository here',
			where: folder,
			next: 'git init, or change to the folder of one',
		});
	}
	const [[top], [configured]] = await Promise.all([
		linesOf(folder, 'rev-parse', '--show-toplevel'),
		linesOf(folder, 'config', '--show-scope', '--get', 'core.hooksPath'),
	]);
	const root = top === undefined || top === '' ? gitFolder : top;
	const place = resolve(folder, hooks);
	const file = join(place, 'pre-push');
	const manager = managerOf(root, place);
	const scope = configured?.split('\t')[0];
	return {
		root,
		folder: place,
		file,
		previous: `${file}.before-footbridge`,
		...(scope === undefined || scope === '' ? {} : { scope }),
		...(manager === undefined ? {} : { manager }),
	};
}

/** The command that a hook of another program runs. */
export const hookCommand = 'footbridge hooks pre-push "$@"';

const lefthookFiles = ['lefthook', '.lefthook'].flatMap((name) =>
	['yml', 'yaml', 'toml', 'json'].map((end) => `${name}.${end}`),
);

/** Programs that write hooks anew: what is put beside theirs is lost at their next turn. */
function managerOf(root: string, folder: string): HookManager | undefined {
	if (existsSync(join(root, '.husky')) || /[\\/]\.husky([\\/]|$)/.test(folder)) {
		return { name: 'husky', add: `echo '${hookCommand}' >> .husky/pre-push` };
	}
	const lefthook = lefthookFiles.find((name) => existsSync(join(root, name)));
	if (lefthook !== undefined) {
		const add = `add to ${lefthook}: pre-push: {commands: {footbridge: {run: footbridge hooks pre-push, use_stdin: true}}}; then lefthook install`;
		return { name: 'lefthook', add };
	}
	if (hasSimpleGitHooks(join(root, 'package.json'))) {
		return {
			name: 'simple-git-hooks',
			add: 'add to "simple-git-hooks" of package.json: "pre-push": "footbridge hooks pre-push"; then npx simple-git-hooks',
		};
	}
	return undefined;
}

function hasSimpleGitHooks(file: string): boolean {
	try {
		return 'simple-git-hooks' in (JSON.parse(readFileSync(file, 'utf8')) as object);
	} catch {
		return false;
	}
}

async function linesOf(folder: string, ...args: readonly string[]): Promise<readonly string[]> {
	try {
		const { stdout } = await promisify(execFile)('git', ['-C', folder, ...args]);
		return stdout.replace(/\n$/, '').split('\n');
	} catch {
		return [];
	}
}
