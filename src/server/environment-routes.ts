import { z } from '@hono/zod-openapi';
import { type DeploymentView as Shown, StartDeployment } from '#core/api.ts';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import type { Store } from '#edge/store/store.ts';
import { callerIn, seen } from './authorise.ts';
import { found, granted } from './problems.ts';
import { given, jsonBody, jsonRoute, pageOf, pageQuery, type Routes, toPage } from './route.ts';
import { DeploymentItem, DeploymentView, Environment, IncidentItem, Metrics } from './schemas.ts';

const place = z.object({ project: z.string(), environment: z.string() });
const filters = { project: z.string().optional(), environment: z.string().optional() };

/** Environments, what is deployed to them, what went wrong in them, and their numbers. */
export const environmentRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/environments',
			summary: 'Environments and what serves in them now',
			request: { query: z.object({ project: z.string().optional() }) },
			answer: z.object({ items: z.array(Environment).readonly() }),
		}),
		async (c) => {
			const { projects } = seen(c);
			const shown = await engine.environments(c.req.valid('query').project);
			return c.json({ items: shown.filter(({ project }) => projects?.includes(project) ?? true) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/environments/{project}/{environment}',
			summary: 'One environment',
			request: { params: place },
			answer: Environment,
		}),
		async (c) => {
			const { project, environment: name } = c.req.valid('param');
			const shown = (await engine.environments(project)).find((other) => other.environment === name);
			return c.json(found(shown, `${project} has no environment ${name}`), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/metrics/{project}/{environment}',
			summary: 'The four delivery metrics and the objective of an environment',
			request: {
				params: place,
				query: z.object({ days: z.coerce.number().int().min(1).max(365).default(30) }),
			},
			answer: Metrics,
		}),
		async (c) => {
			const { project, environment } = c.req.valid('param');
			return c.json(granted(await engine.metrics(project, environment, c.req.valid('query').days)), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/incidents',
			summary: 'Incidents, newest first',
			request: {
				query: z.object({ ...filters, open: z.enum(['true', 'false']).optional(), ...pageQuery }),
			},
			answer: pageOf(IncidentItem),
		}),
		async (c) => {
			const { limit, open, ...wanted } = c.req.valid('query');
			const rows = await engine.ports.store.incidents({
				...given(wanted),
				...seen(c),
				...(open === undefined ? {} : { isOpen: open === 'true' }),
				limit: limit + 1,
			});
			return c.json(toPage(rows, limit), 200);
		},
	);
};

/** Deployments: list, one, start. */
export const deploymentRoutes: Routes = (api, engine) => {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/deployments',
			summary: 'Deployments, newest first',
			request: { query: z.object({ ...filters, ...pageQuery }) },
			answer: pageOf(DeploymentItem),
		}),
		async (c) => {
			const { limit, ...wanted } = c.req.valid('query');
			const rows = await engine.ports.store.deployments({ ...given(wanted), ...seen(c), limit: limit + 1 });
			return c.json(toPage(rows, limit), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/deployments/{deployment}',
			summary: 'One deployment with everything that happened in it',
			request: { params: z.object({ deployment: z.string() }) },
			answer: DeploymentView,
		}),
		async (c) => {
			const { deployment: id } = c.req.valid('param');
			const deployment = await readDeployment(engine.ports.store, id);
			return c.json(found(deployment, `there is no deployment ${id}`), 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/deployments',
			summary: 'Put a commit into an environment',
			request: { body: jsonBody(StartDeployment) },
			answer: z.object({ deployment: z.string() }),
		}),
		async (c) => {
			return c.json(granted(await engine.deploy(c.req.valid('json'), callerIn(c).by)), 200);
		},
	);
};

async function readDeployment(store: Pick<Store, 'read'>, id: string): Promise<Shown | undefined> {
	const events = await store.read(`deployment/${id}`);
	const deployment = events.reduce<Deployment | undefined>(evolve, undefined);
	return deployment === undefined ? undefined : { ...deployment, head: events.at(-1)?.seq ?? deployment.seq };
}
