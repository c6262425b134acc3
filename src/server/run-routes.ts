import { z } from '@hono/zod-openapi';
import { Cancel, MakePlan, Rerun, StartRuns } from '#core/api.ts';
import { callerIn, seen } from './authorise.ts';
import { found, granted } from './problems.ts';
import { given, jsonBody, jsonRoute, pageOf, pageQuery, type Routes, toPage } from './route.ts';
import { readRun } from './run-view.ts';
import { PlanView, RunItem, RunView, StartedRuns } from './schemas.ts';

const runParam = z.object({ run: z.string() });

/** Runs: list, one, plan, start, cancel. */
export const runRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs',
			summary: 'Runs, newest first',
			request: {
				query: z.object({
					project: z.string().optional(),
					workflow: z.string().optional(),
					ref: z.string().optional().openapi({ description: 'A branch, or a full ref' }),
					sha: z.string().optional(),
					status: z.string().optional().openapi({ description: 'One status word, or several with commas' }),
					...pageQuery,
				}),
			},
			answer: pageOf(RunItem),
		}),
		async (c) => {
			const { limit, ref, status, ...filters } = c.req.valid('query');
			const rows = await engine.ports.store.runs({
				...given(filters),
				...seen(c),
				...(ref === undefined ? {} : { ref: ref.startsWith('refs/') ? ref : `refs/heads/${ref}` }),
				...(status === undefined ? {} : { status: status.split(',') }),
				limit: limit + 1,
			});
			return c.json(toPage(rows, limit), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/runs/{run}',
			summary: 'One run with its jobs and steps',
			request: { params: runParam },
			answer: RunView,
		}),
		async (c) => {
			const { run: id } = c.req.valid('param');
			const run = await readRun(engine.ports.store, id);
			return c.json(found(run, `there is no run ${id}`), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/plans',
			summary: 'What a run would be; nothing is started',
			request: { body: jsonBody(MakePlan) },
			answer: PlanView,
		}),
		async (c) => {
			return c.json(granted(await engine.plan(c.req.valid('json'))), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/runs',
			summary: 'Start the workflows of a commit',
			request: { body: jsonBody(StartRuns) },
			answer: StartedRuns,
		}),
		async (c) => {
			return c.json(granted(await engine.startRuns(c.req.valid('json'), callerIn(c).by)), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/runs/{run}/cancel',
			summary: 'Ask a run to stop',
			request: { params: runParam, body: jsonBody(Cancel) },
			answer: z.object({}),
		}),
		async (c) => {
			granted(await engine.cancelRun(c.req.valid('param').run, c.req.valid('json').why, callerIn(c).by));
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/runs/{run}/rerun',
			summary: 'Let jobs of a run happen again',
			request: { params: runParam, body: jsonBody(Rerun) },
			answer: z.object({ run: z.string() }),
		}),
		async (c) => {
			const { run } = c.req.valid('param');
			granted(await engine.rerun(run, c.req.valid('json'), callerIn(c).by));
			return c.json({ run }, 200);
		},
	);
};
