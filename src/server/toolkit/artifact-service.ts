import type { Hono } from 'hono';
import type { Artifact } from '#core/artifact/artifact.ts';
import type { Session } from './sessions.ts';
import { numberIn, type Toolkit, textIn } from './toolkit-context.ts';
import { addTwirp, TwirpError, twirpError } from './twirp.ts';

/** Artifacts, version 4 of their protocol. A job sees those of its own run. */
export function artifactService(app: Hono, toolkit: Toolkit): void {
	const { artifacts } = toolkit.storage;
	const ofRun = ({ job }: Session) => artifacts.list(job.project, job.run);
	const named = async (session: Session, name: string) =>
		(await ofRun(session)).find((artifact) => artifact.name === name);

	addTwirp(app, toolkit, 'ArtifactService', {
		async CreateArtifact({ session, body, text }) {
			const name = text('name');
			const mime = text('mime_type') || 'application/zip';
			if (!/^[\w.+-]{1,60}\/[\w.+-]{1,60}(?:; ?charset=[\w-]{1,20})?$/.test(mime))
				return new TwirpError('invalid_argument', 'the media type is not one');
			const begun = await artifacts.begin(session.job.project, uploaderOf(session), { name });
			if (!begun.ok) return twirpError(begun.error);
			forget(session, name);
			const { blob } = begun.value;
			session.drafts.set(blob, {
				kind: 'artifact',
				artifact: { ...begun.value, mime, days: daysUntil(textIn(body, 'expires_at'), toolkit.clock.now()) },
			});
			const grant = { use: 'upload', session: session.id, blob } as const;
			return { ok: true, signed_upload_url: toolkit.urls.sign(toolkit.origin(), grant, toolkit.clock.now()) };
		},

		async FinalizeArtifact({ session, body, text }) {
			const draft = draftOf(session, text('name'));
			if (draft === undefined) return new TwirpError('not_found', 'no upload of that name was begun by this job');
			const sizeBytes = numberIn(body, 'size');
			const [, sha256] = /^sha256:([0-9a-f]{64})$/i.exec(text('hash')) ?? [];
			const done = await artifacts.finish(session.job.project, uploaderOf(session), draft, {
				...(sizeBytes === undefined ? {} : { sizeBytes }),
				...(sha256 === undefined ? {} : { sha256 }),
			});
			session.drafts.delete(draft.blob);
			return done.ok ? { ok: true, artifact_id: String(done.value.id) } : twirpError(done.error);
		},

		async ListArtifacts({ session, body }) {
			const [name, id] = [textIn(body, 'name_filter'), textIn(body, 'id_filter')];
			const wanted = (await ofRun(session)).filter(
				(artifact) =>
					(name === undefined || artifact.name === name) && (id === undefined || String(artifact.id) === id),
			);
			return { artifacts: wanted.map((artifact) => listed(session, artifact)) };
		},

		async GetSignedArtifactURL({ session, text }) {
			const artifact = await named(session, text('name'));
			if (artifact === undefined) return new TwirpError('not_found', 'the run has no artifact of that name');
			return { signed_url: downloadUrl(toolkit, session, artifact) };
		},

		async DeleteArtifact({ session, text }) {
			const artifact = await named(session, text('name'));
			if (artifact === undefined) return new TwirpError('not_found', 'the run has no artifact of that name');
			await artifacts.remove(session.job.project, artifact, `job ${session.job.job} deleted it`);
			return { ok: true, artifact_id: String(artifact.id) };
		},
	});
}

/** Where a job downloads an artifact that it may see. */
export function downloadUrl(toolkit: Toolkit, session: Session, artifact: Artifact): string {
	const { blob, name, mime } = artifact;
	const file = mime === 'application/zip' ? `${name}.zip` : name;
	const grant = { use: 'download', session: session.id, blob, name: file, mime } as const;
	return toolkit.urls.sign(toolkit.origin(), grant, toolkit.clock.now());
}

function uploaderOf({ job }: Session) {
	return { run: job.run, job: job.job, runAttempt: job.runAttempt, jobAttempt: job.jobAttempt };
}

function draftOf(session: Session, name: string) {
	for (const draft of session.drafts.values())
		if (draft.kind === 'artifact' && draft.artifact.name === name) return draft.artifact;
	return undefined;
}

/** An upload of the same name that was begun before is given up. */
function forget(session: Session, name: string): void {
	const old = draftOf(session, name);
	if (old !== undefined) session.drafts.delete(old.blob);
}

function daysUntil(expiresAt: string | undefined, now: number): number {
	const at = Date.parse(expiresAt ?? '');
	return Number.isNaN(at) ? 0 : Math.max(1, Math.ceil((at - now) / 86_400_000));
}

function listed(session: Session, artifact: Artifact) {
	return {
		workflow_run_backend_id: artifact.run,
		workflow_job_run_backend_id: session.id,
		database_id: String(artifact.id),
		name: artifact.name,
		size: String(artifact.sizeBytes),
		created_at: artifact.createdAt,
		digest: `sha256:${artifact.sha256}`,
	};
}
