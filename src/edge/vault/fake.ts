import { randomBytes } from 'node:crypto';
import { ProblemError } from '#core/result.ts';
import type { SecretPlace, Vault } from './vault.ts';

/** A vault that keeps what it sealed in memory and hands out numbers: as strict as a real one. */
export function fakeVault(): Vault {
	const kept = new Map<string, { readonly place: string; readonly value: string; readonly key: number }>();
	const keys = new Set([1]);
	let newest = 1;
	const put = (place: SecretPlace, value: string): string => {
		const id = randomBytes(8).toString('hex');
		kept.set(id, { place: JSON.stringify([place.scope, place.name]), value, key: newest });
		return id;
	};
	const take = (place: SecretPlace, sealed: string): string => {
		const found = kept.get(sealed);
		const what = `the secret ${place.name} cannot be decrypted`;
		if (found?.place !== JSON.stringify([place.scope, place.name])) throw new ProblemError({ code: 'FB7030', what });
		if (!keys.has(found.key)) throw new ProblemError({ code: 'FB7031', what });
		return found.value;
	};
	return {
		seal: async (place, value) => put(place, value),
		unseal: async (place, sealed) => take(place, sealed),
		rewrap: async (place, sealed) => put(place, take(place, sealed)),
		addKey: async () => {
			newest += 1;
			keys.add(newest);
		},
		dropOldKeys: async () => {
			for (const key of keys) if (key !== newest) keys.delete(key);
		},
	};
}
