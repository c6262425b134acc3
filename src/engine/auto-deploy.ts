import type { StartDeployment } from '#core/api.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import type { Result } from '#core/result.ts';
import type { RunRow } from '#edge/store/store.ts';
import type { Ports } from './ports.ts';

/**
 * Deploys what `deploys: <branch>` promises: a pushed commit of that branch all of whose runs passed, when it is still the
 * branch's newest and was not deployed yet. Asked after every run that ends, and once at the start.
 */
export function autoDeploy(
	ports: Ports,
	deploy: (request: StartDeployment) => Promise<Result<unknown>>,
): { stop(): Promise<void> } {
	let last = Promise.resolve();
	const unsubscribe = ports.store.subscribe(({ event, stream }) => {
		if (event.kind === 'run-finished' && event.conclusion === 'passed')
			last = last.then(() => consider(stream.slice('run/'.length))).catch(complain);
	});
	last = catchUp().catch(complain);
	return {
		stop: async () => {
			unsubscribe();
			await last;
		},
	};

	async function catchUp(): Promise<void> {
		for (const project of await ports.store.projects()) {
			const [newest] = await ports.store.runs({
				project: project.project,
				ref: `refs/heads/${project.defaultBranch}`,
				limit: 1,
			});
			if (newest !== undefined) await considerRow(newest);
		}
	}

	async function consider(run: string): Promise<void> {
		const [queued] = await ports.store.read(`run/${run}`);
		if (queued?.event.kind !== 'run-queued') return;
		const { project, trigger } = queued.event;
		const row = (await ports.store.runs({ project, sha: trigger.sha, ref: trigger.ref, limit: 1 }))[0];
		if (row !== undefined) await considerRow(row);
	}

	async function considerRow({ project, ref, sha, event, worktree }: RunRow): Promise<void> {
		if (event !== 'push' || worktree || !ref.startsWith('refs/heads/')) return;
		const path = (await ports.store.projects()).find((row) => row.project === project)?.path;
		if (path === undefined || !(await isPushed(path, ref, sha))) return;
		const runs = await ports.store.runs({ project, ref, sha, limit: 100 });
		if (runs.length === 0 || !newestOfEach(runs).every((run) => run.status === 'passed' || run.status === 'skipped'))
			return;
		const text = await ports.source.file(path, sha, 'footbridge.yaml');
		const configuration = text === undefined ? undefined : parseConfiguration(text, 'footbridge.yaml');
		if (configuration?.ok !== true) return;
		for (const environment of configuration.value.environments) {
			if (environment.deploys === undefined || `refs/heads/${environment.deploys}` !== ref) continue;
			const before = await ports.store.deployments({ project, environment: environment.name, limit: 100 });
			if (before.some((deployment) => deployment.sha === sha)) continue;
			await deploy({ project, environment: environment.name, at: sha });
		}
	}

	/** Only what was pushed is released by itself: a work tree's commits are its owner's until they are pushed. */
	async function isPushed(path: string, ref: string, sha: string): Promise<boolean> {
		const repository = await ports.source.describe(path);
		if (!repository.ok || !repository.value.isBare) return false;
		return (await ports.source.refs(path)).get(ref) === sha;
	}
}

/** A workflow that was run again counts by its newest run. Rows are newest first. */
function newestOfEach(runs: readonly RunRow[]): readonly RunRow[] {
	return [...new Map([...runs].reverse().map((run) => [run.workflow, run])).values()];
}

function complain(error: unknown): void {
	process.emitWarning(`could not decide on a deployment: ${error instanceof Error ? error.message : String(error)}`);
}
