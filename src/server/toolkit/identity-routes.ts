import { randomUUID } from 'node:crypto';
import type { Hono } from 'hono';
import { identityClaims } from '#core/job/identity-claims.ts';
import type { IdentityKey } from './identity-key.ts';
import { sessionOf, type Toolkit } from './toolkit-context.ts';

/** Who signs identity tokens, and under which name. */
export interface Identity {
	readonly key: () => Promise<IdentityKey>;
	/** Where whoever checks a token finds the key: the `iss` of tokens. */
	readonly issuer: () => string;
}

const lifeSeconds = 900;

/** Tells who checks tokens with which key they are signed. */
export function identityDiscovery(app: Hono, { key, issuer }: Identity): void {
	app.get('/.well-known/openid-configuration', (c) =>
		c.json({
			issuer: issuer(),
			jwks_uri: `${issuer()}/.well-known/jwks`,
			subject_types_supported: ['public', 'pairwise'],
			response_types_supported: ['id_token'],
			claims_supported: ['sub', 'aud', 'exp', 'iat', 'iss', 'jti', 'nbf', ...Object.keys(identityClaims(nobody))],
			id_token_signing_alg_values_supported: ['RS256'],
			scopes_supported: ['openid'],
		}),
	);
	app.get('/.well-known/jwks', async (c) => c.json({ keys: [(await key()).jwk] }));
}

const nobody = { github: {}, environment: '', jobWorkflowRef: '' };

/** Gives a job with `id-token: write` a token that says who it is. */
export function identityTokens(app: Hono, toolkit: Toolkit, { key, issuer }: Identity): void {
	app.get('/identity/token', async (c) => {
		const session = sessionOf(toolkit, c, 'identity');
		if (session === undefined) return c.json({ message: 'the token is not the one of a running job' }, 401);
		const { job } = session;
		if (job.permissions['id-token'] !== 'write')
			return c.json({ message: 'the job has no permission id-token: write' }, 403);
		const audience = c.req.query('audience');
		if (audience !== undefined && audience.length > 1000) return c.json({ message: 'the audience is too long' }, 400);
		const seconds = Math.floor(toolkit.clock.now() / 1000);
		const owner = String(job.github['repository_owner'] ?? '');
		const claims = {
			...identityClaims(job),
			jti: randomUUID(),
			aud: audience === undefined || audience === '' ? `${String(job.github['server_url'] ?? '')}/${owner}` : audience,
			iss: issuer(),
			iat: seconds,
			nbf: seconds - 300,
			exp: seconds + lifeSeconds,
		};
		return c.json({ count: 1, value: (await key()).sign(claims) });
	});
}
