import type { Role } from '#core/access/access.ts';
import { memoryBlobs } from '#edge/blob/memory.ts';
import { fakeVault } from '#edge/vault/fake.ts';
import type { Engine } from '#engine/engine.ts';
import type { Ports } from '#engine/ports.ts';
import { openStorage } from '#engine/storage/storage.ts';
import { type Access, openAccess } from '#server/access/access.ts';
import { type ApiOptions, createApi } from '#server/server.ts';
import { seededRecord } from './e2e/seed.ts';
import type { Seeded } from './e2e/seed-record.ts';

/** Passwords that are quick to check. */
export const cheap = { memoryKib: 64, passes: 1, lanes: 1 };
export const goodPassword = 'three blind mice run';
export const localKey = 'the-key-of-the-data-folder';

export type Headers = { readonly [name: string]: string };

/** The API on a record with two projects, with accounts, and a clock that stands still until it is moved. */
export interface AccessWorld extends AsyncDisposable {
	readonly record: Seeded;
	readonly engine: Engine;
	readonly access: Access;
	readonly api: ReturnType<typeof createApi>;
	/** Moves the clock. */
	pass(ms: number): void;
	get(path: string, headers?: Headers): Promise<Response>;
	post(path: string, body?: unknown, headers?: Headers): Promise<Response>;
	/** An account with a role in a project, `*` for everywhere; its id. */
	person(name: string, role?: Role, project?: string): Promise<string>;
	/** Signs in; what the browser sends from then on. */
	signIn(name: string, password?: string): Promise<Headers>;
	/** What a program sends with a token of all rights of its person. */
	token(
		person: string,
		more?: { readonly scopes?: readonly string[]; readonly projects?: readonly string[] },
	): Promise<Headers>;
	/** Kinds of the events that access has made, oldest first. */
	told(): Promise<readonly string[]>;
}

export async function accessWorld(options: Partial<ApiOptions> & { readonly url?: string } = {}): Promise<AccessWorld> {
	const record = await seededRecord();
	let shift = 0;
	const now = () => Date.now() + shift;
	const clock = { ...record.engine.ports.clock, now };
	const storage = openStorage({ store: record.store, blobs: memoryBlobs(), clock, newId: () => crypto.randomUUID() });
	const ports: Ports = { ...record.engine.ports, clock, storage, vault: fakeVault() };
	const engine: Engine = { ...record.engine, ports };
	const access = openAccess({
		...ports,
		localKey,
		cost: cheap,
		...(options.url === undefined ? {} : { url: options.url }),
	});
	const api = createApi(engine, { access, ...options });
	const get: AccessWorld['get'] = async (path, headers = {}) =>
		api.request(`/api/v1${path}`, { headers: { host: 'localhost', ...headers } });
	const post: AccessWorld['post'] = async (path, body = {}, headers = {}) =>
		api.request(`/api/v1${path}`, {
			method: 'POST',
			headers: { host: 'localhost', 'content-type': 'application/json', ...headers },
			body: typeof body === 'string' ? body : JSON.stringify(body),
		});
	return {
		...{ record, engine, access, api, get, post },
		pass: (ms) => {
			shift += ms;
		},
		async person(name, role, project = '*') {
			const grants = role === undefined ? [] : [{ project, role }];
			return (await access.people.add('local', { name, password: goodPassword, way: 'invited', grants })).person;
		},
		async signIn(name, password = goodPassword) {
			return browserOf(await post('/sign-in', { name, password }));
		},
		async token(person, { scopes = ['read', 'run', 'deploy', 'configure'], projects } = {}) {
			const limits = { scopes: scopes as never, ...(projects === undefined ? {} : { projects }) };
			const { text } = await access.tokens.make(person, { person, name: 'test', ...limits });
			return { authorization: `Bearer ${text}` };
		},
		async told() {
			const all = await record.store.readAfter(0, 100_000);
			return all.filter(({ stream }) => /^(access|settings)\//.test(stream)).map(({ event }) => event.kind);
		},
		[Symbol.asyncDispose]: () => record.close(),
	};
}

/** The cookie of an answer, and the proof that it brought, as the page sends them. */
export async function browserOf(answer: Response): Promise<Headers> {
	if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
	const { proof } = (await answer.json()) as { readonly proof: string };
	const cookie = answer.headers.getSetCookie().map((text) => text.split(';')[0]);
	return { cookie: cookie.join('; '), 'x-footbridge-proof': proof, 'sec-fetch-site': 'same-origin' };
}

/** The code of the first problem of an answer. */
export async function codeOf(answer: Response): Promise<string> {
	const body = (await answer.json()) as { readonly problems?: readonly { readonly code: string }[] };
	return body.problems?.[0]?.code ?? '';
}
