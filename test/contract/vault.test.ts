import assert from 'node:assert/strict';
import {
	chmodSync,
	existsSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { ProblemError } from '#core/result.ts';
import { fakeVault } from '#edge/vault/fake.ts';
import { masterKeys } from '#edge/vault/master-keys.ts';
import { sealedVault } from '#edge/vault/sealed.ts';
import type { Vault } from '#edge/vault/vault.ts';

const directory = mkdtempSync(join(tmpdir(), 'fb-vault-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let files = 0;
const newFile = () => join(directory, `master-${files++}.key`);

const place = { scope: 'project/shop', name: 'TOKEN' };
const fails = (code: string) => (error: unknown) => error instanceof ProblemError && error.problem.code === code;

const vaults: { readonly [name: string]: () => Vault } = {
	fake: fakeVault,
	sealed: () => sealedVault(masterKeys(newFile())),
	'sealed, with a key that is given': () => sealedVault(masterKeys(newFile(), Buffer.alloc(32, 7).toString('base64'))),
};

for (const [name, open] of Object.entries(vaults)) {
	describe(`the ${name} vault`, () => {
		test('gives back what was sealed, whatever it is', async () => {
			const vault = open();
			for (const value of ['x', 'två 🔑\n', '', 'a'.repeat(70_000), '{"v":1}'])
				assert.equal(await vault.unseal(place, await vault.seal(place, value)), value);
		});

		test('never seals the same way twice, and shows nothing of the value', async () => {
			const vault = open();
			const sealed = [await vault.seal(place, 'open sesame'), await vault.seal(place, 'open sesame')];
			assert.notEqual(sealed[0], sealed[1]);
			for (const text of sealed) {
				assert.ok(!text.includes('sesame'));
				assert.ok(!text.includes(Buffer.from('open sesame').toString('base64').slice(0, 10)));
			}
		});

		test('unseals for the place it was sealed for, and for no other: rows cannot be swapped', async () => {
			const vault = open();
			const sealed = await vault.seal(place, 'open sesame');
			for (const other of [
				{ scope: 'project/shop', name: 'TOKEN2' },
				{ scope: 'server', name: 'TOKEN' },
				{ scope: 'project/sho', name: 'pTOKEN' },
				{ scope: 'environment/shop/production', name: 'TOKEN' },
			]) {
				await assert.rejects(vault.unseal(other, sealed), fails('FB7030'));
				await assert.rejects(vault.rewrap(other, sealed), fails('FB7030'));
			}
			assert.equal(await vault.unseal(place, sealed), 'open sesame', 'control: its own place');
		});

		test('refuses what it has not sealed', async () => {
			for (const text of ['', 'x', '{}', '{"v":1,"master":"a","key":3,"text":""}'])
				await assert.rejects(open().unseal(place, text), fails('FB7030'));
		});
	});
}

for (const [name, open] of Object.entries(vaults).filter(([name]) => !name.includes('given'))) {
	describe(`the ${name} vault with a new master key`, () => {
		test('unseals what the old key sealed, also after it was wrapped anew and the old key is gone', async () => {
			const vault = open();
			const old = await vault.seal(place, 'open sesame');
			await vault.addKey();
			assert.equal(await vault.unseal(place, old), 'open sesame', 'killed after addKey, nothing is lost');
			const wrapped = await vault.rewrap(place, old);
			assert.equal(await vault.unseal(place, wrapped), 'open sesame');
			await vault.dropOldKeys();
			assert.equal(await vault.unseal(place, wrapped), 'open sesame');
			await assert.rejects(vault.unseal(place, old), fails('FB7031'));
		});
	});
}

describe('the master key', () => {
	test('is made once, in a file that only its owner may read', async () => {
		const file = newFile();
		const keys = masterKeys(file);
		const ids = await Promise.all([keys.newest(), keys.newest(), keys.newest()]);
		assert.equal(new Set(ids.map(({ id }) => id)).size, 1);
		assert.equal(statSync(file).mode & 0o777, 0o600);
		assert.equal((await masterKeys(file).newest()).id, ids[0]?.id);
		assert.deepEqual(
			readdirSync(directory).filter((entry) => entry.includes('draft')),
			[],
		);
	});

	test('that others may read is not used', async () => {
		const file = newFile();
		await masterKeys(file).newest();
		chmodSync(file, 0o640);
		await assert.rejects(masterKeys(file).newest(), fails('FB7032'));
		chmodSync(file, 0o600);
		await masterKeys(file).newest();
	});

	test('that is given is used and not written down; what is no key is refused', async () => {
		const file = newFile();
		const given = Buffer.alloc(32, 9).toString('base64');
		const vault = sealedVault(masterKeys(file, given));
		const sealed = await vault.seal(place, 'open sesame');
		assert.equal(existsSync(file), false);
		assert.ok(!sealed.includes(given));
		await vault.addKey();
		assert.equal(existsSync(file), false, 'it is changed by giving another one');
		assert.throws(() => masterKeys(file, 'short'), fails('FB7033'));
		writeFileSync(file, 'nonsense\n', { mode: 0o600 });
		await assert.rejects(masterKeys(file).newest(), fails('FB7033'));
	});

	test('that is given takes over from the one of the file', async () => {
		const file = newFile();
		const before = sealedVault(masterKeys(file));
		const old = await before.seal(place, 'open sesame');
		const vault = sealedVault(masterKeys(file, Buffer.alloc(32, 1).toString('base64')));
		const wrapped = await vault.rewrap(place, old);
		await vault.dropOldKeys();
		assert.equal(readFileSync(file, 'utf8'), '');
		assert.equal(await vault.unseal(place, wrapped), 'open sesame');
		await assert.rejects(vault.unseal(place, old), fails('FB7031'));
	});

	test('a bit that is changed anywhere in a sealed secret is noticed', async () => {
		const vault = sealedVault(masterKeys(newFile()));
		const sealed = JSON.parse(await vault.seal(place, 'open sesame')) as { key: string; text: string };
		for (const part of ['key', 'text'] as const) {
			const bytes = Buffer.from(sealed[part], 'base64');
			for (const index of [0, 12, 28, bytes.length - 1]) {
				const other = Buffer.from(bytes);
				other[index]! ^= 1;
				const changed = JSON.stringify({ ...sealed, [part]: other.toString('base64') });
				await assert.rejects(vault.unseal(place, changed), fails('FB7030'), `${part} ${index}`);
			}
		}
	});
});
