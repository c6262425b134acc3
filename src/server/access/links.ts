import type { LinkRow } from '#edge/store/register.ts';
import type { Keeper } from './keeper.ts';
import { hashOf, randomText } from './secret-text.ts';

/** Links that work once, and not for long. Their code stands behind a `#`: no server and no log gets to see it. */
export interface Links {
	make(purpose: LinkRow['purpose'], person: string | null, ms: number): Promise<string>;
	/** Whether a code would work. */
	look(purpose: LinkRow['purpose'], code: string): Promise<LinkRow | undefined>;
	/** Uses a code up: of two at the same time one gets it. */
	take(purpose: LinkRow['purpose'], code: string): Promise<LinkRow | undefined>;
}

export function openLinks(keeper: Keeper): Links {
	const look: Links['look'] = async (purpose, code) => {
		const [row] = await keeper.find('link', { hash: hashOf(code) });
		return row?.purpose === purpose && keeper.now() < row.expiresAt ? row : undefined;
	};
	return {
		look,
		async make(purpose, person, ms) {
			const code = randomText();
			const now = keeper.now();
			const over = (await keeper.find('link')).filter(({ expiresAt }) => now >= expiresAt);
			await keeper.write(
				{ by: 'system', events: [] },
				...over.map(({ hash }) => ({ remove: 'link' as const, where: { hash } })),
				{ put: 'link', row: { hash: hashOf(code), purpose, person, expiresAt: now + ms } },
			);
			return code;
		},
		take: (purpose, code) =>
			keeper.inTurn(async () => {
				const row = await look(purpose, code);
				if (row !== undefined)
					await keeper.write({ by: 'system', events: [] }, { remove: 'link', where: { hash: row.hash } });
				return row;
			}),
	};
}
