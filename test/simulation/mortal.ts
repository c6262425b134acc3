import type { Store } from '#edge/store/store.ts';

/** A store that a killed process cannot write to any more. */
export function mortal(store: Store, killed: AbortSignal): Store {
	return {
		...store,
		append: (...args) => (killed.aborted ? Promise.reject(new Error('killed')) : store.append(...args)),
	};
}

/** Resolves when the process was killed. */
export function death(killed: AbortSignal): Promise<void> {
	return new Promise((resolve) => {
		if (killed.aborted) resolve();
		else killed.addEventListener('abort', () => resolve(), { once: true });
	});
}
