import { createHash, createPrivateKey, createPublicKey, generateKeyPair, type KeyObject, sign } from 'node:crypto';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { ProblemError } from '#core/result.ts';

/** The key that identity tokens are signed with. */
export interface IdentityKey {
	/** Its public half as a JWK, for whoever checks tokens. */
	readonly jwk: { readonly [name: string]: string };
	/** A signed JWT of these claims. */
	sign(claims: { readonly [claim: string]: unknown }): string;
}

/** The key of a file, which is made when there is none. FB6032: others than its owner may read the file. */
export async function identityKey(file: string): Promise<IdentityKey> {
	const text = await readFile(file, 'utf8').catch(ifMissing);
	if (text === undefined) return keyOf(await makeKey(file));
	if (((await stat(file)).mode & 0o077) !== 0) {
		throw new ProblemError({
			code: 'FB6032',
			what: 'the key that identity tokens are signed with may be read by others',
			where: file,
			next: `chmod 600 ${file}; or remove it, and a new one is made`,
		});
	}
	return keyOf(createPrivateKey(text));
}

async function makeKey(file: string): Promise<KeyObject> {
	const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
	const draft = `${file}.draft-${process.pid}`;
	const handle = await open(draft, 'wx', 0o600);
	try {
		await handle.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }));
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(draft, file);
	return privateKey;
}

function keyOf(privateKey: KeyObject): IdentityKey {
	const { kty = '', n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
	// RFC 7638: the members in the order of their names.
	const kid = createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
	return {
		jwk: { kty, n, e, kid, alg: 'RS256', use: 'sig' },
		sign(claims) {
			const [head, body] = [{ typ: 'JWT', alg: 'RS256', kid }, claims].map((part) =>
				Buffer.from(JSON.stringify(part)).toString('base64url'),
			);
			const signature = sign('sha256', Buffer.from(`${head}.${body}`), privateKey);
			return `${head}.${body}.${signature.toString('base64url')}`;
		},
	};
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT') return undefined;
	throw error;
}
