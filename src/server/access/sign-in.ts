import { everywhere } from '#core/access/access.ts';
import type { AccessEvent, Origin } from '#core/access/access-event.ts';
import { accountName, wrongName, wrongPassword } from '#core/access/account.ts';
import type { PersonRow } from '#edge/store/register.ts';
import type { Keeper } from './keeper.ts';
import type { Links } from './links.ts';
import type { Passwords } from './passwords.ts';
import type { People } from './people.ts';
import { cannotBe, notSignedIn, tooOften } from './refusal.ts';
import type { Sessions, StartedSession } from './sessions.ts';
import type { Tries } from './tries.ts';

/** From where somebody signs in, and with what. */
export interface Visitor {
	readonly address: string;
	readonly from: Origin;
	/** `Firefox on Linux` */
	readonly device: string;
}

export interface SignedIn extends StartedSession {
	readonly person: string;
}

/** The ways to begin a session. All leave with 401 or 429 when they are not gone. */
export interface SignIn {
	withPassword(name: string, password: string, visitor: Visitor): Promise<SignedIn>;
	/** The account whose name and password these are; begins nothing. */
	confirm(name: string, password: string, visitor: Visitor): Promise<PersonRow>;
	/** A link that works once: of the owner of the machine. */
	withLink(code: string, visitor: Visitor): Promise<SignedIn>;
	/** A link to set one's password with. */
	withNewPassword(code: string, password: string, visitor: Visitor): Promise<SignedIn>;
	/** The first admin, by the link of the first start. */
	setUp(
		code: string,
		account: { readonly name: string; readonly password: string },
		visitor: Visitor,
	): Promise<SignedIn>;
	/** Somebody that a provider vouches for. */
	begin(person: string, way: 'password' | 'link' | 'provider', visitor: Visitor): Promise<SignedIn>;
	failed(way: 'password' | 'link' | 'provider', why: string, visitor: Visitor, person?: string): Promise<void>;
}

interface Parts {
	readonly keeper: Keeper;
	readonly people: People;
	readonly sessions: Sessions;
	readonly links: Links;
	readonly passwords: Passwords;
	readonly tries: Tries;
}

export function openSignIn({ keeper, people, sessions, links, passwords, tries }: Parts): SignIn {
	const told = tellFailures(keeper);

	const begin: SignIn['begin'] = async (person, way, { device, from }) => {
		const started = await sessions.start(person, { way, device });
		// Nothing that is open changes with it: whoever follows the log goes on.
		const stream = `access/${person}`;
		await keeper.write({ by: person, stream, events: [{ kind: 'signed-in', person, way, from }] });
		return { ...started, person };
	};
	const failed: SignIn['failed'] = (way, why, { from }, person) =>
		told({ kind: 'sign-in-failed', way, why, from, ...(person === undefined ? {} : { person }) });
	/** Codes cannot be guessed; who tries many is slowed down all the same, and nobody else is. */
	const byCode = async <T>(visitor: Visitor, take: () => Promise<T | undefined>): Promise<T> => {
		const row = await take();
		if (row !== undefined) return row;
		tries.check(undefined, visitor.address);
		tries.failed(undefined, visitor.address);
		await failed('link', 'the link works no more', visitor);
		return notSignedIn(deadLink);
	};

	const confirm: SignIn['confirm'] = async (text, password, visitor) => {
		const name = accountName(text).slice(0, 100);
		tries.check(name, visitor.address);
		// Counted before it is checked: many at once are many tries.
		tries.failed(name, visitor.address);
		const row = await people.named(name);
		const isActive = row?.state === 'active';
		const check = await passwords.check(password.slice(0, 1000), isActive ? row.password : undefined);
		if (check === undefined) return tooOften(1000);
		if (row === undefined || !check.isRight) {
			const why = row === undefined || isActive ? 'wrong name or password' : 'the account is disabled';
			await failed('password', why, visitor, row?.person);
			return notSignedIn(notRight);
		}
		tries.passed(name, visitor.address);
		const { person } = row;
		if (check.isOld)
			keeper.touch({ update: 'person', where: { person }, set: { password: await passwords.hash(password) } });
		return row;
	};

	return {
		begin,
		failed,
		confirm,
		async withPassword(name, password, visitor) {
			const { person } = await confirm(name, password, visitor);
			return begin(person, 'password', visitor);
		},
		async withLink(code, visitor) {
			const { person } = await byCode(visitor, () => links.take('sign-in', code));
			return begin(person ?? 'local', 'link', visitor);
		},
		async withNewPassword(code, password, visitor) {
			const { person } = await byCode(visitor, () => links.look('password', code));
			if (person === null) return notSignedIn(deadLink);
			// A password that is refused does not use the link up.
			await people.setPassword(person, person, password);
			return begin(person, 'password', visitor);
		},
		async setUp(code, { name, password }, visitor) {
			await byCode(visitor, () => links.look('set-up', code));
			const wrong = wrongName(accountName(name)) ?? wrongPassword(accountName(name), password);
			if (wrong !== undefined) cannotBe(wrong);
			if ((await people.list()).length > 0) cannotBe(alreadySetUp);
			// Of two at the same moment one makes an admin.
			await byCode(visitor, () => links.take('set-up', code));
			const grants = [{ project: everywhere, role: 'admin' }] as const;
			const { person } = await people.add('', { name, password, way: 'set-up', grants });
			return begin(person, 'password', visitor);
		},
	};
}

type Failure = Extract<AccessEvent, { kind: 'sign-in-failed' }>;

const mostTold = 30;
const minuteMs = 60_000;

/** Records failures; of a flood the first of each minute, and how many there were besides. */
function tellFailures(keeper: Keeper): (failure: Failure) => Promise<void> {
	let [minute, told, untold] = [0, 0, 0];
	return async (failure) => {
		const now = Math.floor(keeper.now() / minuteMs);
		if (now !== minute) [minute, told] = [now, 0];
		told += 1;
		if (told > mostTold) {
			untold += 1;
			return;
		}
		const why = untold === 0 ? failure.why : `${failure.why}; and ${untold} more before`;
		untold = 0;
		const stream = failure.person === undefined ? 'access/server' : `access/${failure.person}`;
		await keeper.write({ by: 'system', stream, events: [{ ...failure, why }] });
	};
}

/** The same for a name that there is not, a wrong password and an account that is disabled. */
const notRight = {
	code: 'FB6042',
	what: 'the name or the password is wrong',
	next: 'try again; an admin can send you a link for a new password: footbridge users invite <name>',
};

const deadLink = {
	code: 'FB6045',
	what: 'this link works no more',
	why: 'it was used, or its time is over',
	next: 'on the machine of the server: footbridge link',
};

const alreadySetUp = {
	code: 'FB6055',
	what: 'this server has its first admin already',
	next: 'sign in; or ask an admin for an account',
};
