import { existsSync, readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';

export interface SavedRoute {
	readonly name: string;
	readonly port: number;
	readonly version: string;
	readonly target: number;
}

/** The routes on disk: a proxy that was ended takes up where it was. */
export class Routes {
	readonly #file: string;
	#last = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
	}

	/** What was saved last; nothing when there is no file. */
	load(): readonly SavedRoute[] {
		return existsSync(this.#file) ? (JSON.parse(readFileSync(this.#file, 'utf8')) as SavedRoute[]) : [];
	}

	/** Resolves when the routes are durable; the file is old or new, never half. */
	save(routes: readonly SavedRoute[]): Promise<void> {
		this.#last = this.#last.then(async () => {
			const fresh = `${this.#file}.new`;
			const file = await open(fresh, 'w', 0o600);
			try {
				await file.writeFile(JSON.stringify(routes));
				await file.sync();
			} finally {
				await file.close();
			}
			await rename(fresh, this.#file);
		});
		return this.#last;
	}
}
