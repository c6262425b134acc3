import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { failed, ok, type Result } from '#core/result.ts';
import type { RunningJob } from '../running-job.ts';
import type { ListAnswer, ListRequest } from './list-files-program.ts';

/** Files of the room that patterns name. */
export interface FoundFiles extends ListAnswer {
	/** A file in the room with their names, each with a NUL behind it. */
	readonly list: string;
}

/** Finds files in the room, as the job's user. FB2087: the patterns cannot be read, or a folder cannot be looked into. */
export async function listFiles(
	job: RunningJob,
	asked: Omit<ListRequest, 'list'>,
	timeout: AbortSignal,
): Promise<Result<FoundFiles>> {
	const folder = `${job.room.temp}/_builtin_${randomUUID()}`;
	const [program, request, list] = [`${folder}/builtin/list.ts`, `${folder}/request.json`, `${folder}/list`];
	for (const [source, target] of programs) await job.room.put(`${folder}/${target}`, await readFile(source, 'utf8'));
	await job.room.put(request, JSON.stringify({ ...asked, list } satisfies ListRequest));
	let said = '';
	const end = await job.room.run({
		argv: [`${job.ports.places.node}/node`, '--no-warnings', program, request],
		env: {},
		cwd: job.room.workspace,
		output: (chunk) => {
			said = (said + Buffer.from(chunk).toString()).slice(0, 65_536);
		},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	if (end.exitCode === 0) return ok({ ...(JSON.parse(said) as ListAnswer), list });
	const why =
		/^(?:Error|.*Error): (.*)$/m.exec(said)?.[1] ?? end.error ?? `the search ended with ${end.exitCode ?? end.signal}`;
	return failed({ code: 'FB2087', what: 'the files could not be found', why });
}

const programs: readonly (readonly [URL, string])[] = [
	[new URL('./list-files-program.ts', import.meta.url), 'builtin/list.ts'],
	[new URL('../hash-files-program.ts', import.meta.url), 'hash-files-program.ts'],
];
