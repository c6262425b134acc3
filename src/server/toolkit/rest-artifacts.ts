import type { Artifact } from '#core/artifact/artifact.ts';
import { downloadUrl } from './artifact-service.ts';
import { missing, type RestRoute } from './rest-answers.ts';
import type { Session } from './sessions.ts';
import type { Toolkit } from './toolkit-context.ts';

/** Artifacts of any run of the repository: how a job gets those of another run. */
export function restArtifacts(route: RestRoute, toolkit: Toolkit): void {
	const { storage } = toolkit;
	const { artifacts } = storage;
	const runOf = async ({ job }: Session, asked: string): Promise<string | undefined> =>
		asked === job.run ? job.run : (await storage.findRun(job.project, asked))?.run;
	const byId = ({ job }: Session, id: string) =>
		/^\d{1,15}$/.test(id) ? artifacts.find(job.project, Number(id)) : Promise.resolve(undefined);

	route('get', '/actions/runs/:run/artifacts', 'actions', async (c, session) => {
		const run = await runOf(session, c.req.param('run') ?? '');
		if (run === undefined) return missing(c, session);
		const name = c.req.query('name');
		const all = (await artifacts.list(session.job.project, run)).filter(
			(artifact) => name === undefined || artifact.name === name,
		);
		return c.json({ total_count: all.length, artifacts: all.map(artifactJson) });
	});

	route('get', '/actions/artifacts/:id', 'actions', async (c, session) => {
		const artifact = await byId(session, c.req.param('id') ?? '');
		return artifact === undefined ? missing(c, session) : c.json(artifactJson(artifact));
	});

	route('get', '/actions/artifacts/:id/zip', 'actions', async (c, session) => {
		const artifact = await byId(session, c.req.param('id') ?? '');
		return artifact === undefined ? missing(c, session) : c.redirect(downloadUrl(toolkit, session, artifact), 302);
	});

	route('delete', '/actions/artifacts/:id', 'actions', async (c, session) => {
		const artifact = await byId(session, c.req.param('id') ?? '');
		if (artifact === undefined || artifact.run !== session.job.run) return missing(c, session);
		await artifacts.remove(session.job.project, artifact, `job ${session.job.job} deleted it`);
		return c.body(null, 204);
	});
}

function artifactJson(artifact: Artifact) {
	return {
		id: artifact.id,
		name: artifact.name,
		size_in_bytes: artifact.sizeBytes,
		digest: `sha256:${artifact.sha256}`,
		expired: false,
		created_at: artifact.createdAt,
		updated_at: artifact.createdAt,
		expires_at: artifact.expiresAt,
		workflow_run: { id: artifact.run },
	};
}
