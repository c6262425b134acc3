import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { type Problem, ProblemError } from '#core/result.ts';
import type { MasterKeys } from './master-keys.ts';
import type { SecretPlace, Vault } from './vault.ts';

/** AES-256-GCM: each secret has a key of its own, which is encrypted with the master key; both are bound to the secret's place. */
export function sealedVault(keys: MasterKeys): Vault {
	const wrap = async (place: SecretPlace, own: Buffer): Promise<Pick<Sealed, 'master' | 'key'>> => {
		const { id, key } = await keys.newest();
		return { master: id, key: encrypt(key, own, bound(place, `key ${id}`)) };
	};
	const unwrap = async (place: SecretPlace, { master, key }: Sealed): Promise<Buffer> => {
		const found = await keys.find(master);
		if (found === undefined) throw new ProblemError(noKey(place, master));
		return decrypt(found, key, { place, purpose: `key ${master}` });
	};
	return {
		async seal(place, value) {
			const own = randomBytes(32);
			const text = encrypt(own, Buffer.from(value, 'utf8'), bound(place, 'value'));
			return JSON.stringify({ v: 1, ...(await wrap(place, own)), text } satisfies Sealed);
		},
		async unseal(place, sealed) {
			const parts = read(place, sealed);
			const own = await unwrap(place, parts);
			return decrypt(own, parts.text, { place, purpose: 'value' }).toString('utf8');
		},
		async rewrap(place, sealed) {
			const parts = read(place, sealed);
			return JSON.stringify({ ...parts, ...(await wrap(place, await unwrap(place, parts))) } satisfies Sealed);
		},
		addKey: () => keys.add(),
		dropOldKeys: () => keys.dropOld(),
	};
}

interface Sealed {
	readonly v: 1;
	/** Id of the master key. */
	readonly master: string;
	/** The secret's own key, encrypted. */
	readonly key: string;
	/** The value, encrypted with it. */
	readonly text: string;
}

const nonceBytes = 12;
const tagBytes = 16;

/** Lengths first: no two places have the same bytes. */
function bound({ scope, name }: SecretPlace, purpose: string): Buffer {
	return Buffer.from(JSON.stringify(['footbridge secret', 1, purpose, scope, name]), 'utf8');
}

function encrypt(key: Buffer, plain: Buffer, associated: Buffer): string {
	const nonce = randomBytes(nonceBytes);
	const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes }).setAAD(associated);
	const text = Buffer.concat([cipher.update(plain), cipher.final()]);
	return Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64');
}

function decrypt(
	key: Buffer,
	sealed: string,
	{ place, purpose }: { readonly place: SecretPlace; readonly purpose: string },
): Buffer {
	const bytes = Buffer.from(sealed, 'base64');
	try {
		const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, nonceBytes), { authTagLength: tagBytes });
		cipher.setAAD(bound(place, purpose)).setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes));
		return Buffer.concat([cipher.update(bytes.subarray(nonceBytes + tagBytes)), cipher.final()]);
	} catch (error) {
		throw new ProblemError(changed(place), { cause: error });
	}
}

function read(place: SecretPlace, sealed: string): Sealed {
	try {
		const parts = JSON.parse(sealed) as Partial<Sealed>;
		const isWhole = [parts.master, parts.key, parts.text].every((part) => typeof part === 'string');
		if (parts.v === 1 && isWhole) return parts as Sealed;
	} catch {
		// Told below.
	}
	throw new ProblemError(changed(place));
}

function changed({ scope, name }: SecretPlace): Problem {
	return {
		code: 'FB7030',
		what: `the secret ${name} cannot be decrypted`,
		why: 'what is kept of it was changed, or was sealed for another place',
		where: decodeURIComponent(scope),
		next: 'set it again: footbridge secret set',
	};
}

function noKey({ scope, name }: SecretPlace, id: string): Problem {
	return {
		code: 'FB7031',
		what: `the key of the secret ${name} is not there`,
		why: `it was sealed with the master key ${id}`,
		where: decodeURIComponent(scope),
		next: 'bring master.key of the old data folder back, or set the secret again',
	};
}
