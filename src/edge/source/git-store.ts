import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { git } from '../git-command.ts';
import { findRepository } from './git-place.ts';

/** A repository as Footbridge reads it: through a bare repository of its own, whose configuration is ours and whose objects are its own plus the repository's. */
export interface OpenRepository {
	/** Git directory of the repository itself. */
	readonly gitDirectory: string;
	/** What its linked work trees share; the same where there are none. */
	readonly commonDirectory: string;
	/** Absent for a bare repository. */
	readonly workTree?: string;
	/** Our bare repository. */
	readonly own: string;
	/** The index of the work tree. */
	readonly index: string;
}

/** Gives repositories by their paths, our own for each below `directory`; throws FB0152 where there is none. */
export function repositories(directory: string): Repositories {
	const located = remembered((path) => locate(path));
	const made = remembered(async (own, { objects, format }: Located) => makeOwn(own, objects, format));
	const open = async (path: string): Promise<OpenRepository> => {
		const place = await located(path, undefined);
		const own = join(directory, createHash('sha256').update(place.objects).digest('hex').slice(0, 24));
		await made(own, place);
		// These may change while Footbridge runs.
		await Promise.all([
			mirror(place.shallow, join(own, 'shallow')),
			mirror(place.exclude, join(own, 'info', 'exclude')),
			mirror(place.attributes, join(own, 'info', 'attributes')),
		]);
		const { gitDirectory, index, workTree } = place;
		const commonDirectory = dirname(place.objects);
		return { gitDirectory, commonDirectory, own, index, ...(workTree === undefined ? {} : { workTree }) };
	};
	return { open, gitDirectory: async (path) => (await located(path, undefined)).gitDirectory };
}

/** The repositories that Footbridge reads, by their paths. */
interface Repositories {
	/** With our own for it ready. */
	open(path: string): Promise<OpenRepository>;
	/** Its own git directory, for its refs. */
	gitDirectory(path: string): Promise<string>;
}

/** Does a thing once for each key, also when it is asked for twice at the same time; a failure is tried again. */
function remembered<T, Argument>(make: (key: string, argument: Argument) => Promise<T>) {
	const known = new Map<string, Promise<T>>();
	return (key: string, argument: Argument): Promise<T> => {
		const earlier = known.get(key);
		if (earlier !== undefined) return earlier;
		const making = make(key, argument);
		known.set(key, making);
		making.catch(() => known.delete(key));
		return making;
	};
}

interface Located {
	readonly gitDirectory: string;
	readonly workTree: string | undefined;
	readonly format: string;
	readonly objects: string;
	readonly index: string;
	readonly shallow: string;
	readonly exclude: string;
	readonly attributes: string;
}

async function locate(path: string): Promise<Located> {
	const found = await findRepository(path);
	if (!found.ok) throw new ProblemError({ what: 'git has nothing to read', ...found.error[0], code: 'FB0152' });
	const { gitDir, workTree } = found.value;
	const kept = ['objects', 'index', 'shallow', 'info/exclude', 'info/attributes'];
	const args = ['rev-parse', '--show-object-format', ...kept.flatMap((name) => ['--git-path', name])];
	const [format = 'sha1', ...paths] = (await git({ gitDir, cwd: gitDir, args })).trimEnd().split('\n');
	const [objects = '', index = '', shallow = '', exclude = '', attributes = ''] = paths.map((name) =>
		resolve(gitDir, name),
	);
	return { gitDirectory: gitDir, workTree, format, objects, index, shallow, exclude, attributes };
}

async function makeOwn(own: string, objects: string, format: string): Promise<void> {
	const alternates = join(own, 'objects', 'info', 'alternates');
	if ((await readFile(alternates, 'utf8').catch(() => undefined)) === `${objects}\n`) return;
	await git({ args: ['init', '--quiet', '--bare', '--template=', `--object-format=${format}`, own] });
	await mkdir(join(own, 'objects', 'info'), { recursive: true });
	await mkdir(join(own, 'info'), { recursive: true });
	// Last, because its presence says that all of the above was done.
	await writeFile(`${alternates}.new`, `${objects}\n`);
	await rename(`${alternates}.new`, alternates);
}

/** Makes a small file the same as another, whole at every moment, or removes it when the other is gone. */
async function mirror(from: string, to: string): Promise<void> {
	const [wanted, has] = await Promise.all([from, to].map((file) => readFile(file).catch(() => undefined)));
	if (wanted === undefined) {
		if (has !== undefined) await rm(to, { force: true });
	} else if (has === undefined || !wanted.equals(has)) {
		const temporary = `${to}.${randomUUID()}`;
		await writeFile(temporary, wanted);
		await rename(temporary, to);
	}
}
