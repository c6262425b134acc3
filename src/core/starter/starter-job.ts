import type { RepositoryFolder } from './repository-folder.ts';

/** A step of a starter: a command, and what it is for. */
export interface StarterStep {
	readonly name: string;
	readonly run: string;
	/** A comment above it, where the name does not say all. */
	readonly why?: string;
}

/** What was found in a folder, and the job that checks it. */
export interface StarterJob {
	/** `Node`, `Python` */
	readonly language: string;
	/** `.` or a folder of the root. */
	readonly folder: string;
	/** From what it was told, for people: `package-lock.json: npm`. */
	readonly because: readonly string[];
	readonly steps: readonly StarterStep[];
}

/** Looks whether a folder is of its language. */
export type Detector = (folder: RepositoryFolder) => StarterJob | undefined;
