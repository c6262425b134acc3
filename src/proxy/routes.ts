import { existsSync, readFileSync, renameSync } from 'node:fs';
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
	#last: Promise<void> = Promise.resolve();

	constructor(file: string) {
		this.#file = file;
	}

	/**
	 * What was saved last; nothing when there is no file. One that cannot be read is put aside: whoever knows what is live sends the routes again, and a proxy that
	 * does not start would serve nobody.
	 */
	load(): readonly SavedRoute[] {
		if (!existsSync(this.#file)) return [];
		try {
			return JSON.parse(readFileSync(this.#file, 'utf8')) as SavedRoute[];
		} catch (error) {
			process.stderr.write(
				`${this.#file} cannot be read, it is now ${this.#file}.broken: ${(error as Error).message}\n`,
			);
			renameSync(this.#file, `${this.#file}.broken`);
			return [];
		}
	}

	/** Resolves when the routes are durable; the file is old or new, never half. */
	save(routes: readonly SavedRoute[]): Promise<void> {
		const write = async () => {
			const fresh = `${this.#file}.new`;
			const file = await open(fresh, 'w', 0o600);
			try {
				await file.writeFile(JSON.stringify(routes));
				await file.sync();
			} finally {
				await file.close();
			}
			await rename(fresh, this.#file);
		};
		// One that failed (a full disk) was told to who asked for it; the next one is tried again.
		this.#last = this.#last.then(write, write);
		return this.#last;
	}
}
