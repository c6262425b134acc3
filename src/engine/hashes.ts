import type { Result } from '#core/result.ts';

/** The hashes that the expressions of one step have asked for. */
export class Hashes {
	readonly #known = new Map<string, Result<string, string>>();
	readonly #wanted = new Map<string, readonly string[]>();

	/** What `hashFiles()` gives; throws while it is not computed. */
	get(patterns: readonly string[]): string {
		const key = JSON.stringify(patterns);
		const known = this.#known.get(key);
		if (known?.ok === true) return known.value;
		if (known !== undefined) throw new Error(known.error);
		this.#wanted.set(key, patterns);
		throw new Error('hashFiles() is not computed yet');
	}

	set(patterns: readonly string[], hash: Result<string, string>): void {
		this.#known.set(JSON.stringify(patterns), hash);
	}

	takeWanted(): readonly (readonly string[])[] {
		const wanted = [...this.#wanted.values()];
		this.#wanted.clear();
		return wanted;
	}
}
