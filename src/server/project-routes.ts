import { z } from '@hono/zod-openapi';
import { AddProject } from '#core/api.ts';
import { callerIn, seen } from './authorise.ts';
import { granted } from './problems.ts';
import { jsonBody, jsonRoute, type Routes } from './route.ts';
import { Project } from './schemas.ts';

/** Repositories that Footbridge looks after. */
export const projectRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/projects',
			summary: 'The projects, newest first',
			request: {},
			answer: z.object({ items: z.array(Project).readonly() }),
		}),
		async (c) => {
			const { projects } = seen(c);
			const rows = await engine.ports.store.projects();
			return c.json({ items: rows.filter(({ project }) => projects?.includes(project) ?? true) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/projects',
			summary: 'Add a repository on this machine',
			request: { body: jsonBody(AddProject) },
			answer: Project,
		}),
		async (c) => {
			return c.json(granted(await engine.addProject(c.req.valid('json').path, callerIn(c).by)), 200);
		},
	);
};
