import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import type { ProblemError } from '#core/result.ts';
import type { Blob, Blobs } from '#edge/blob/blob.ts';
import { fileBlobs } from '#edge/blob/files.ts';
import { memoryBlobs } from '#edge/blob/memory.ts';

const directory = mkdtempSync(join(tmpdir(), 'fb-blob-'));
after(() => rmSync(directory, { recursive: true, force: true }));
let folders = 0;

const subjects: readonly (readonly [string, () => Blobs])[] = [
	['memory', memoryBlobs],
	['files', () => fileBlobs(join(directory, String(folders++)))],
];
const limits = { sizeBytes: 1024 * 1024, blocks: 100 };

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
	for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
}

async function textOf(blob: Blob | undefined, range?: { start: number; end: number }): Promise<string> {
	assert.ok(blob);
	const parts: Uint8Array[] = [];
	for await (const chunk of blob.read(range)) parts.push(chunk);
	return Buffer.concat(parts).toString();
}

const coded = (code: string) => (error: ProblemError) => error.problem?.code === code;
const shaOf = (text: string | Uint8Array) => createHash('sha256').update(text).digest('hex');

for (const [name, make] of subjects) {
	describe(`blobs: ${name}`, () => {
		test('blocks that came in any order are put together in the order of the commit', async () => {
			const blobs = make();
			const upload = await blobs.upload('a-1', limits);
			await Promise.all([
				upload.write('two', chunks('wor', 'ld')),
				upload.write('../one', chunks('hello ')),
				upload.write('unused', chunks('x')),
			]);
			assert.equal(await blobs.open('a-1'), undefined, 'nobody sees what is not complete');
			const facts = await upload.commit(['../one', 'two']);
			assert.deepEqual(facts, { sizeBytes: 11, sha256: shaOf('hello world') });
			const blob = await blobs.open('a-1');
			assert.equal(await textOf(blob), 'hello world');
			assert.deepEqual({ sizeBytes: blob?.sizeBytes, sha256: blob?.sha256 }, facts);
			assert.deepEqual(await blobs.list(), ['a-1']);
		});

		test('any range of any blocks reads as the same range of the whole', async () => {
			const blobs = make();
			let count = 0;
			await fc.assert(
				fc.asyncProperty(
					fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 6 }),
					fc.nat(200),
					fc.nat(200),
					async (parts, one, two) => {
						const id = `range-${count++}`;
						const upload = await blobs.upload(id, limits);
						for (const [index, part] of parts.entries()) await upload.write(String(index), chunks(part));
						await upload.commit(parts.map((_, index) => String(index)));
						const whole = Buffer.concat(parts);
						const [start, end] = [Math.min(one, two, whole.length), Math.min(Math.max(one, two), whole.length)];
						const read: Uint8Array[] = [];
						for await (const chunk of (await blobs.open(id))!.read({ start, end })) read.push(chunk);
						assert.deepEqual(Buffer.concat(read), whole.subarray(start, end));
					},
				),
				{ numRuns: 40 },
			);
		});

		test('a block that was written again is what was written last', async () => {
			const upload = await make().upload('again', limits);
			await upload.write('b', chunks('first, and longer'));
			assert.equal(await upload.write('b', chunks('second')), 6);
			assert.equal(await upload.sizeOf('b'), 6);
			assert.equal(await upload.sizeOf('c'), undefined);
			assert.equal((await upload.commit(['b'])).sha256, shaOf('second'));
		});

		test('a content never changes: no second commit, no block, no upload of its id', async () => {
			const blobs = make();
			const upload = await blobs.upload('once', limits);
			await upload.write('b', chunks('one'));
			const commits = await Promise.allSettled([upload.commit(['b']), upload.commit(['b'])]);
			assert.deepEqual(commits.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
			await assert.rejects(blobs.upload('once', limits), coded('FB7020'));
			await assert.rejects(upload.commit(['b']), coded('FB7020'));
			await upload.write('b', chunks('two')).catch(() => {});
			assert.equal(await textOf(await blobs.open('once')), 'one');
		});

		test('a commit with a missing block, or of another content than was announced, keeps nothing and can be mended', async () => {
			const blobs = make();
			const upload = await blobs.upload('mend', limits);
			await upload.write('a', chunks('abc'));
			await assert.rejects(upload.commit(['a', 'b']), coded('FB7021'));
			await assert.rejects(upload.commit(['a'], { sizeBytes: 4 }), coded('FB7023'));
			await assert.rejects(upload.commit(['a'], { sha256: shaOf('abd') }), coded('FB7023'));
			assert.equal(await blobs.open('mend'), undefined);
			await upload.commit(['a'], { sizeBytes: 3, sha256: shaOf('abc').toUpperCase() });
			assert.equal(await textOf(await blobs.open('mend')), 'abc');
		});

		test('an upload that is cut off, or too large, leaves what was there', async () => {
			const blobs = make();
			const upload = await blobs.upload('cut', { sizeBytes: 10, blocks: 2 });
			await upload.write('a', chunks('12345'));
			const broken = async function* () {
				yield Buffer.from('999');
				throw new Error('connection reset');
			};
			await assert.rejects(upload.write('a', broken()), /connection reset/);
			await assert.rejects(upload.write('b', chunks('123456')), coded('FB7022'));
			await upload.write('b', chunks('12345'));
			await assert.rejects(upload.write('c', chunks('')), coded('FB7022'));
			// A block in the place of another counts once.
			await upload.write('b', chunks('67890'));
			await upload.commit(['a', 'b']);
			assert.equal(await textOf(await blobs.open('cut')), '1234567890');
		});

		test('what is removed is gone, and its id can be used again', async () => {
			const blobs = make();
			const first = await blobs.upload('gone', limits);
			await first.write('a', chunks('x'));
			await first.commit(['a']);
			await blobs.remove('gone');
			assert.equal(await blobs.open('gone'), undefined);
			await blobs.remove('gone');
			const second = await blobs.upload('gone', limits);
			await assert.rejects(second.commit(['a']), coded('FB7021'));
		});

		test('an id that is more than a name is a bug', async () => {
			const blobs = make();
			for (const id of ['../x', 'a/b', '', 'A', 'a'.repeat(65), 'a\0']) {
				await assert.rejects(async () => blobs.open(id), /not an id/);
				await assert.rejects(async () => blobs.upload(id, limits), /not an id/);
				await assert.rejects(async () => blobs.remove(id), /not an id/);
			}
		});
	});
}

describe('blobs: files', () => {
	test('an upload goes on after a crash, with the blocks that were whole', async () => {
		const folder = join(directory, 'resumed');
		const upload = await fileBlobs(folder).upload('big', limits);
		await upload.write('1', chunks('one '));
		// As a process that was killed in the middle of a block leaves it.
		const hanging = async function* () {
			yield randomBytes(64);
			await new Promise(() => {});
		};
		void upload.write('2', hanging());
		const again = await fileBlobs(folder).upload('big', limits);
		assert.equal(await again.sizeOf('1'), 4);
		assert.equal(await again.sizeOf('2'), undefined);
		await again.write('2', chunks('two'));
		await again.commit(['1', '2']);
		assert.equal(await textOf(await fileBlobs(folder).open('big')), 'one two');
		const files = readdirSync(join(folder, 'kept/big'));
		assert.equal(files.length, 3, `two blocks and a record: ${files}`);
	});

	test('nobody but its user can enter the folder', async () => {
		const folder = join(directory, 'closed');
		const upload = await fileBlobs(folder).upload('a', limits);
		await upload.write('1', chunks('secret'));
		await upload.commit(['1']);
		assert.equal(statSync(join(folder, 'kept')).mode & 0o777, 0o700);
		for (const file of readdirSync(join(folder, 'kept/a')))
			assert.equal(statSync(join(folder, 'kept/a', file)).mode & 0o777, 0o600);
	});

	test('only uploads that nobody goes on with are swept', async () => {
		const folder = join(directory, 'swept');
		const blobs = fileBlobs(folder);
		for (const id of ['old', 'new']) await (await blobs.upload(id, limits)).write('1', chunks('x'));
		utimesSync(join(folder, 'uploads/old'), 1, 1);
		assert.equal(await blobs.sweep(60_000), 1);
		assert.deepEqual(readdirSync(join(folder, 'uploads')), ['new']);
		assert.ok(existsSync(join(folder, 'kept')));
	});
});
