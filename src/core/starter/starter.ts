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
	const built = detectors.flatMap((detect) => inRootOrBelow(detect, folders));
	const order = new Map(folders.map(({ path }, index) => [path, index]));
	const orderOf = ({ folder }: StarterJob) => order.get(folder) ?? 0;
	const jobs = [...built, ...makefiles(folders, built)]
		.filter(({ steps }) => steps.length > 0)
		.sort((a, b) => orderOf(a) - orderOf(b));
	const checkout = {
		submodules: files.texts.has('.gitmodules'),
		lfs: /filter=lfs/.test(files.texts.get('.gitattributes') ?? ''),
	};
	return { jobs, text: jobs.length === 0 ? undefined : starterText(jobs, checkout) };
}

/** Makefiles where nothing else builds. One above other builds mostly goes into their folders: it would do their work twice. */
function makefiles(folders: readonly RepositoryFolder[], built: readonly StarterJob[]): readonly StarterJob[] {
	const taken = new Set(built.map(({ folder }) => folder));
	const free = folders.filter(({ path }) => !taken.has(path) && !(path === '.' && taken.size > 0));
	return inRootOrBelow(detectMake, free);
}

const detectors: readonly Detector[] = [detectNode, detectPython, detectGo, detectRust, detectJava, detectC];

/** A build of the root knows its parts (workspaces, modules): only without one are the folders below builds of their own. */
function inRootOrBelow(detect: Detector, folders: readonly RepositoryFolder[]): readonly StarterJob[] {
	const found = folders.flatMap((folder) => detect(folder) ?? []);
	const inRoot = found.filter(({ folder, steps }) => folder === '.' && steps.length > 0);
	return inRoot.length > 0 ? inRoot : found;
}
