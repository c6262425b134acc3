import type { ReadableStream as WebStream } from 'node:stream/web';
import { z } from '@hono/zod-openapi';
import { ArtifactItem } from '#core/api-artifacts.ts';
import type { Artifact } from '#core/artifact/artifact.ts';
import { openZip } from '#engine/builtin/zip-in.ts';
import type { Engine } from '#engine/engine.ts';
import { found } from './problems.ts';
import { jsonRoute, type Routes } from './route.ts';
import { readRun } from './run-view.ts';

const runParam = z.object({ run: z.string() });
const artifactParams = z.object({
	run: z.string(),
	artifact: z.coerce.number().int().openapi({ description: 'Its id' }),
});

/** Artifacts of runs: list, files in one, and the content of it or of a file. */
export const artifactRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs/{run}/artifacts',
			summary: 'Artifacts of a run, newest first',
			request: { params: runParam },
			answer: z.object({ items: z.array(ArtifactItem).readonly() }),
		}),
		async (c) => c.json({ items: (await artifactsOf(engine, c.req.valid('param').run)).map(itemOf) }, 200),
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs/{run}/artifacts/{artifact}/files',
			summary: 'Names and sizes of the files in an artifact',
			request: { params: artifactParams },
			answer: z.object({ items: z.array(z.object({ name: z.string(), sizeBytes: z.int() })).readonly() }),
		}),
		async (c) => {
			const { run, artifact } = c.req.valid('param');
			const { files } = await zipOf(engine, await artifactAt(engine, run, artifact));
			return c.json({ items: files.map((file) => ({ name: file.fileName, sizeBytes: file.uncompressedSize })) }, 200);
		},
	);

	api.get('/runs/:run/artifacts/:artifact/content', async (c) => {
		const artifact = await artifactAt(engine, c.req.param('run'), Number(c.req.param('artifact')));
		const name = c.req.query('file');
		if (name === undefined) {
			const content = found(await engine.ports.storage.artifacts.content(artifact), 'the content was removed');
			const body = content.sizeBytes === 0 ? null : ReadableStream.from(content.read());
			const file = artifact.mime === 'application/zip' ? `${artifact.name}.zip` : artifact.name;
			return keepable(body, file, artifact.sizeBytes);
		}
		const zip = await zipOf(engine, artifact);
		const entry = found(
			zip.files.find((file) => file.fileName === name),
			`the artifact has no file ${name}`,
		);
		const body = ReadableStream.from(await zip.read(entry)) as WebStream<Uint8Array>;
		return keepable(body, name.split('/').at(-1) ?? name, entry.uncompressedSize);
	});
};

/** A job has written it: it is a file to keep, and no page of ours. */
function keepable(body: WebStream<Uint8Array> | null, name: string, sizeBytes: number): Response {
	return new Response(body, {
		headers: {
			'Content-Type': 'application/octet-stream',
			'Content-Length': String(sizeBytes),
			'Content-Disposition': `attachment; filename*=UTF-8''${encodeURIComponent(name).replaceAll("'", '%27')}`,
		},
	});
}

async function artifactsOf(engine: Engine, id: string): Promise<readonly Artifact[]> {
	const run = found(await readRun(engine.ports.store, id), `there is no run ${id}`);
	return engine.ports.storage.artifacts.list(run.project, id);
}

async function artifactAt(engine: Engine, run: string, id: number): Promise<Artifact> {
	const artifact = (await artifactsOf(engine, run)).find((other) => other.id === id);
	return found(artifact, `run ${run} has no artifact ${id}`);
}

async function zipOf(engine: Engine, artifact: Artifact) {
	const content = await engine.ports.storage.artifacts.content(artifact);
	const packed = artifact.mime === 'application/zip' ? content : undefined;
	return openZip(found(packed, 'the artifact is one file, not packed'));
}

function itemOf({ id, name, job, mime, sizeBytes, sha256, createdAt, expiresAt }: Artifact): ArtifactItem {
	return { id, name, job, mime, sizeBytes, sha256, createdAt, expiresAt };
}
