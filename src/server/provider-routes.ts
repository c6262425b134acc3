import { z } from '@hono/zod-openapi';
import { NewProvider, OldProvider, ProviderItem } from '#core/api-access.ts';
import type { Access } from './access/access.ts';
import { callerIn } from './authorise.ts';
import { type Api, jsonBody, jsonRoute } from './route.ts';

/** Services that vouch for people, by OpenID Connect. */
export function providerRoutes(api: Api, { providers }: Access): void {
	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/providers',
			summary: 'The sign-in providers',
			request: {},
			answer: z.object({ items: z.array(ProviderItem).readonly() }),
		}),
		async (c) => c.json({ items: await providers.list() }, 200),
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/providers',
			summary: 'Set a sign-in provider; it is asked to describe itself',
			request: { body: jsonBody(NewProvider) },
			answer: z.object({}),
		}),
		async (c) => {
			const { clientSecret, ...provider } = c.req.valid('json');
			await providers.set(callerIn(c).by, provider, clientSecret);
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/providers/remove',
			summary: 'Remove a sign-in provider; the roles that its groups gave go with it',
			request: { body: jsonBody(OldProvider) },
			answer: z.object({}),
		}),
		async (c) => {
			await providers.remove(callerIn(c).by, c.req.valid('json').provider);
			return c.json({}, 200);
		},
	);
}
