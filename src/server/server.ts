import type { Server as HttpServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { serve as listen } from '@hono/node-server';
import { OpenAPIHono } from '@hono/zod-openapi';
import { bodyLimit } from 'hono/body-limit';
import { compress } from 'hono/compress';
import { ProblemError } from '#core/result.ts';
import type { Engine } from '#engine/engine.ts';
import { openSettings } from '#engine/settings.ts';
import type { Access } from './access/access.ts';
import { accountRoutes } from './account-routes.ts';
import { artifactRoutes } from './artifact-routes.ts';
import { auditRoutes } from './audit-routes.ts';
import { authorise } from './authorise.ts';
import { bodyDeadline } from './body-deadline.ts';
import { deploymentRoutes, environmentRoutes } from './environment-routes.ts';
import { type EventStreamPace, eventRoutes } from './event-routes.ts';
import { guard, securityHeaders } from './guard.ts';
import { logRoutes } from './log-routes.ts';
import { peopleRoutes } from './people-routes.ts';
import { notFound, onError, problemResponse } from './problems.ts';
import { projectsOf } from './project-of.ts';
import { projectRoutes } from './project-routes.ts';
import { providerRoutes } from './provider-routes.ts';
import type { Api } from './route.ts';
import { runRoutes } from './run-routes.ts';
import { sessionRoutes } from './session-routes.ts';
import { settingRoutes } from './setting-routes.ts';
import { webFiles } from './web-files.ts';

export interface ApiOptions {
	/** Who may do what. */
	readonly access: Access;
	/** Folder of the built page; absent: where `npm run build` puts it. */
	readonly web?: string;
	/** Names besides loopback that the server may be asked by. */
	readonly hosts?: readonly string[];
	/** Shown in the OpenAPI document. */
	readonly version?: string;
	/** For tests. */
	readonly pace?: Partial<EventStreamPace> & { readonly bodyMs?: number; readonly mostStreams?: number };
}

/** Everything that Footbridge answers over HTTP: `/api/v1`, its description, and the page. Holds nothing open by itself. */
export function createApi(engine: Engine, options: ApiOptions): Api {
	const app = new OpenAPIHono();
	app.onError(onError);
	const { url } = options.access;
	app.use(
		securityHeaders(url),
		guard([...(options.hosts ?? []), ...(url === undefined ? [] : [new URL(url).hostname])]),
	);
	app.get('/healthz', async (c) => {
		await engine.ports.store.head();
		return c.json({ status: 'ok' }, 200, { 'Cache-Control': 'no-store' });
	});
	app.route('/api/v1', apiV1(engine, options));
	app.all('/api/*', notFound);
	app.use(compress(), webFiles(options.web ?? builtPage));
	app.notFound(notFound);
	return app;
}

const builtPage = fileURLToPath(new URL('../../dist/web', import.meta.url));

function apiV1(engine: Engine, options: ApiOptions): Api {
	const api: Api = new OpenAPIHono({
		defaultHook: (result, c) => {
			if (result.success) return;
			const problems = result.error.issues.map(({ path, message }) => ({
				code: 'FB6002',
				what: path.length === 0 ? `the request is not valid: ${message}` : `${path.join('.')} is not valid: ${message}`,
			}));
			return problemResponse(c, 400, problems);
		},
	});
	api.onError(onError);
	api.use(
		bodyLimit({
			maxSize: 1024 * 1024,
			onError: (c) => problemResponse(c, 413, [{ code: 'FB6003', what: 'the request is larger than 1 MiB' }]),
		}),
	);
	const projectOf = projectsOf(engine.ports.store);
	api.use(bodyDeadline(options.pace?.bodyMs ?? 30_000), authorise(options.access, projectOf));
	api.use(async (c, next) => {
		await next();
		if (!c.res.headers.has('Cache-Control')) c.res.headers.set('Cache-Control', 'no-store');
	});
	for (const add of [projectRoutes, runRoutes, logRoutes, artifactRoutes, environmentRoutes, deploymentRoutes])
		add(api, engine);
	eventRoutes(api, engine, { ...options, projectOf });
	for (const add of [sessionRoutes, accountRoutes, peopleRoutes, providerRoutes]) add(api, options.access);
	settingRoutes(api, openSettings(engine.ports));
	auditRoutes(api, options.access, engine.ports.store);
	api.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
	api.doc31('/openapi.json', {
		openapi: '3.1.0',
		security: [{ token: [] }],
		info: { title: 'Footbridge', version: options.version ?? '0' },
		servers: [{ url: '/api/v1' }],
	});
	return api;
}

export interface Listening {
	/** `http://127.0.0.1:4455` */
	readonly url: string;
	readonly port: number;
	/** Answers what is being asked, for half a second at most, and ends all streams: their clients resume at the next start. */
	close(): Promise<void>;
}

/** Listens; throws FB6021 when the address cannot be had. `port` 0 lets the system choose. */
export async function serve(
	app: Pick<Api, 'fetch'>,
	{ port, host = '127.0.0.1' }: { readonly port: number; readonly host?: string },
): Promise<Listening> {
	const server = await new Promise<HttpServer>((resolve, reject) => {
		const serverOptions = { headersTimeout: 10_000, connectionsCheckingInterval: 5000, maxHeaderSize: 16 * 1024 };
		const created = listen({ fetch: app.fetch, port, hostname: host, serverOptions }, () =>
			resolve(created as HttpServer),
		);
		(created as HttpServer).maxConnections = 10_000;
		created.once('error', (error: NodeJS.ErrnoException) => reject(new ProblemError(cannotListen(error, host, port))));
	});
	const address = server.address();
	const taken = typeof address === 'object' && address !== null ? address.port : port;
	return {
		url: `http://${host.includes(':') ? `[${host}]` : host}:${taken}`,
		port: taken,
		close: () => close(server),
	};
}

function cannotListen(error: NodeJS.ErrnoException, host: string, port: number) {
	const isTaken = error.code === 'EADDRINUSE';
	return {
		code: 'FB6021',
		what: `cannot listen on ${host}:${port}`,
		why: isTaken ? 'another program listens there already' : error.message,
		next: isTaken ? 'stop the other program, or choose another port with --port' : 'choose another address with --host',
	};
}

async function close(server: HttpServer): Promise<void> {
	const closed = new Promise<void>((resolve) => server.close(() => resolve()));
	server.closeIdleConnections();
	const timer = setTimeout(() => server.closeAllConnections(), 500);
	await closed;
	clearTimeout(timer);
}
