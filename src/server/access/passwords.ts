import { type Argon2Parameters, argon2, randomBytes, timingSafeEqual } from 'node:crypto';

/** Passwords are kept as argon2id has them, with their parameters: stronger ones are taken over at the next sign-in. */
export interface Passwords {
	hash(password: string): Promise<string>;
	/** Takes as long for an account that there is not. Undefined: too many are checked just now. */
	check(password: string, kept: string | null | undefined): Promise<PasswordCheck | undefined>;
}

export interface PasswordCheck {
	readonly isRight: boolean;
	/** It was made with other parameters than are used now. */
	readonly isOld: boolean;
}

export interface PasswordCost {
	readonly memoryKib: number;
	readonly passes: number;
	readonly lanes: number;
}

/** RFC 9106, the second of its recommendations: what an attacker pays for each guess. */
const usualCost: PasswordCost = { memoryKib: 65_536, passes: 3, lanes: 4 };

const atOnce = 2;
const mostWaiting = 20;

/** Two are checked at a time: a flood of sign-ins takes neither the memory nor the processors from everybody else. */
export function argonPasswords(cost: PasswordCost = usualCost): Passwords {
	let running = 0;
	const waiting: (() => void)[] = [];
	const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
		if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
		else running += 1;
		try {
			return await work();
		} finally {
			const next = waiting.shift();
			if (next === undefined) running -= 1;
			else next();
		}
	};
	const make = async (password: string): Promise<string> => {
		const salt = randomBytes(16);
		return written(cost, salt, await digest(password, salt, cost));
	};
	return {
		hash: (password) => inTurn(() => make(password)),
		check: async (password, kept) => {
			if (waiting.length >= mostWaiting) return undefined;
			return inTurn(async () => {
				const parts = kept === null || kept === undefined ? undefined : read(kept);
				const { salt, hash, ...own } = parts ?? { salt: randomBytes(16), hash: randomBytes(32), ...cost };
				const isEqual = timingSafeEqual(await digest(password, salt, own), hash);
				const isOld = own.memoryKib !== cost.memoryKib || own.passes !== cost.passes || own.lanes !== cost.lanes;
				return { isRight: parts !== undefined && isEqual, isOld };
			});
		},
	};
}

function digest(password: string, nonce: Buffer, { memoryKib, passes, lanes }: PasswordCost): Promise<Buffer> {
	// The same letters may be typed in two ways.
	const message = password.normalize('NFC');
	const parameters: Argon2Parameters = { message, nonce, memory: memoryKib, passes, parallelism: lanes, tagLength: 32 };
	return new Promise((resolve, reject) => {
		argon2('argon2id', parameters, (error, hash) => (error === null ? resolve(hash) : reject(error)));
	});
}

function written({ memoryKib, passes, lanes }: PasswordCost, salt: Buffer, hash: Buffer): string {
	const text = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
	return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${text(salt)}$${text(hash)}`;
}

function read(kept: string): (PasswordCost & { readonly salt: Buffer; readonly hash: Buffer }) | undefined {
	const match = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(kept);
	if (match === null) return undefined;
	const [, memory, passes, lanes, salt = '', hash = ''] = match;
	const bytes = Buffer.from(hash, 'base64');
	if (bytes.length !== 32) return undefined;
	return {
		memoryKib: Number(memory),
		passes: Number(passes),
		lanes: Number(lanes),
		salt: Buffer.from(salt, 'base64'),
		hash: bytes,
	};
}
