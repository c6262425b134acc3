import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { git } from './git-command.ts';

/** A repository as Footbridge reads it: through a bare repository of its own, whose configuration is ours and whose objects are its own plus the repository's. */
export interface OpenRepository {
	/** Git directory of the repository itself. */
	readonly gitDirectory: string;
	/** Absent for a bare repository. */
	readonly workTree?: string;
	/** Our bare repository. */
	readonly own: string;
	/** The index of the work tree. */
	readonly index: string;
}

/**
 * Finds a repository and makes our own for it ready, below `directory`; throws FB0152 where there is none.
 * Not to be called twice at once for one repository.
 */
export async function openRepository(path: string, directory: string): Promise<OpenRepository> {
	const asked = ['--is-bare-repository', '--absolute-git-dir', '--show-object-format'];
	const kept = ['objects', 'index', 'shallow', 'info/exclude', 'info/attributes'];
	const answer = await git({
		cwd: path,
		args: ['rev-parse', ...asked, ...kept.flatMap((name) => ['--git-path', name])],
	});
	const [isBare, gitDirectory = '', format = 'sha1', ...found] = answer.trimEnd().split('\n');
	const [objects = '', index = '', shallow = '', exclude = '', attributes = ''] = found.map((name) =>
		resolve(path, name),
	);
	const own = join(directory, createHash('sha256').update(objects).digest('hex').slice(0, 24));
	await makeOwn(own, objects, format);
	await Promise.all([
		mirror(shallow, join(own, 'shallow')),
		mirror(exclude, join(own, 'info', 'exclude')),
		mirror(attributes, join(own, 'info', 'attributes')),
	]);
	const workTree =
		isBare === 'true' ? undefined : (await git({ cwd: path, args: ['rev-parse', '--show-toplevel'] })).trimEnd();
	return { gitDirectory, own, index, ...(workTree === undefined ? {} : { workTree }) };
}

async function makeOwn(own: string, objects: string, format: string): Promise<void> {
	const alternates = join(own, 'objects', 'info', 'alternates');
	if ((await readFile(alternates, 'utf8').catch(() => undefined)) === `${objects}\n`) return;
	await git({ args: ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, own] });
	await git({ args: ['--git-dir', own, 'config', 'uploadpack.allowAnySHA1InWant', 'true'] });
	await mkdir(join(own, 'objects', 'info'), { recursive: true });
	await mkdir(join(own, 'info'), { recursive: true });
	// Last, because its presence says that all of the above was done.
	await writeFile(`${alternates}.new`, `${objects}\n`);
	await rename(`${alternates}.new`, alternates);
}

/** Copies a small file, or removes the copy when the original is gone. */
async function mirror(from: string, to: string): Promise<void> {
	try {
		await copyFile(from, to);
	} catch {
		await rm(to, { force: true });
	}
}
