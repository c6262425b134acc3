import type { EventOf, Recorded } from '../event.ts';
import { msOf } from '../health/time.ts';

/** Files that a job keeps under a name, for later jobs of its run and for people. */
export interface Artifact {
	/** Counts all artifacts of this Footbridge, as GitHub's numbers do. */
	readonly id: number;
	readonly run: string;
	/** Key of the job that uploaded it. */
	readonly job: string;
	readonly runAttempt: number;
	readonly jobAttempt: number;
	readonly name: string;
	/** `application/zip`, or the type of a single file that was not packed. */
	readonly mime: string;
	/** Id of the content. */
	readonly blob: string;
	readonly sizeBytes: number;
	readonly sha256: string;
	/** ISO 8601. */
	readonly createdAt: string;
	readonly expiresAt: string;
}

/** The artifacts of a project that are there, by their ids. */
export type Artifacts = ReadonlyMap<number, Artifact>;

/** Folds one event of a project's artifacts. */
export function evolveArtifacts(artifacts: Artifacts, { event, at }: Recorded): Artifacts {
	if (event.kind !== 'artifact-uploaded' && event.kind !== 'artifact-removed') return artifacts;
	const next = new Map(artifacts);
	if (event.kind === 'artifact-removed') next.delete(event.id);
	else next.set(event.id, uploaded(event, at));
	return next;
}

function uploaded({ kind: _, ...facts }: EventOf<'artifact-uploaded'>, createdAt: string): Artifact {
	return { ...facts, createdAt };
}

/** The job that uploads. */
export type Uploader = Pick<Artifact, 'run' | 'job' | 'runAttempt' | 'jobAttempt'>;

/**
 * What stands in the way of an upload: an artifact of that name in the same attempt of the run. What an earlier attempt left, of the
 * run or of the same job, is replaced.
 */
export function takenName(
	artifacts: Artifacts,
	name: string,
	by: Uploader,
): { readonly taken?: Artifact; readonly replaced: readonly Artifact[] } {
	const same = artifactsOf(artifacts, by.run).filter((artifact) => sameName(artifact.name, name));
	const taken = same.find(
		(other) => other.runAttempt === by.runAttempt && !(other.job === by.job && other.jobAttempt < by.jobAttempt),
	);
	return { ...(taken === undefined ? {} : { taken }), replaced: same.filter((other) => other !== taken) };
}

/** The artifacts of a run, newest first. */
export function artifactsOf(artifacts: Artifacts, run: string): readonly Artifact[] {
	return [...artifacts.values()].filter((artifact) => artifact.run === run).sort((a, b) => b.id - a.id);
}

/** Names that differ in case only would be one file on other machines. */
function sameName(one: string, other: string): boolean {
	return one.toLowerCase() === other.toLowerCase();
}

/** What is wrong with a name, with GitHub's rule: characters that no file system of a runner has are in none. */
export function artifactNameProblem(name: string): string | undefined {
	if (name.trim() === '') return 'it is empty';
	if (name.length > 255) return 'it is longer than 255 characters';
	if (name === '.' || name === '..') return 'it means a folder';
	for (const character of name) {
		const shown = forbidden.get(character);
		if (shown !== undefined) return `it has ${shown}`;
		if (character < ' ' || character === '\u007f') return 'it has a control character';
	}
	return undefined;
}

const forbidden: ReadonlyMap<string, string> = new Map([
	['"', 'a double quote "'],
	[':', 'a colon :'],
	['<', 'a less than <'],
	['>', 'a greater than >'],
	['|', 'a vertical bar |'],
	['*', 'an asterisk *'],
	['?', 'a question mark ?'],
	['\r', 'a carriage return \\r'],
	['\n', 'a line feed \\n'],
	['\\', 'a backslash \\'],
	['/', 'a forward slash /'],
]);

/** GitHub's: what is kept when nobody says for how long, and the longest. */
export const retention = { defaultDays: 90, longestDays: 90 } as const;

/** Days that are kept; 0 and nothing mean the default. */
export function retentionDays(asked: number | undefined): number {
	if (asked === undefined || !Number.isFinite(asked) || asked <= 0) return retention.defaultDays;
	return Math.min(Math.ceil(asked), retention.longestDays);
}

/** Those whose time is over. `now` is ms since the epoch. */
export function expiredArtifacts(artifacts: Artifacts, now: number): readonly Artifact[] {
	return [...artifacts.values()].filter((artifact) => msOf(artifact.expiresAt) <= now);
}
