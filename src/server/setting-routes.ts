import { z } from '@hono/zod-openapi';
import { NewSetting, OldSetting, SettingItem } from '#core/api-access.ts';
import { scopeOf } from '#core/secret.ts';
import type { Settings } from '#engine/settings.ts';
import { callerIn } from './authorise.ts';
import { badRequest, granted } from './problems.ts';
import { type Api, jsonBody, jsonRoute } from './route.ts';

const place = z.object({ project: z.string().optional(), environment: z.string().optional() });

/** Secrets, which can be set and not read, and variables, of the server, of projects and of their environments. */
export function settingRoutes(api: Api, settings: Settings): void {
	for (const [kind, path] of [
		['secret', '/secrets'],
		['variable', '/variables'],
	] as const) {
		api.openapi(
			jsonRoute({
				method: 'get',
				path,
				summary: kind === 'secret' ? 'Names of secrets' : 'Variables',
				request: { query: place },
				answer: z.object({ items: z.array(SettingItem).readonly() }),
			}),
			async (c) => c.json({ items: await settings.list(kind, placed(c.req.valid('query'))) }, 200),
		);

		api.openapi(
			jsonRoute({
				method: 'post',
				path,
				summary: `Set a ${kind}`,
				request: { body: jsonBody(NewSetting) },
				answer: z.object({}),
			}),
			async (c) => {
				const { name, value, ...where } = c.req.valid('json');
				granted(await settings.set(callerIn(c).by, kind, { scope: placed(where), name, value }));
				return c.json({}, 200);
			},
		);

		api.openapi(
			jsonRoute({
				method: 'post',
				path: `${path}/remove`,
				summary: `Remove a ${kind}`,
				request: { body: jsonBody(OldSetting) },
				answer: z.object({}),
			}),
			async (c) => {
				const { name, ...where } = c.req.valid('json');
				granted(await settings.remove(callerIn(c).by, kind, placed(where), name));
				return c.json({}, 200);
			},
		);
	}

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/secrets/rotate',
			summary: 'Change the key that all secrets are encrypted with',
			request: {},
			answer: z.object({ secrets: z.int() }),
		}),
		async (c) => c.json({ secrets: await settings.rotate(callerIn(c).by) }, 200),
	);
}

function placed({
	project,
	environment,
}: {
	readonly project?: string | undefined;
	readonly environment?: string | undefined;
}) {
	if (project === undefined && environment !== undefined) badRequest('an environment is of a project: name it, too');
	return scopeOf(project, environment);
}
