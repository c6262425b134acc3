import { problemOf } from '#core/result.ts';
import type { Ports } from './ports.ts';
import type { ServiceHealer } from './service-healer.ts';

const everyMs = 2000;

/**
 * Keeps what is live alive. An environment in which a deployment is under way is left to that deployment.
 */
export function superviseServices(
	ports: Ports,
	healer: ServiceHealer,
	isBusy: (project: string, environment: string) => boolean,
): { stop(): Promise<void> } {
	const stopping = new AbortController();
	const complaints = new Map<string, string>();
	const loop = watch();
	return {
		stop: async () => {
			stopping.abort();
			await loop;
		},
	};

	async function watch(): Promise<void> {
		while (!stopping.signal.aborted) {
			await look().catch((error: unknown) => complain('', error));
			await ports.clock.sleep(everyMs, stopping.signal).catch(() => {});
		}
	}

	async function look(): Promise<void> {
		const live = await ports.store.deployments({ status: ['live'], limit: 100 });
		for (const { deployment: id, project, environment } of live) {
			if (stopping.signal.aborted) return;
			if (isBusy(project, environment)) continue;
			// One environment that cannot be mended must not keep the others waiting.
			await healer.heal(id).then(
				() => complaints.delete(id),
				(error: unknown) => complain(id, error),
			);
		}
	}

	/** Each thing once, until it changes. */
	function complain(id: string, error: unknown): void {
		const { what, why = '' } = problemOf(error);
		if (complaints.get(id) === what + why) return;
		complaints.set(id, what + why);
		process.emitWarning(`could not look after the services${id === '' ? '' : ` of deployment ${id}`}: ${what} ${why}`);
	}
}
