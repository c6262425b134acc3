import type { Recorded } from '#core/event.ts';
import { problemOf } from '#core/result.ts';
import type { ProjectRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

/** What happens when a branch has a new commit; called again for the same one when Footbridge was killed meanwhile. */
export type OnChange = (
	project: ProjectRow,
	change: { readonly ref: string; readonly before?: string; readonly after: string },
) => Promise<void>;

/**
 * Watches the branches of bare repositories (places that people push to) and records each new commit as a change.
 * A repository with a work tree is not watched: there `footbridge run` says when.
 */
export function watchChanges(ports: Ports, onChange: OnChange, everyMs = 500): { stop(): Promise<void> } {
	const stopping = new AbortController();
	const complained = new Map<string, string>();
	const loop = watch();
	return {
		stop: async () => {
			stopping.abort();
			await loop;
		},
	};

	async function watch(): Promise<void> {
		while (!stopping.signal.aborted) {
			for (const project of await ports.store.projects()) {
				if (stopping.signal.aborted) return;
				await look(project).catch((error: unknown) => complainOnce(project, problemOf(error).why ?? ''));
			}
			await ports.clock.sleep(everyMs, stopping.signal).catch(() => {});
		}
	}

	async function look(project: ProjectRow): Promise<void> {
		const repository = await ports.source.describe(project.path);
		if (!repository.ok || !repository.value.isBare) return;
		const [refs, known] = [await ports.source.refs(project.path), await knownRefs(ports, project.project)];
		for (const [ref, after] of refs) {
			if (!ref.startsWith('refs/heads/') || known.get(ref) === after) continue;
			const before = known.get(ref);
			// Of the branches that were there before Footbridge looked for the first time, only the default one is run.
			if (known.size > 0 || ref === `refs/heads/${project.defaultBranch}`) {
				await onChange(project, { ref, after, ...(before === undefined ? {} : { before }) });
			}
			// Recorded last: killed in between, Footbridge finds the change again, and what it had started is not started twice.
			await record(project, ref, before, after);
		}
	}

	async function record(project: ProjectRow, ref: string, before: string | undefined, after: string): Promise<void> {
		const commits = await ports.source.commits(project.path, before, after, 50);
		await ports.store.append(`project/${project.project}`, 'system', [
			{
				kind: 'change-pushed',
				project: project.project,
				ref,
				after,
				commits,
				...(before === undefined ? {} : { before }),
			},
		]);
	}

	function complainOnce(project: ProjectRow, why: string): void {
		if (complained.get(project.project) === why) return;
		complained.set(project.project, why);
		process.emitWarning(`cannot read the branches of ${project.project}: ${why}`);
	}
}

/** The commit each branch of a project had when Footbridge last looked. */
async function knownRefs(ports: Pick<Ports, 'store'>, project: string): Promise<ReadonlyMap<string, string>> {
	return (await ports.store.read(`project/${project}`)).reduce(
		(refs: Map<string, string>, { event }: Recorded) =>
			event.kind === 'change-pushed' ? refs.set(event.ref, event.after) : refs,
		new Map(),
	);
}
