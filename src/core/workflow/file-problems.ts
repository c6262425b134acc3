import type { Problem } from '../result.ts';

/** A place in a file; lines and columns count from 1. */
export interface Place {
	readonly line: number;
	readonly column: number;
}

type Told = Omit<Problem, 'where'>;

/** Gathers everything that is wrong with one file, each with its place, so that one look mends them all. */
export class FileProblems {
	readonly path: string;
	readonly #found: Problem[] = [];
	#unsupported: Problem[] = [];

	constructor(path: string) {
		this.path = path;
	}

	/** The problems so far, in the order of the file, each told once. */
	get all(): readonly Problem[] {
		const told = new Map(
			[...this.#found, ...this.#unsupported].map((problem) => [`${problem.where} ${problem.what}`, problem]),
		);
		return [...told.values()].sort((a, b) => lineOf(a) - lineOf(b));
	}

	get areNone(): boolean {
		return this.#found.length === 0 && this.#unsupported.length === 0;
	}

	/** Adds a problem at a place, or of the whole file. */
	add(place: Place | undefined, problem: Told): void {
		this.#found.push(this.#at(place, problem));
	}

	/** Adds a problem whose `where` is `line:column` of this file; without one, it is at the place given. */
	addLocated(problem: Problem, place: Place | undefined): void {
		const { where, ...told } = problem;
		const [line, column] = (where ?? '').split(':').map(Number);
		const own = line !== undefined && column !== undefined ? { line, column } : undefined;
		this.add(own ?? place, told);
	}

	/** Refuses what GitHub has and Footbridge does not have yet. */
	unsupported(place: Place | undefined, what: string, next: string): void {
		this.#unsupported.push(this.#at(place, { code: 'FB1005', what: `${what} not supported yet`, next }));
	}

	/** What was refused since the last call: it is one job's matter then, and no longer the file's. */
	takeUnsupported(): readonly Problem[] {
		const taken = this.#unsupported;
		this.#unsupported = [];
		return taken;
	}

	#at(place: Place | undefined, problem: Told): Problem {
		return { ...problem, where: place === undefined ? this.path : `${this.path}:${place.line}:${place.column}` };
	}
}

function lineOf(problem: Problem): number {
	return Number(/:(\d+):\d+$/.exec(problem.where ?? '')?.[1] ?? 0);
}
