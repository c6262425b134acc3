import { posix } from 'node:path';
import { TarWalk } from './tar-walk.ts';

/**
 * Lets an archive through as long as every entry lies in one of the folders that it was made for, and is a file, a folder or a link.
 * Nothing is written through a link that the archive itself brings. Throws at the first entry that is otherwise: what follows is
 * not let through, nor is the entry itself.
 */
export async function* guardedTar(
	archive: AsyncIterable<Uint8Array>,
	{ folders, cwd }: { readonly folders: readonly string[]; readonly cwd: string },
): AsyncGenerator<Uint8Array> {
	const links = new Set<string>();
	const lies = (path: string) =>
		folders.some((folder) => path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`));
	const refuse = (name: string, why: string): never => {
		throw new Error(`the cache is refused: ${JSON.stringify(name.slice(0, 200))} ${why}`);
	};
	const walk = new TarWalk({
		entry({ name, kind, target }) {
			const path = posix.resolve(cwd, name);
			if (name.includes('\0') || !lies(path)) refuse(name, 'is not in a folder of the step');
			if (kind === 'other') refuse(name, 'is a device, or something else that no cache has');
			if (kind === 'link' && !lies(posix.resolve(cwd, target))) refuse(name, 'is a link to what is not in the cache');
			for (let above = posix.dirname(path); above !== '/' && above !== '.'; above = posix.dirname(above))
				if (links.has(above)) refuse(name, 'lies behind a link of the cache');
			if (kind === 'symlink') links.add(path);
			else if (kind === 'folder' && links.has(path)) refuse(name, 'is a link and a folder');
		},
		content: () => {},
	});
	for await (const chunk of archive) {
		walk.push(chunk);
		yield chunk;
	}
	walk.end();
}
