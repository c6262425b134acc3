import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { LogMatches as Matches } from '#core/api.ts';
import { isEnded, type Job, type Run } from '#core/run.ts';
import type { LogLine, Logs } from '#edge/log/log.ts';
import type { Engine } from '#engine/engine.ts';
import { found } from './problems.ts';
import { jsonRoute, type Routes } from './route.ts';
import { readRun } from './run-view.ts';
import { LogLines, LogMatches } from './schemas.ts';

const jobParams = z.object({ run: z.string(), job: z.string().openapi({ description: "The job's key" }) });
const attempt = z.coerce.number().int().min(1).optional().openapi({ description: 'Absent: the newest' });

/** Logs of jobs, by line numbers: the whole log is never sent at once. */
export const logRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs/{run}/jobs/{job}/log',
			summary: 'Lines of a job’s log',
			request: {
				params: jobParams,
				query: z.object({
					from: z.coerce.number().int().min(1).default(1).openapi({ description: 'Number of the first line, from 1' }),
					limit: z.coerce.number().int().min(0).max(5000).default(500),
					wait: z.coerce
						.number()
						.min(0)
						.max(20)
						.default(0)
						.openapi({ description: 'Seconds to wait for line `from` to be written, while the job goes on' }),
					attempt,
				}),
			},
			answer: LogLines,
		}),
		async (c) => {
			const { run, job } = c.req.valid('param');
			const { from, limit, wait, attempt } = c.req.valid('query');
			const log = found(await findLog(engine, run, job, attempt), `run ${run} has no job ${job}`);
			if (wait > 0 && !log.ended) await lineOrEnd(engine, log, { from, ms: wait * 1000, signal: c.req.raw.signal });
			// Whether it ended is asked before the lines: an ended log has no more lines than these.
			const ended = log.ended || ((await findLog(engine, run, job, attempt))?.ended ?? true);
			const page = await engine.ports.logs.read(log.key, from, limit);
			const isWhole = ended && page.lines.length === limit;
			c.header('Cache-Control', isWhole && attempt !== undefined ? immutable : 'no-store');
			return c.json({ ...page, ended }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs/{run}/jobs/{job}/log/search',
			summary: 'Lines of a job’s log that hold a text, in any case',
			request: {
				params: jobParams,
				query: z.object({
					q: z.string().min(1).max(500),
					limit: z.coerce.number().int().min(1).max(5000).default(1000),
					attempt,
				}),
			},
			answer: LogMatches,
		}),
		async (c) => {
			const { run, job } = c.req.valid('param');
			const { q, limit, attempt } = c.req.valid('query');
			const log = found(await findLog(engine, run, job, attempt), `run ${run} has no job ${job}`);
			return c.json(await searchLog(engine.ports.logs, log.key, q, limit, c), 200);
		},
	);
};

const immutable = 'private, max-age=31536000, immutable';

interface FoundLog {
	readonly stream: string;
	readonly key: string;
	/** Nothing is added to it any more. */
	readonly ended: boolean;
}

async function findLog(
	engine: Engine,
	id: string,
	key: string,
	asked: number | undefined,
): Promise<FoundLog | undefined> {
	const run = await readRun(engine.ports.store, id);
	const job = run?.jobs.find((other) => other.key === key);
	if (run === undefined || job === undefined) return undefined;
	const attempt = asked ?? Math.max(1, job.attempt);
	return { stream: `run/${id}`, key: `${id}/${key}.${attempt}`, ended: attempt < job.attempt || hasEnded(run, job) };
}

function hasEnded(run: Run, job: Job): boolean {
	return isEnded(run.status) || isEnded(job.status);
}

/** Resolves when the line is there, when something happens to the run, or when the time is up. */
async function lineOrEnd(
	{ ports }: Engine,
	log: FoundLog,
	until: { readonly from: number; readonly ms: number; readonly signal: AbortSignal },
): Promise<void> {
	const { promise, resolve } = Promise.withResolvers<void>();
	const look = async () => {
		const { total } = await ports.logs.read(log.key, until.from, 0);
		if (total >= until.from) resolve();
	};
	const check = () => void look().catch(() => resolve());
	const unfollow = ports.logs.follow(log.key, check);
	const unsubscribe = ports.store.subscribe(({ stream, event }) => {
		if (stream === log.stream && (event.kind === 'job-finished' || event.kind === 'run-finished')) resolve();
	});
	const timer = setTimeout(resolve, until.ms);
	const onAbort = () => resolve();
	until.signal.addEventListener('abort', onAbort);
	check();
	await promise;
	clearTimeout(timer);
	until.signal.removeEventListener('abort', onAbort);
	unfollow();
	unsubscribe();
}

async function searchLog(logs: Logs, key: string, text: string, limit: number, c: Context): Promise<Matches> {
	const wanted = text.toLowerCase();
	const lines: LogLine[] = [];
	let [total, from] = [0, 1];
	while (!c.req.raw.signal.aborted) {
		const page = await logs.read(key, from, searchBlock);
		for (const line of page.lines) {
			if (!plain(line.text).toLowerCase().includes(wanted)) continue;
			total += 1;
			if (lines.length < limit) lines.push(line);
		}
		from += page.lines.length;
		if (page.lines.length === 0 || from > page.total) break;
		// A long log must not keep others waiting.
		await nextTurn();
	}
	return { total, searched: from - 1, lines };
}

const searchBlock = 2000;

/** What a reader sees: colours and other escape sequences are not part of the text. */
function plain(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
	return text.includes('\u001b') ? text.replaceAll(/\u001b\[[0-9;:]*[A-Za-z]/g, '') : text;
}
