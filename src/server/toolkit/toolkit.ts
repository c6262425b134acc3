import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { Clock } from '#edge/clock/clock.ts';
import type { Source } from '#edge/source/source.ts';
import type { Store } from '#edge/store/store.ts';
import type { JobServices, Services } from '#engine/services.ts';
import type { Storage } from '#engine/storage/storage.ts';
import { guard } from '../guard.ts';
import { type Listening, serve } from '../server.ts';
import { artifactService } from './artifact-service.ts';
import { blobRoutes } from './blob-routes.ts';
import { cacheService } from './cache-service.ts';
import { cacheV1 } from './cache-v1.ts';
import { type IdentityKey, identityKey } from './identity-key.ts';
import { type Identity, identityDiscovery, identityTokens } from './identity-routes.ts';
import { restRoutes } from './rest.ts';
import { restBase } from './rest-answers.ts';
import { type Session, Sessions } from './sessions.ts';
import { signedUrls } from './signed-urls.ts';
import type { Toolkit } from './toolkit-context.ts';

export interface ToolkitPorts {
	readonly storage: Storage;
	readonly store: Store;
	readonly source: Source;
	readonly clock: Clock;
	/** File of the key that identity tokens are signed with; made when it is first needed. */
	readonly keyFile: string;
	/** Under which address others find that key; absent: the services' own. */
	readonly issuer?: () => string | undefined;
}

/** The services of GitHub's toolkits on loopback. Nothing listens before the first job needs it. */
export function toolkitServices(ports: ToolkitPorts): Services & { readonly identity: Identity } {
	const sessions = new Sessions();
	let listening: Promise<Listening> | undefined;
	let url = '';
	let key: Promise<IdentityKey> | undefined;
	const identity: Identity = {
		key: () => {
			key ??= identityKey(ports.keyFile);
			key.catch(() => {
				key = undefined;
			});
			return key;
		},
		issuer: () => ports.issuer?.() ?? url,
	};
	const toolkit: Toolkit = { ...ports, sessions, urls: signedUrls(), origin: () => url };
	const start = async () => {
		listening ??= serve(toolkitApp(toolkit, identity), { port: 0, host: '127.0.0.1' });
		url = (await listening).url;
	};
	return {
		identity,
		async forJob(job) {
			await start();
			const session = sessions.open(job, ports.clock.now());
			return servicesOf(session, url, () => close(session));
		},
		async close() {
			await (await listening)?.close();
		},
	};

	async function close(session: Session): Promise<void> {
		sessions.close(session);
		// What was begun and not finished is nobody's.
		const drafts = [...session.drafts.values()];
		await Promise.all(
			drafts.map((draft) => ports.storage.abandon((draft.kind === 'artifact' ? draft.artifact : draft.cache).blob)),
		);
	}
}

const jsonLimit = 1024 * 1024;

/** Everything that is answered. */
function toolkitApp(toolkit: Toolkit, identity: Identity): Hono {
	const app = new Hono();
	app.use(guard([]));
	const limited = bodyLimit({ maxSize: jsonLimit, onError: (c) => c.json({ message: 'larger than 1 MiB' }, 413) });
	for (const path of ['/twirp/*', `${restBase}/*`, '/api/graphql']) app.use(path, limited);
	artifactService(app, toolkit);
	cacheService(app, toolkit);
	cacheV1(app, toolkit);
	blobRoutes(app, toolkit);
	identityDiscovery(app, identity);
	identityTokens(app, toolkit, identity);
	restRoutes(app, toolkit);
	app.onError((error, c) => {
		console.error(error);
		return c.json({ code: 'internal', msg: 'Footbridge itself failed', message: 'Footbridge itself failed' }, 500);
	});
	app.notFound((c) => c.json({ code: 'bad_route', msg: 'there is nothing here', message: 'Not Found' }, 404));
	return app;
}

/** Hosts whose name the toolkits take for one that has all services; for others they refuse themselves. */
const knownServer = /^https:\/\/(?:github\.com|[^/]+\.ghe\.com|[^/]+\.localhost)(?::\d+)?$/i;

function servicesOf({ job, tokens }: Session, url: string, close: () => Promise<void>): JobServices {
	const server = String(job.github['server_url'] ?? '');
	const mayIdentify = job.permissions['id-token'] === 'write';
	return {
		env: {
			ACTIONS_RUNTIME_TOKEN: tokens.runtime,
			ACTIONS_RUNTIME_URL: `${url}/`,
			ACTIONS_RESULTS_URL: `${url}/`,
			ACTIONS_CACHE_URL: `${url}/`,
			ACTIONS_CACHE_SERVICE_V2: 'true',
			...(job.hasForgeToken ? {} : { GITHUB_API_URL: `${url}${restBase}`, GITHUB_GRAPHQL_URL: `${url}/api/graphql` }),
			...(knownServer.test(server) ? {} : { GITHUB_SERVER_URL: 'https://footbridge.localhost' }),
		},
		stepEnv: mayIdentify
			? {
					ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/identity/token?api-version=2.0`,
					ACTIONS_ID_TOKEN_REQUEST_TOKEN: tokens.identity,
				}
			: {},
		token: tokens.api,
		secrets: Object.values(tokens),
		close,
	};
}
