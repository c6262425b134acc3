import type { Event } from '#core/event.ts';

/** The tables of the register with their rows. Times are ms since the epoch. */
export interface RegisterRows {
	readonly person: PersonRow;
	readonly role: RoleRow;
	readonly session: SessionRow;
	readonly token: TokenRow;
	readonly link: LinkRow;
	readonly secret: SecretRow;
	readonly variable: VariableRow;
}
export type RegisterTable = keyof RegisterRows;

/**
 * Rows that may be changed and erased, beside the log, which may not.
 *
 * `write` makes all of its changes and appends its events, or none of it; it resolves when that is durable. Who looks before
 * writing sees to it that nobody writes in between: there is one writer process.
 */
export interface Register {
	/** Rows whose columns have these values; without any: all. In the order of their keys. */
	find<T extends RegisterTable>(table: T, where?: Partial<RegisterRows[T]>): Promise<readonly RegisterRows[T][]>;
	write(changes: readonly RegisterChange[], note?: RegisterNote): Promise<void>;
}

/** What is appended to the log with a change. */
export interface RegisterNote {
	readonly stream: string;
	readonly by: string;
	readonly events: readonly Event[];
}

export type RegisterChange = { readonly [T in RegisterTable]: ChangeOf<T> }[RegisterTable];

type ChangeOf<T extends RegisterTable> =
	/** Takes the place of the row with the same key. */
	| { readonly put: T; readonly row: RegisterRows[T] }
	| { readonly update: T; readonly where: Partial<RegisterRows[T]>; readonly set: Partial<RegisterRows[T]> }
	| { readonly remove: T; readonly where: Partial<RegisterRows[T]> };

/** Columns that name a row. */
export const registerKeys = {
	person: ['person'],
	role: ['person', 'project', 'source'],
	session: ['session'],
	token: ['token'],
	link: ['hash'],
	secret: ['scope', 'name'],
	variable: ['scope', 'name'],
} as const satisfies { readonly [T in RegisterTable]: readonly (keyof RegisterRows[T])[] };

export interface PersonRow {
	readonly person: string;
	/** What they sign in with; null once erased. */
	readonly name: string | null;
	/** As `$argon2id$...`; null for who signs in otherwise. */
	readonly password: string | null;
	/** Who vouches for them, and how they are called there. */
	readonly issuer: string | null;
	readonly subject: string | null;
	readonly state: 'active' | 'disabled' | 'erased';
	readonly madeAt: number;
}

export interface RoleRow {
	readonly person: string;
	/** `*`: everywhere. */
	readonly project: string;
	/** Empty: given by hand; else the name of the provider whose groups say so. */
	readonly source: string;
	readonly role: string;
}

export interface SessionRow {
	readonly session: string;
	/** Of what the cookie holds. */
	readonly hash: string;
	/** Hash of what a changing request must bring besides. */
	readonly proof: string;
	readonly person: string;
	readonly way: string;
	/** `Firefox on Linux`. */
	readonly device: string;
	readonly madeAt: number;
	readonly usedAt: number;
	readonly expiresAt: number;
}

export interface TokenRow {
	readonly token: string;
	readonly hash: string;
	readonly person: string;
	readonly name: string;
	/** Words with commas. */
	readonly scopes: string;
	/** Names with commas; null: all. */
	readonly projects: string | null;
	readonly madeAt: number;
	readonly usedAt: number | null;
	readonly expiresAt: number | null;
}

/** A link that works once. */
export interface LinkRow {
	readonly hash: string;
	readonly purpose: 'set-up' | 'sign-in' | 'password';
	readonly person: string | null;
	readonly expiresAt: number;
}

export interface SecretRow {
	readonly scope: string;
	readonly name: string;
	/** Encrypted, with the key that it is encrypted with, itself encrypted. */
	readonly sealed: string;
	readonly setAt: number;
	readonly setBy: string;
}

export interface VariableRow {
	readonly scope: string;
	readonly name: string;
	readonly value: string;
	readonly setAt: number;
	readonly setBy: string;
}
