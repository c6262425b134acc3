import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Volume } from '#core/container/volume.ts';

/** Footbridge's Node, with all that it needs of this machine, as a container of any image sees it. */
export interface ContainerRuntime {
	readonly volumes: readonly Volume[];
	/** Folder of Node on this machine. */
	readonly machine: string;
	/** Folder with a `node` that runs in any image that has a shell. */
	readonly bin: string;
	/** What starts Node in any image. */
	readonly node: readonly string[];
	/** What starts the holder. */
	readonly holder: readonly string[];
}

/** Where a container finds what Footbridge brings, as on GitHub. */
const place = '/__e';

/** Keeps in `folder` what Node needs of this machine's libraries: with them it runs in images that have others, or none. */
export function containerRuntime(folder: string): ContainerRuntime {
	const objects = sharedObjects();
	const loader = objects.find((path) => /^ld[-.]/.test(basename(path)));
	if (loader === undefined) throw new Error('this Node does not say what it is loaded with');
	const [lib, bin] = [`${place}/lib`, `${place}/bin`];
	const machine = dirname(process.execPath);
	const start = [`${lib}/${basename(loader)}`, '--library-path', lib, `${place}/node/${basename(process.execPath)}`];
	const node = [...start, '--require', `${bin}/exec-path.cjs`];
	const kept = join(folder, `node-${process.version}-${process.arch}`);
	if (!existsSync(kept)) {
		makeWhole(kept, (temporary) => {
			for (const name of ['lib', 'bin']) mkdirSync(join(temporary, name));
			for (const path of objects) copyFileSync(path, join(temporary, 'lib', basename(path)));
			writeFileSync(join(temporary, 'bin/node'), `#!/bin/sh\nexec ${node.join(' ')} "$@"\n`, { mode: 0o755 });
			// Programs that start Node again ask it where it is, and the loader is not the answer.
			writeFileSync(join(temporary, 'bin/exec-path.cjs'), `process.execPath = '${bin}/node';\n`);
		});
	}
	const shown = (source: string, target: string): Volume => ({ kind: 'folder', source, target, isReadOnly: true });
	return {
		volumes: [
			shown(machine, `${place}/node`),
			shown(join(kept, 'lib'), lib),
			shown(join(kept, 'bin'), bin),
			shown(dirname(import.meta.dirname), `${place}/footbridge`),
		],
		machine,
		bin,
		node,
		holder: [...start, '--no-warnings', `${place}/footbridge/${basename(import.meta.dirname)}/container-holder.ts`],
	};
}

function sharedObjects(): readonly string[] {
	const report = process.report.getReport() as { readonly sharedObjects?: readonly string[] };
	return (report.sharedObjects ?? []).filter((path) => path.startsWith('/') && !path.endsWith('.node'));
}

/** In one step, so that nobody finds half of it. */
function makeWhole(path: string, fill: (temporary: string) => void): void {
	mkdirSync(dirname(path), { recursive: true });
	const temporary = mkdtempSync(`${path}-`);
	fill(temporary);
	try {
		renameSync(temporary, path);
	} catch (error) {
		rmSync(temporary, { recursive: true, force: true });
		if (!existsSync(path)) throw error;
	}
}
