import { createHash, randomBytes } from 'node:crypto';
import { chmod, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Problem, ProblemError } from '#core/result.ts';

/** Master keys by their ids. */
export interface MasterKeys {
	/** Made when there is none yet. */
	newest(): Promise<MasterKey>;
	find(id: string): Promise<Buffer | undefined>;
	add(): Promise<void>;
	/** Forgets all but the newest. */
	dropOld(): Promise<void>;
}

export interface MasterKey {
	readonly id: string;
	readonly key: Buffer;
}

/**
 * Keys in a file that only its owner may read, one a line, the newest last. `given` is a key that comes from elsewhere, such as
 * the environment or a credential of the service manager: it is the newest, and the file's keys only unseal.
 * FB7032: others may read the file. FB7033: what was given or is in the file is no key.
 */
export function masterKeys(file: string, given?: string): MasterKeys {
	const outside = given === undefined ? undefined : keyOf(given, 'FOOTBRIDGE_MASTER_KEY');
	let last: Promise<unknown> = Promise.resolve();
	/** One after another: two that find no file must not both make one. */
	const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
		const next = last.then(work);
		last = next.catch(() => undefined);
		return next;
	};
	const kept = async (): Promise<readonly MasterKey[]> => {
		const text = await readFile(file, 'utf8').catch(ifMissing);
		if (text === undefined) return [];
		if (((await stat(file)).mode & 0o077) !== 0) throw new ProblemError(readable(file));
		return text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [keyOf(line, file)]));
	};
	return {
		newest: () =>
			inTurn(async () => {
				if (outside !== undefined) return outside;
				const [newest] = (await kept()).slice(-1);
				if (newest !== undefined) return newest;
				const made = newKey();
				await write(file, [made]);
				return made;
			}),
		find: (id) =>
			inTurn(async () => {
				if (outside?.id === id) return outside.key;
				return (await kept()).find((other) => other.id === id)?.key;
			}),
		// One that is given is changed by giving another one.
		add: () => inTurn(async () => (outside === undefined ? write(file, [...(await kept()), newKey()]) : undefined)),
		dropOld: () =>
			inTurn(async () => {
				const all = await kept();
				await write(file, outside === undefined ? all.slice(-1) : []);
			}),
	};
}

function newKey(): MasterKey {
	return withId(randomBytes(32));
}

/** Named by a part of its hash: the name says nothing of the key. */
function withId(key: Buffer): MasterKey {
	const id = createHash('sha256').update('footbridge master key').update(key).digest('hex').slice(0, 12);
	return { id, key };
}

function keyOf(text: string, where: string): MasterKey {
	const key = Buffer.from(text.trim(), 'base64');
	if (key.length === 32) return withId(key);
	const problem: Problem = {
		code: 'FB7033',
		what: 'that is no master key',
		why: `it is ${key.length} bytes in base64, and a key has 32`,
		where,
		next: 'make one: openssl rand -base64 32',
	};
	throw new ProblemError(problem);
}

/** Whole or not at all, and durable: what is sealed with a key that is lost is lost. */
async function write(file: string, keys: readonly MasterKey[]): Promise<void> {
	const draft = `${file}.draft-${process.pid}`;
	const handle = await open(draft, 'w', 0o600);
	try {
		await chmod(draft, 0o600);
		await handle.writeFile(keys.map(({ key }) => `${key.toString('base64')}\n`).join(''));
		await handle.sync();
	} finally {
		await handle.close();
	}
	await rename(draft, file);
	const folder = await open(dirname(file), 'r');
	await folder.sync().finally(() => folder.close());
}

function readable(file: string): Problem {
	return {
		code: 'FB7032',
		what: 'the key of all secrets may be read by others',
		where: file,
		next: `chmod 600 ${file}; and when others have used this machine, change the secrets`,
	};
}

function ifMissing(error: NodeJS.ErrnoException): undefined {
	if (error.code === 'ENOENT') return undefined;
	throw error;
}
