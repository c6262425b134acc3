interface Turned {
	readonly id: string;
	readonly project: string;
	readonly environment: string;
}

/** One deployment at a time in an environment; the others wait in the order in which they came. */
export interface EnvironmentTurns {
	/** Resolves when it is the deployment's turn; at once when it has it already. Rejects when the signal is aborted. */
	take(deployment: Turned, signal: AbortSignal): Promise<void>;
	/** The deployment with this id is over: the next one's turn. */
	give(id: string): void;
	isTaken(project: string, environment: string): boolean;
}

/** Makes the turns of all environments. */
export function environmentTurns(): EnvironmentTurns {
	const queues = new Map<string, { readonly id: string; readonly call: (() => void)[] }[]>();
	const keyOf = ({ project, environment }: { project: string; environment: string }) => `${project}/${environment}`;
	return {
		take: async (deployment, signal) => {
			const queue = queues.get(keyOf(deployment)) ?? [];
			queues.set(keyOf(deployment), queue);
			let place = queue.find((other) => other.id === deployment.id);
			if (place === undefined) {
				place = { id: deployment.id, call: [] };
				queue.push(place);
			}
			if (queue[0] === place) return;
			await new Promise<void>((resolve, reject) => {
				place.call.push(resolve);
				signal.addEventListener('abort', () => reject(signal.reason), { once: true });
			});
		},
		give: (id) => {
			for (const queue of queues.values()) {
				if (queue[0]?.id !== id) continue;
				queue.shift();
				for (const call of queue[0]?.call.splice(0) ?? []) call();
			}
		},
		isTaken: (project, environment) => (queues.get(`${project}/${environment}`)?.length ?? 0) > 0,
	};
}
