import type { SessionRow } from '#edge/store/register.ts';
import type { Keeper } from './keeper.ts';
import { hashOf, isSame, randomText } from './secret-text.ts';

/** Sessions of browsers: a cookie that says who, and a proof that only the page itself knows. */
export interface Sessions {
	/** Always a new one, whatever the browser had: nobody can hand somebody a session beforehand. */
	start(person: string, how: { readonly way: string; readonly device: string }): Promise<StartedSession>;
	/** The session of a cookie, when it is not over. */
	find(cookie: string): Promise<SessionRow | undefined>;
	list(person: string): Promise<readonly SessionRow[]>;
	/** Ends sessions of a person: one, or all but one. */
	end(by: string, person: string, which: EndedSessions): Promise<void>;
}

export interface StartedSession {
	readonly session: string;
	readonly cookie: string;
	readonly proof: string;
	/** Ms since the epoch. */
	readonly expiresAt: number;
}

export type EndedSessions = { readonly only: string } | { readonly except: string | undefined };

const day = 24 * 60 * 60_000;
/** A session ends when it was not used for so long, */
export const idleMs = 7 * day;
/** and in any case after so long. */
export const longestMs = 30 * day;
/** How exactly it is known when one was last used. */
const touchMs = 60_000;

export function openSessions(keeper: Keeper): Sessions {
	const isOver = ({ usedAt, expiresAt }: SessionRow) => keeper.now() >= Math.min(expiresAt, usedAt + idleMs);
	return {
		async start(person, { way, device }) {
			const [cookie, proof, now] = [randomText(), randomText(), keeper.now()];
			const session = keeper.newId('s');
			const hashes = { hash: hashOf(cookie), proof: hashOf(proof) };
			const times = { madeAt: now, usedAt: now, expiresAt: now + longestMs };
			const over = (await keeper.find('session', { person })).filter(isOver);
			await keeper.write(
				{ by: person, events: [] },
				...over.map((row) => ({ remove: 'session' as const, where: { session: row.session } })),
				{ put: 'session', row: { session, ...hashes, person, way, device, ...times } },
			);
			return { session, cookie, proof, expiresAt: times.expiresAt };
		},
		async find(cookie) {
			const [row] = await keeper.find('session', { hash: hashOf(cookie) });
			if (row === undefined || isOver(row)) return undefined;
			const { session } = row;
			if (keeper.now() - row.usedAt > touchMs)
				keeper.touch({ update: 'session', where: { session }, set: { usedAt: keeper.now() } });
			return row;
		},
		list: async (person) => (await keeper.find('session', { person })).filter((row) => !isOver(row)),
		end: (by, person, which) =>
			keeper.inTurn(async () => {
				const all = await keeper.find('session', { person });
				const ended = all.filter(({ session }) =>
					'only' in which ? session === which.only : session !== which.except,
				);
				const sessions = 'only' in which ? 'this' : which.except === undefined ? 'all' : 'others';
				await keeper.write(
					{ by, person, events: [{ kind: 'signed-out', person, sessions }] },
					...ended.map(({ session }) => ({ remove: 'session' as const, where: { session } })),
				);
			}),
	};
}

/** Whether a request brings the proof of its session. */
export function isProved(session: Pick<SessionRow, 'proof'>, proof: string | undefined): boolean {
	return proof !== undefined && isSame(hashOf(proof), session.proof);
}
