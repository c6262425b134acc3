import type { Blob } from '#edge/blob/blob.ts';
import type { RunRow } from '#edge/store/store.ts';
import { type ArtifactShelf, openArtifacts } from './artifacts.ts';
import { type CacheShelf, openCaches } from './caches.ts';
import { abandonedMs, type StoragePorts } from './storage-ports.ts';

/** What jobs keep beyond their room: artifacts for people and later jobs, caches for later runs. */
export interface Storage {
	readonly artifacts: ArtifactShelf;
	readonly caches: CacheShelf;
	/** What a client may download by its id, whichever of the two it is. */
	content(project: string, blob: string): Promise<Blob | undefined>;
	/** Gives up an upload; a content that something was made of stays. */
	abandon(blob: string): Promise<void>;
	/** A run of a project by its id or its number. */
	findRun(project: string, name: string): Promise<RunRow | undefined>;
	/** Removes what has had its time, uploads that nobody goes on with, and contents that were nobody's the last time either. */
	tidy(): Promise<void>;
}

/** Opens the storage of one process: it is the only one that writes the streams of artifacts and caches. */
export function openStorage(ports: StoragePorts): Storage {
	const artifacts = openArtifacts(ports);
	const caches = openCaches(ports);
	let suspects: ReadonlySet<string> = new Set();
	return {
		artifacts,
		caches,
		async content(project, blob) {
			const entry = await caches.withBlob(project, blob);
			return entry === undefined ? ports.blobs.open(blob) : caches.content(project, entry);
		},
		async abandon(blob) {
			if ((await ports.blobs.open(blob)) === undefined) await ports.blobs.remove(blob);
		},
		async findRun(project, name) {
			let before: number | undefined;
			while (true) {
				const page = await ports.store.runs({ project, limit: 500, ...(before === undefined ? {} : { before }) });
				const found = page.find(({ run, number }) => run === name || String(number) === name);
				before = page.at(-1)?.seq;
				if (found !== undefined || before === undefined) return found;
			}
		},
		async tidy() {
			await ports.blobs.sweep(abandonedMs);
			const kept = new Set<string>();
			for (const { project } of await ports.store.projects()) {
				await artifacts.expire(project);
				await caches.evict(project);
				for (const id of [...(await artifacts.blobs(project)), ...(await caches.blobs(project))]) kept.add(id);
			}
			// A crash between a content and its record leaves a content of nobody.
			const lost = (await ports.blobs.list()).filter((id) => !kept.has(id));
			for (const id of lost) if (suspects.has(id)) await ports.blobs.remove(id);
			suspects = new Set(lost);
		},
	};
}
