import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Event } from '#core/event.ts';
import type { Trigger } from '#core/plan.ts';
import type { Blobs } from '#edge/blob/blob.ts';
import { fileBlobs } from '#edge/blob/files.ts';
import { gitSource } from '#edge/source/git.ts';
import { memoryStore } from '#edge/store/memory.ts';
import type { Store } from '#edge/store/store.ts';
import type { JobServices, ServedJob } from '#engine/services.ts';
import { openStorage, type Storage } from '#engine/storage/storage.ts';
import { toolkitServices } from '#server/toolkit/toolkit.ts';
import { type TempRepository, tempRepository } from './rig.ts';

export interface ToolkitWorld extends AsyncDisposable {
	readonly folder: string;
	readonly repository: TempRepository;
	readonly store: Store;
	readonly blobs: Blobs;
	readonly storage: Storage;
	/** What jobs were told in their logs. */
	readonly said: string[];
	/** Milliseconds that the clock is ahead. */
	ahead: number;
	/** Begins a job; of the branch `main` unless something else is said. */
	job(about?: Partial<ServedJob>): Promise<JobServices & { readonly url: string; readonly about: ServedJob }>;
}

/** The real services on loopback, with contents in files, for jobs that do not run. */
export async function toolkitWorld(): Promise<ToolkitWorld> {
	const folder = mkdtempSync(join(tmpdir(), 'fb-toolkit-'));
	const repository = await tempRepository({ 'README.md': 'hello\n' });
	const clock = {
		now: () => Date.now() + world.ahead,
		monotonic: () => performance.now(),
		sleep: () => new Promise<void>(() => {}),
	};
	const store = memoryStore(clock);
	const blobs = fileBlobs(join(folder, 'blobs'));
	const storage = openStorage({ store, blobs, clock, newId: () => crypto.randomUUID() });
	const source = gitSource(join(folder, 'git'));
	const services = toolkitServices({ storage, store, source, clock, keyFile: join(folder, 'identity-key.pem') });
	const trigger: Trigger = { event: 'push', ref: 'refs/heads/main', sha: repository.sha, payload: {} };
	let jobs = 0;
	const world: ToolkitWorld = {
		folder,
		repository,
		store,
		blobs,
		storage,
		said: [],
		ahead: 0,
		async job(more = {}) {
			jobs += 1;
			const about: ServedJob = {
				project: 'shop',
				path: repository.path,
				defaultBranch: 'main',
				run: 'run-1',
				runAttempt: 1,
				job: `job-${jobs}`,
				jobAttempt: 1,
				trigger,
				github: {
					repository: 'octo/shop',
					repository_owner: 'octo',
					server_url: 'https://footbridge.localhost',
					ref: trigger.ref,
					sha: trigger.sha,
					event_name: 'push',
					run_id: 'run-1',
					workflow_ref: 'octo/shop/.github/workflows/ci.yml@refs/heads/main',
				},
				jobWorkflowRef: 'octo/shop/.github/workflows/ci.yml@refs/heads/main',
				permissions: { contents: 'read', metadata: 'read', actions: 'read' },
				hasForgeToken: false,
				say: (line) => world.said.push(line),
				emit: async (event: Event) => {
					await store.append(`run/${more.run ?? 'run-1'}`, 'engine', [event]);
				},
				...more,
			};
			const opened = await services.forJob(about);
			return { ...opened, about, url: opened.env['ACTIONS_RESULTS_URL']!.replace(/\/$/, '') };
		},
		[Symbol.asyncDispose]: async () => {
			await services.close();
			await store.close();
			await repository[Symbol.asyncDispose]();
			rmSync(folder, { recursive: true, force: true });
		},
	};
	return world;
}
