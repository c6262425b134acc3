import type { Clock } from '#edge/clock/clock.ts';
import type { Store } from '#edge/store/store.ts';
import type { Vault } from '#edge/vault/vault.ts';
import { type CallerOf, findCallers } from './callers.ts';
import { type Devices, openDevices } from './devices.ts';
import { type Keeper, openKeeper } from './keeper.ts';
import { type Links, openLinks } from './links.ts';
import { argonPasswords, type PasswordCost } from './passwords.ts';
import { openPeople, type People } from './people.ts';
import { openProviders, type Providers } from './providers.ts';
import { openSessions, type Sessions } from './sessions.ts';
import { openSignIn, type SignIn } from './sign-in.ts';
import { openTokens, type Tokens } from './tokens.ts';
import { countTries, type Tries } from './tries.ts';

/** Who may do what, and how one says who one is: all that the server knows of it. */
export interface Access {
	readonly callerOf: CallerOf;
	readonly keeper: Keeper;
	readonly people: People;
	readonly sessions: Sessions;
	readonly tokens: Tokens;
	readonly links: Links;
	readonly signIn: SignIn;
	readonly devices: Devices;
	readonly providers: Providers;
	readonly tries: Tries;
	/** How this server is reached from elsewhere, `https://ci.example.org`; absent: on its machine alone. */
	readonly url: string | undefined;
}

export interface AccessOptions {
	readonly store: Pick<Store, 'register' | 'read'>;
	readonly clock: Pick<Clock, 'now'>;
	/** Absent: no secret of a sign-in provider can be kept. */
	readonly vault?: Vault | undefined;
	/** What the owner of the machine proves to be it with; absent: nobody can. */
	readonly localKey?: string | undefined;
	readonly url?: string | undefined;
	/** For tests. */
	readonly cost?: PasswordCost;
}

export function openAccess({ store, clock, vault, localKey, url, cost }: AccessOptions): Access {
	const keeper = openKeeper(store.register, clock);
	const passwords = argonPasswords(cost);
	const people = openPeople(keeper, passwords);
	const [sessions, tokens, links] = [openSessions(keeper), openTokens(keeper), openLinks(keeper)];
	const tries = countTries(keeper.now);
	const nameOf = async (person: string) => (await people.find(person))?.name ?? 'owner of this machine';
	return {
		callerOf: findCallers({ keeper, people, sessions, tokens, tries }, localKey),
		...{ keeper, people, sessions, tokens, links, tries, url },
		signIn: openSignIn({ keeper, people, sessions, links, passwords, tries }),
		devices: openDevices(keeper, tokens, nameOf),
		providers: openProviders({ keeper, store, vault }),
	};
}
