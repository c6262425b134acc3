import { createHash, createHmac, randomBytes, randomUUID } from 'node:crypto';
import { type CacheScopes, cacheScopes } from '#core/cache/cache-scope.ts';
import type { ServedJob } from '#engine/services.ts';
import type { ArtifactDraft } from '#engine/storage/artifacts.ts';
import type { CacheDraft } from '#engine/storage/caches.ts';

/** A job that is served. */
export interface Session {
	/** Stands for the job in what clients send. */
	readonly id: string;
	readonly job: ServedJob;
	readonly scopes: CacheScopes;
	/** What is being uploaded, by the id of its content. */
	readonly drafts: Map<string, Draft>;
	readonly tokens: { readonly runtime: string; readonly api: string; readonly identity: string };
}

export type Draft =
	| { readonly kind: 'artifact'; readonly artifact: ArtifactDraft & { readonly mime: string; readonly days?: number } }
	| {
			readonly kind: 'cache';
			readonly cache: CacheDraft;
			/** Number that clients of version 1 know it by, and the pieces they sent: size by where it begins. */
			readonly number: number;
			readonly pieces: Map<number, number>;
	  };

/** What a token is for; one for something else is no token. */
export type TokenUse = keyof Session['tokens'];

/** The jobs that run now. A token means one of them, or nothing. */
export class Sessions {
	readonly #byId = new Map<string, Session>();
	readonly #byToken = new Map<string, { readonly use: TokenUse; readonly session: Session }>();
	readonly #key = randomBytes(32);

	open(job: ServedJob, issuedAt: number): Session {
		const id = randomUUID();
		const session: Session = {
			id,
			job,
			scopes: cacheScopes(job.trigger, job.defaultBranch),
			drafts: new Map(),
			tokens: {
				runtime: this.#runtimeToken(id, job, issuedAt),
				api: `fbt_${randomBytes(30).toString('base64url')}`,
				identity: `fbi_${randomBytes(30).toString('base64url')}`,
			},
		};
		this.#byId.set(id, session);
		for (const use of ['runtime', 'api', 'identity'] as const)
			this.#byToken.set(digest(session.tokens[use]), { use, session });
		return session;
	}

	close(session: Session): void {
		this.#byId.delete(session.id);
		for (const token of Object.values(session.tokens)) this.#byToken.delete(digest(token));
	}

	byId(id: string): Session | undefined {
		return this.#byId.get(id);
	}

	/** The job whose token an `Authorization` header holds. */
	byHeader(header: string | undefined, use: TokenUse): Session | undefined {
		const [, token] = /^(?:bearer|token) +(\S+)$/i.exec(header ?? '') ?? [];
		// Found by its digest: how long a wrong one takes tells nothing of the right one.
		const found = token === undefined ? undefined : this.#byToken.get(digest(token));
		return found?.use === use ? found.session : undefined;
	}

	/** The toolkits read their ids from it; they cannot check it, and need not: it is compared as a whole. */
	#runtimeToken(id: string, job: ServedJob, issuedAt: number): string {
		const { write, read } = cacheScopes(job.trigger, job.defaultBranch);
		const ac = read.map((scope) => ({ Scope: scope, Permission: scope === write ? 3 : 1 }));
		const seconds = Math.floor(issuedAt / 1000);
		const claims = {
			scp: `Actions.Results:${job.run}:${id}`,
			ac: JSON.stringify(ac),
			iat: seconds,
			nbf: seconds - 60,
			exp: seconds + 7 * 86_400,
			jti: randomUUID(),
		};
		const [head, body] = [{ typ: 'JWT', alg: 'HS256' }, claims].map((part) =>
			Buffer.from(JSON.stringify(part)).toString('base64url'),
		);
		return `${head}.${body}.${createHmac('sha256', this.#key).update(`${head}.${body}`).digest('base64url')}`;
	}
}

function digest(token: string): string {
	return createHash('sha256').update(token).digest('base64');
}
