import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as WebStream } from 'node:stream/web';
import type { ArtifactItem } from '#core/api-artifacts.ts';
import { shownBytes } from '#core/isolation/cgroup-files.ts';
import { ProblemError } from '#core/result.ts';
import { formatAgo } from '#core/time-text.ts';
import type { Client } from './client.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { findRun } from './find-run.ts';
import { clean } from './line-fit.ts';

export interface ArtifactsOptions {
	/** Names of those to download. */
	readonly download?: readonly string[];
	/** Download all. */
	readonly all?: boolean;
	/** Folder to put them in. */
	readonly to: string;
	readonly json?: boolean;
}

/** Lists the artifacts of a run, or downloads some. */
export async function artifactsCommand(
	name: string,
	options: ArtifactsOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const run = await findRun(client, context, name);
		const { items } = await client.get<{ readonly items: readonly ArtifactItem[] }>(`/runs/${run.id}/artifacts`);
		const wanted = wantedOf(items, options);
		for (const item of wanted) {
			const path = await download(client, { run: run.id, item, folder: options.to });
			if (options.json !== true) context.out.print(`${clean(item.name)} is in ${path}`);
		}
		if (options.json === true) printJson(context, { run: run.id, items });
		else if (wanted.length === 0)
			context.out.print(...(items.length === 0 ? [`Run #${run.number} has no artifacts.`] : rows(items, Date.now())));
		return 0;
	});
}

function wantedOf(items: readonly ArtifactItem[], { download: names = [], all }: ArtifactsOptions) {
	if (all === true) return items;
	return names.map((name) => {
		const item = items.find((other) => other.name === name || String(other.id) === name);
		if (item !== undefined) return item;
		const there = items.map((other) => other.name).join(', ');
		throw new ProblemError({
			code: 'FB0140',
			what: `the run has no artifact ${name}`,
			why: items.length === 0 ? 'it has none' : `it has ${there}`,
			next: 'footbridge artifacts <run>',
		});
	});
}

interface Download {
	readonly run: string;
	readonly item: ArtifactItem;
	readonly folder: string;
}

/** As it was uploaded: an archive is not unpacked, and a file that is there stays. */
async function download(client: Client, { run, item, folder }: Download): Promise<string> {
	const file = item.mime === 'application/zip' ? `${item.name}.zip` : item.name;
	const path = join(folder, file);
	await mkdir(folder, { recursive: true });
	const content = await client.content(`/runs/${run}/artifacts/${item.id}/content`);
	try {
		await pipeline(Readable.fromWeb(content as WebStream), createWriteStream(path, { flags: 'wx' }));
	} catch (error) {
		const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
		throw isThere
			? new ProblemError({ code: 'FB0141', what: `${path} is there already`, next: 'another folder: --to <folder>' })
			: error;
	}
	return path;
}

function rows(items: readonly ArtifactItem[], now: number): readonly string[] {
	const widest = Math.max(...items.map(({ name }) => clean(name).length));
	return items.map(({ name, sizeBytes, job, createdAt, expiresAt }) => {
		const days = Math.max(0, Math.round((Date.parse(expiresAt) - now) / 86_400_000));
		const about = `${clean(job)}, ${formatAgo(now - Date.parse(createdAt))}, kept for ${days} more days`;
		return `${clean(name).padEnd(widest)}  ${shownBytes(sizeBytes).padStart(10)}  ${about}`;
	});
}
