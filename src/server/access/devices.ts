import { randomInt } from 'node:crypto';
import { permissions } from '#core/access/access.ts';
import type { Keeper } from './keeper.ts';
import { cannotBe, tooOften } from './refusal.ts';
import { hashOf, randomText } from './secret-text.ts';
import type { Tokens } from './tokens.ts';

/** Sign-in of a program that has no browser: it shows a code, and its person says yes to it in theirs (RFC 8628). */
export interface Devices {
	begin(name: string): DeviceRequest;
	/** What waits for an answer under a code that a person typed. */
	look(userCode: string): { readonly name: string } | undefined;
	answer(userCode: string, person: string, isGranted: boolean): void;
	/** Asked again and again by the program. */
	poll(deviceCode: string): Promise<DeviceAnswer>;
}

export interface DeviceRequest {
	readonly deviceCode: string;
	readonly userCode: string;
	readonly expiresInMs: number;
	readonly intervalMs: number;
}

export type DeviceAnswer =
	| { readonly state: 'waiting' }
	| { readonly state: 'granted'; readonly token: string; readonly name: string };

interface Waiting {
	readonly userCode: string;
	readonly name: string;
	readonly expiresAt: number;
	granted?: string;
}

const expiresInMs = 10 * 60_000;
const intervalMs = 2000;
const mostWaiting = 100;
/** How long a program stays signed in. */
const tokenMs = 90 * 24 * 60 * 60_000;
/** No vowels, so that no words come about, and nothing that looks like something else. */
const letters = 'BCDFGHJKLMNPQRSTVWXZ';

/** Requests are kept in memory: who waits while the server starts anew begins again. */
export function openDevices(keeper: Keeper, tokens: Tokens, nameOf: (person: string) => Promise<string>): Devices {
	const waiting = new Map<string, Waiting>();
	const tidy = () => {
		for (const [key, { expiresAt }] of waiting) if (keeper.now() >= expiresAt) waiting.delete(key);
	};
	const find = (userCode: string): Waiting | undefined => {
		tidy();
		const plain = userCode.toUpperCase().replaceAll(/[^A-Z]/g, '');
		return [...waiting.values()].find((one) => one.userCode.replace('-', '') === plain && one.granted === undefined);
	};
	return {
		begin(name) {
			tidy();
			if (waiting.size >= mostWaiting) return tooOften(60_000);
			const [deviceCode, userCode] = [randomText(), newUserCode()];
			waiting.set(hashOf(deviceCode), { userCode, name: printable(name), expiresAt: keeper.now() + expiresInMs });
			return { deviceCode, userCode, expiresInMs, intervalMs };
		},
		look(userCode) {
			const found = find(userCode);
			return found === undefined ? undefined : { name: found.name };
		},
		answer(userCode, person, isGranted) {
			const found = find(userCode);
			if (found === undefined) return cannotBe(noDevice);
			if (isGranted) found.granted = person;
			else for (const [key, one] of waiting) if (one === found) waiting.delete(key);
		},
		async poll(deviceCode) {
			tidy();
			const key = hashOf(deviceCode);
			const found = waiting.get(key);
			if (found === undefined) return cannotBe(noDevice);
			if (found.granted === undefined) return { state: 'waiting' };
			waiting.delete(key);
			const person = found.granted;
			const expiresAt = keeper.now() + tokenMs;
			const made = await tokens.make(person, {
				person,
				name: `login on ${found.name}`,
				scopes: permissions,
				expiresAt,
			});
			return { state: 'granted', token: made.text, name: await nameOf(person) };
		},
	};
}

function newUserCode(): string {
	const four = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
	return `${four()}-${four()}`;
}

/** What a program calls itself is shown to a person who decides. */
function printable(name: string): string {
	return name.replaceAll(/[^\p{L}\p{N} ._@()-]/gu, '').slice(0, 60) || 'a program';
}

const noDevice = {
	code: 'FB6056',
	what: 'no program waits with this code',
	why: 'it was answered, or its ten minutes are over',
	next: 'begin again: footbridge login <url>',
};
