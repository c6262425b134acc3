import {
	type Artifact,
	type Artifacts,
	artifactNameProblem,
	artifactsOf,
	evolveArtifacts,
	expiredArtifacts,
	retentionDays,
	takenName,
	type Uploader,
} from '#core/artifact/artifact.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { Blob, Upload } from '#edge/blob/blob.ts';
import { type Folded, foldStream } from './folded.ts';
import { artifactLimits, type StoragePorts } from './storage-ports.ts';

/** An artifact before it is complete: nobody sees it yet. */
export interface ArtifactDraft {
	readonly name: string;
	readonly blob: string;
	upload(): Promise<Upload>;
}

export interface NewArtifact {
	readonly name: string;
	/** Absent: `application/zip`. */
	readonly mime?: string;
	/** Days to keep it; absent or 0: the usual. */
	readonly days?: number;
}

/** The artifacts of all projects. */
export interface ArtifactShelf {
	/** FB2080: the name is not allowed. FB2081: the run has one of that name. */
	begin(project: string, by: Uploader, wanted: NewArtifact): Promise<Result<ArtifactDraft>>;
	/** Makes a complete content the artifact; what it replaces is removed. FB2083: the content is missing or not as announced. */
	finish(
		project: string,
		by: Uploader,
		wanted: NewArtifact & { readonly blob: string },
		expected: { readonly sizeBytes?: number; readonly sha256?: string },
	): Promise<Result<Artifact>>;
	/** Of a run, newest first. */
	list(project: string, run: string): Promise<readonly Artifact[]>;
	find(project: string, id: number): Promise<Artifact | undefined>;
	content(artifact: Artifact): Promise<Blob | undefined>;
	remove(project: string, artifact: Artifact, why: string): Promise<void>;
	/** Removes those whose time is over; how many. */
	expire(project: string): Promise<number>;
	/** Ids of the contents that belong to artifacts. */
	blobs(project: string): Promise<readonly string[]>;
}

/** Opens the shelf: records are events of `artifact/<project>`, contents are blobs. */
export function openArtifacts(ports: StoragePorts): ArtifactShelf {
	const streams = new Map<string, Folded<Artifacts>>();
	const of = (project: string) => {
		const known =
			streams.get(project) ??
			foldStream<Artifacts>(ports.store, `artifact/${project}`, { initial: new Map(), evolve: evolveArtifacts });
		streams.set(project, known);
		return known;
	};
	const remove = async (project: string, artifact: Artifact, why: string) => {
		await of(project).append({ kind: 'artifact-removed', id: artifact.id, why });
		await ports.blobs.remove(artifact.blob);
	};
	return {
		async begin(project, by, { name }) {
			const problem = artifactNameProblem(name);
			if (problem !== undefined) return failed(badName(name, problem));
			const state = await of(project).state();
			if (takenName(state, name, by).taken !== undefined) return failed(taken(name));
			const own = artifactsOf(state, by.run).filter((other) => other.job === by.job);
			if (own.length >= artifactLimits.count) return failed(tooMany());
			const blob = ports.newId();
			return ok({ name, blob, upload: () => ports.blobs.upload(blob, artifactLimits.content) });
		},
		finish: (project, by, wanted, expected) =>
			of(project).alone(async () => {
				const { name, blob, mime = 'application/zip', days } = wanted;
				const content = await ports.blobs.open(blob);
				if (content === undefined) return failed(incomplete(name, 'its content was not uploaded completely'));
				const wrong = differs(content, expected);
				const { taken: other, replaced } = takenName(await of(project).state(), name, by);
				if (wrong !== undefined || other !== undefined) {
					await ports.blobs.remove(blob);
					return failed(other === undefined ? incomplete(name, wrong ?? '') : taken(name));
				}
				const id = await ports.store.nextNumber('artifact');
				const expiresAt = new Date(ports.clock.now() + retentionDays(days) * 86_400_000).toISOString();
				const { sizeBytes, sha256 } = content;
				const state = await of(project).append({
					kind: 'artifact-uploaded',
					id,
					...by,
					name,
					mime,
					blob,
					sizeBytes,
					sha256,
					expiresAt,
				});
				for (const old of replaced) await remove(project, old, 'it was uploaded again');
				const artifact = state.get(id);
				return artifact === undefined ? failed(incomplete(name, 'it was removed')) : ok(artifact);
			}),
		list: async (project, run) => live(artifactsOf(await of(project).state(), run), ports.clock.now()),
		async find(project, id) {
			const artifact = (await of(project).state()).get(id);
			return artifact === undefined ? undefined : live([artifact], ports.clock.now())[0];
		},
		content: (artifact) => ports.blobs.open(artifact.blob),
		remove,
		expire: (project) =>
			of(project).alone(async () => {
				const over = expiredArtifacts(await of(project).state(), ports.clock.now());
				for (const artifact of over) await remove(project, artifact, 'its time to be kept is over');
				return over.length;
			}),
		blobs: async (project) => [...(await of(project).state()).values()].map(({ blob }) => blob),
	};
}

/** One whose time is over is gone, whether or not it has been removed yet. */
function live(artifacts: readonly Artifact[], now: number): readonly Artifact[] {
	return artifacts.filter((artifact) => Date.parse(artifact.expiresAt) > now);
}

function differs(
	content: Blob,
	{ sizeBytes, sha256 }: { readonly sizeBytes?: number; readonly sha256?: string },
): string | undefined {
	if (sizeBytes !== undefined && sizeBytes !== content.sizeBytes)
		return `${content.sizeBytes} bytes came instead of ${sizeBytes}`;
	if (sha256 !== undefined && sha256.toLowerCase() !== content.sha256)
		return `its SHA-256 is ${content.sha256}, not ${sha256}`;
	return undefined;
}

const badName = (name: string, why: string) => ({
	code: 'FB2080',
	what: `${JSON.stringify(name.slice(0, 100))} cannot be the name of an artifact`,
	why,
});
const taken = (name: string) => ({
	code: 'FB2081',
	what: `the run has an artifact ${name} already`,
	next: 'choose another name, or set `overwrite: true`',
});
const tooMany = () => ({
	code: 'FB2082',
	what: `a job cannot have more than ${artifactLimits.count} artifacts`,
	next: 'pack more files into one',
});
const incomplete = (name: string, why: string) => ({
	code: 'FB2083',
	what: `the artifact ${name} is not complete`,
	why,
});
