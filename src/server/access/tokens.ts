import { randomBytes } from 'node:crypto';
import type { Permission, TokenLimits } from '#core/access/access.ts';
import { isTokenText, tokenBytes, tokenOf } from '#core/access/token-text.ts';
import type { TokenRow } from '#edge/store/register.ts';
import type { Keeper } from './keeper.ts';
import { hashOf } from './secret-text.ts';

/** Tokens of programs. Only their hashes are kept: one is shown once, when it is made. */
export interface Tokens {
	make(by: string, wanted: NewToken): Promise<{ readonly token: string; readonly text: string }>;
	/** The token of a text, when it is not over. */
	find(text: string): Promise<TokenRow | undefined>;
	/** Without a person: everybody's. */
	list(person?: string): Promise<readonly TokenRow[]>;
	revoke(by: string, row: Pick<TokenRow, 'token' | 'person'>): Promise<void>;
}

export interface NewToken extends TokenLimits {
	readonly person: string;
	readonly name: string;
	/** Ms since the epoch; absent: it does not end. */
	readonly expiresAt?: number;
}

const touchMs = 60_000;

export function openTokens(keeper: Keeper): Tokens {
	const isOver = ({ expiresAt }: TokenRow) => expiresAt !== null && keeper.now() >= expiresAt;
	return {
		async make(by, { person, name, scopes, projects, expiresAt }) {
			const text = tokenOf(randomBytes(tokenBytes));
			const token = keeper.newId('t');
			const limits = { scopes: scopes.join(','), projects: projects?.join(',') ?? null };
			const times = { madeAt: keeper.now(), usedAt: null, expiresAt: expiresAt ?? null };
			const until = expiresAt === undefined ? {} : { expiresAt: new Date(expiresAt).toISOString() };
			await keeper.write(
				{
					...{ by, person },
					events: [{ kind: 'token-made', person, token, scopes, ...(projects ? { projects } : {}), ...until }],
				},
				{ put: 'token', row: { token, hash: hashOf(text), person, name, ...limits, ...times } },
			);
			return { token, text };
		},
		async find(text) {
			if (!isTokenText(text)) return undefined;
			const [row] = await keeper.find('token', { hash: hashOf(text) });
			if (row === undefined || isOver(row)) return undefined;
			const now = keeper.now();
			if (now - (row.usedAt ?? 0) > touchMs)
				keeper.touch({ update: 'token', where: { token: row.token }, set: { usedAt: now } });
			return row;
		},
		list: async (person) => keeper.find('token', person === undefined ? {} : { person }),
		revoke: (by, { token, person }) =>
			keeper.write(
				{ by, person, events: [{ kind: 'token-revoked', person, token }] },
				{ remove: 'token', where: { token } },
			),
	};
}

/** What a token leaves of its person's rights. */
export function limitsOf({ scopes, projects }: Pick<TokenRow, 'scopes' | 'projects'>): TokenLimits {
	return {
		scopes: scopes.split(',') as Permission[],
		...(projects === null ? {} : { projects: projects.split(',') }),
	};
}
