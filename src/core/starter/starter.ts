import { detectC, detectGo, detectJava, detectMake, detectRust } from './detect-compiled.ts';
import { detectNode } from './detect-node.ts';
import { detectPython } from './detect-python.ts';
import { foldersOf, type RepositoryFiles, type RepositoryFolder } from './repository-folder.ts';
import type { Detector, StarterJob } from './starter-job.ts';
import { starterText } from './starter-text.ts';

/** A first workflow for a repository, and what it was made from. */
export interface Starter {
	readonly jobs: readonly StarterJob[];
	/** The workflow file; undefined when nothing was found that can be checked. */
	readonly text: string | undefined;
}

/** Makes a first workflow from what a repository holds: a job for each language, in the root or one level down. */
export function starterFor(files: RepositoryFiles): Starter {
	const folders = foldersOf(files);
	const jobs = [...detectors.flatMap((detect) => inRootOrBelow(detect, folders)), ...makefiles(folders)];
	const useful = jobs
		.filter(({ steps }) => steps.length > 0)
		.sort(
			(a, b) => folders.findIndex(({ path }) => path === a.folder) - folders.findIndex(({ path }) => path === b.folder),
		);
	const checkout = {
		submodules: files.texts.has('.gitmodules'),
		lfs: /filter=lfs/.test(files.texts.get('.gitattributes') ?? ''),
	};
	return { jobs: useful, text: useful.length === 0 ? undefined : starterText(useful, checkout) };

	function makefiles(all: readonly RepositoryFolder[]): readonly StarterJob[] {
		const taken = new Set(detectors.flatMap((detect) => inRootOrBelow(detect, all)).map(({ folder }) => folder));
		const found = inRootOrBelow(
			detectMake,
			all.filter(({ path }) => !taken.has(path)),
		);
		// A Makefile above others mostly goes into their folders.
		return taken.size > 0 ? found.filter(({ folder }) => folder !== '.') : found;
	}
}

const detectors: readonly Detector[] = [detectNode, detectPython, detectGo, detectRust, detectJava, detectC];

/** A build of the root knows its parts (workspaces, modules): only without one are the folders below builds of their own. */
function inRootOrBelow(detect: Detector, folders: readonly RepositoryFolder[]): readonly StarterJob[] {
	const found = folders.flatMap((folder) => detect(folder) ?? []);
	const inRoot = found.filter(({ folder, steps }) => folder === '.' && steps.length > 0);
	return inRoot.length > 0 ? inRoot : found;
}
