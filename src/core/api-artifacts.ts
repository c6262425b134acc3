import { z } from 'zod';

/** An artifact of a run, as `GET /runs/:run/artifacts` lists it. */
export const ArtifactItem = z.object({
	id: z.int(),
	name: z.string(),
	/** Key of the job that uploaded it. */
	job: z.string(),
	mime: z.string(),
	sizeBytes: z.int(),
	sha256: z.string(),
	createdAt: z.string(),
	expiresAt: z.string(),
});
export type ArtifactItem = z.infer<typeof ArtifactItem>;
