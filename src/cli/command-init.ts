import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { isTelling, type RepositoryFiles } from '#core/starter/repository-folder.ts';
import { type Starter, starterFor } from '#core/starter/starter.ts';
import type { CommandContext } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { wrap } from './line-fit.ts';
import { rootAbove } from './lint/files.ts';
import type { Terminal } from './terminal.ts';

export interface InitOptions {
	/** Writes ci.yml also where there are workflows. */
	readonly force?: boolean;
	/** Prints the workflow and writes nothing. */
	readonly stdout?: boolean;
}

const target = '.github/workflows/ci.yml';

/** Writes a first workflow for the present folder's repository, and says what it was made from. */
export async function initCommand(options: InitOptions, context: CommandContext): Promise<number> {
	const root = rootAbove(process.cwd());
	const isPrinted = options.stdout === true;
	if (!isPrinted && options.force !== true) await refuseOverwrite(root);
	const starter = starterFor(await repositoryFiles(root));
	if (starter.text === undefined) throw nothingFound(root);
	if (isPrinted) {
		context.out.print(starter.text.trimEnd());
		context.err.print(...foundLines(starter, context.err));
		return exitCodes.passed.code;
	}
	const file = join(root, target);
	await mkdir(dirname(file), { recursive: true });
	await writeFile(file, starter.text, options.force === true ? {} : { flag: 'wx' });
	const { out } = context;
	const jobs = starter.jobs.length === 1 ? 'one job' : `${starter.jobs.length} jobs`;
	const shown = relative(process.cwd(), file) || file;
	out.print(
		...foundLines(starter, out),
		'',
		`${out.paint('green', '✓')} wrote ${out.paint('bold', shown)} with ${jobs}`,
	);
	out.print(`  ${out.paint('dim', 'next  ')} footbridge run`);
	return exitCodes.passed.code;
}

async function refuseOverwrite(root: string): Promise<void> {
	const folder = join(root, '.github/workflows');
	const names = existsSync(folder) ? (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort() : [];
	const [first] = names;
	if (first === undefined) return;
	throw new ProblemError({
		code: 'FB0120',
		what: 'The repository has workflows already',
		where: names.map((name) => `.github/workflows/${name}`).join(', '),
		next: names.includes(basename(target))
			? 'footbridge run; or `footbridge init --force` to replace ci.yml, `--stdout` to see what it would be'
			: 'footbridge run; or `footbridge init --force` to add ci.yml, `--stdout` to see what it would be',
	});
}

function nothingFound(root: string): ProblemError {
	return new ProblemError({
		code: 'FB0121',
		what: 'Nothing was found that a workflow could check',
		why: 'Known are Node, Python, Go, Rust, Java (Maven, Gradle), C and C++ (CMake, Meson, autotools) and Makefiles, here and one folder down',
		where: root,
		next: 'write .github/workflows/ci.yml by hand: docs/workflows.md',
	});
}

function foundLines({ jobs }: Starter, { columns, paint }: Pick<Terminal, 'columns' | 'paint'>): readonly string[] {
	const width = Math.max(...jobs.map(({ language }) => language.length));
	return jobs.flatMap(({ language, folder, because }) => {
		const text = [...(folder === '.' ? [] : [`in ${folder}`]), ...because].join('; ');
		const [first = '', ...rest] = wrap(text, columns - width - 4);
		const indent = ' '.repeat(width + 4);
		return [`  ${paint('bold', language.padEnd(width))}  ${first}`, ...rest.map((line) => indent + line)];
	});
}

const maxBytes = 256 * 1024;
const maxFolders = 200;

/** The names of the root and of the folders in it, and the texts that tell how they are built. */
async function repositoryFiles(root: string): Promise<RepositoryFiles> {
	const paths: string[] = [];
	const top = await readdir(root, { withFileTypes: true });
	const folders = top.filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name));
	paths.push(...top.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)));
	for (const { name } of folders.slice(0, maxFolders)) {
		const entries = await readdir(join(root, name), { withFileTypes: true }).catch(() => []);
		paths.push(...entries.map((entry) => `${name}/${entry.name}${entry.isDirectory() ? '/' : ''}`));
		// Tests of Python lie a level deeper.
		const tests = entries.find((entry) => entry.isDirectory() && entry.name === 'tests');
		if (tests === undefined) continue;
		const inTests = await readdir(join(root, name, 'tests')).catch(() => []);
		paths.push(...inTests.map((file) => `${name}/tests/${file}`));
	}
	const telling = paths.filter((path) => isTelling(basename(path)));
	const texts = await Promise.all(telling.map(async (path) => [path, await textOf(join(root, path))] as const));
	return { paths, texts: new Map(texts.filter((entry): entry is readonly [string, string] => entry[1] !== undefined)) };
}

async function textOf(path: string): Promise<string | undefined> {
	const { size } = await stat(path).catch(() => ({ size: maxBytes + 1 }));
	return size > maxBytes ? undefined : readFile(path, 'utf8');
}
