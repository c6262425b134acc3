import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { crc32 } from 'node:zlib';
import { memoryBlobs } from '#edge/blob/memory.ts';
import { guardedTar } from '#engine/builtin/tar-guard.ts';
import { tarEnd, tarHeader, tarPadding } from '#engine/builtin/tar-walk.ts';
import { openZip } from '#engine/builtin/zip-in.ts';
import { zipOf } from '#engine/builtin/zip-out.ts';

const folder = mkdtempSync(join(tmpdir(), 'fb-archive-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface ZipEntry {
	readonly name: string;
	readonly content?: string;
	/** Kind and rights as Unix has them. */
	readonly mode?: number;
}

/** A zip archive as nobody would make it, byte by byte: nothing is checked. */
function rawZip(entries: readonly ZipEntry[]): Buffer {
	const [locals, centrals]: [Buffer[], Buffer[]] = [[], []];
	let offset = 0;
	for (const { name, content = '', mode = 0o100644 } of entries) {
		const [names, bytes] = [Buffer.from(name), Buffer.from(content)];
		const common = Buffer.alloc(26);
		common.writeUInt16LE(20, 0);
		common.writeUInt16LE(0x0800, 2);
		common.writeUInt32LE(crc32(bytes), 10);
		common.writeUInt32LE(bytes.length, 14);
		common.writeUInt32LE(bytes.length, 18);
		common.writeUInt16LE(names.length, 22);
		const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, names, bytes]);
		const central = Buffer.alloc(46);
		central.write('PK\x01\x02');
		central.writeUInt16LE(0x0314, 4);
		common.copy(central, 6, 0, 24);
		central.writeUInt32LE((mode << 16) >>> 0, 38);
		central.writeUInt32LE(offset, 42);
		locals.push(local);
		centrals.push(central, names);
		offset += local.length;
	}
	const directory = Buffer.concat(centrals);
	const end = Buffer.alloc(22);
	end.write('PK\x05\x06');
	end.writeUInt16LE(entries.length, 8);
	end.writeUInt16LE(entries.length, 10);
	end.writeUInt32LE(directory.length, 12);
	end.writeUInt32LE(offset, 16);
	return Buffer.concat([...locals, directory, end]);
}

async function blobOf(content: Buffer) {
	const blobs = memoryBlobs();
	const upload = await blobs.upload('z', { sizeBytes: 1e9, blocks: 1 });
	await upload.write('1', one(content));
	await upload.commit(['1']);
	return (await blobs.open('z'))!;
}

async function* one(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
	yield* chunks;
}

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
	const chunks: Uint8Array[] = [];
	for await (const chunk of stream) chunks.push(chunk);
	return Buffer.concat(chunks);
}

describe('ART-03: zip archives', () => {
	const attacks: readonly (readonly [string, readonly ZipEntry[]])[] = [
		['a way out', [{ name: 'ok' }, { name: '../../evil', content: 'x' }]],
		['an absolute name', [{ name: '/tmp/evil' }]],
		['a drive', [{ name: 'C:\\evil' }]],
		['a backslash', [{ name: '..\\..\\evil' }]],
		['no name', [{ name: '' }]],
		['a name of 60,000 bytes', [{ name: 'x'.repeat(60_000) }]],
		['the same name twice', [{ name: 'a' }, { name: 'a' }]],
		['names that differ in case', [{ name: 'a' }, { name: 'A' }]],
		['a link', [{ name: 'l', content: '/etc', mode: 0o120777 }]],
		[
			'a file behind a link',
			[
				{ name: 'l', content: '/tmp', mode: 0o120777 },
				{ name: 'l/evil', content: 'x' },
			],
		],
		['a device', [{ name: 'd', mode: 0o020666 }]],
		[
			'a file below a file',
			[
				{ name: 'a', content: 'x' },
				{ name: 'a/b', content: 'x' },
			],
		],
	];
	for (const [title, entries] of attacks)
		test(`${title}: the whole archive is refused`, async () => {
			await assert.rejects(openZip(await blobOf(rawZip(entries))), /refused|cannot be read/);
		});

	test('an archive without these is read, and its rights are those of plain files (ART-10)', async () => {
		const zip = await openZip(
			await blobOf(
				rawZip([
					{ name: 'a/b', content: 'hello', mode: 0o104777 },
					{ name: 'c/', mode: 0o040777 },
				]),
			),
		);
		const target = join(folder, 'plain');
		mkdirSync(target);
		execFileSync('tar', ['-x', '-B', '-C', target, '-f', '-'], { input: await bytesOf(zip.tar()) });
		assert.equal(readFileSync(join(target, 'a/b'), 'utf8'), 'hello');
		assert.equal(execFileSync('stat', ['-c', '%a', join(target, 'a/b')], { encoding: 'utf8' }).trim(), '644');
	});

	test('what is no archive, or half of one, is told so', async () => {
		const whole = rawZip([{ name: 'a', content: 'x'.repeat(100) }]);
		await assert.rejects(openZip(await blobOf(Buffer.from('hello'))), /cannot be read/);
		await assert.rejects(openZip(await blobOf(whole.subarray(0, 80))), /cannot be read/);
	});
});

/** A tar archive of the machine's own program, with what it is asked to add. */
const tarOf = (...args: readonly string[]): Buffer =>
	execFileSync('tar', ['-c', '-P', '--format=pax', '-f', '-', ...args], { cwd: folder });
const guarded = (archive: Buffer, folders: readonly string[] = [join(folder, 'deps')]) =>
	bytesOf(guardedTar(one(archive.subarray(0, 100), archive.subarray(100)), { folders, cwd: folder }));

describe('ART-03, CAC: archives of caches', () => {
	mkdirSync(join(folder, 'deps/sub'), { recursive: true });
	writeFileSync(join(folder, 'deps/a'), 'content of a');
	writeFileSync(join(folder, 'outside'), 'x');
	const long = `deps/${'n'.repeat(90)}/${'m'.repeat(90)}`;
	mkdirSync(join(folder, long), { recursive: true });
	writeFileSync(join(folder, long, 'ä'), 'long');
	symlinkSync('../deps/a', join(folder, 'deps/sub/link'));

	test('what lies in the folders of the step is let through as it is', async () => {
		for (const archive of [tarOf('deps'), tarOf('--format=gnu', 'deps'), tarOf('--format=ustar', 'deps/a')])
			assert.deepEqual(await guarded(archive), archive);
		assert.deepEqual(
			await guarded(tarOf(join(folder, 'deps')), ['/']),
			tarOf(join(folder, 'deps')),
			'an absolute name too',
		);
	});

	const attacks: readonly (readonly [string, () => Buffer])[] = [
		['a way out', () => tarOf('deps/a', '--transform=s,deps/a,deps/../../evil,')],
		['another folder', () => tarOf('outside')],
		['an absolute name', () => tarOf('--transform=s,^,/etc/,', 'outside')],
		['a hard link to what is outside', () => hardLink()],
		['a file behind a link of the archive', () => behindLink()],
		['a device', () => tarOf('--transform=s,^.*$,deps/null,', '/dev/null')],
	];
	for (const [title, make] of attacks)
		test(`${title}: nothing of it is written`, async () => {
			const archive = make();
			await assert.rejects(guarded(archive), /the cache is refused/);
		});

	test('what the unguarded way would do with a file behind a link', () => {
		const target = join(folder, 'victim');
		mkdirSync(join(target, 'home'), { recursive: true });
		execFileSync('tar', ['-x', '-P', '-f', '-'], { cwd: target, input: behindLink(join(target, 'home')) });
		assert.ok(existsSync(join(target, 'home/evil')), 'it is written where the link leads');
	});

	test('an archive that is cut off, or none, is told so', async () => {
		const archive = tarOf('deps');
		await assert.rejects(guarded(archive.subarray(0, 700)), /cut off/);
		await assert.rejects(guarded(Buffer.alloc(1024, 'x')), /damaged/);
	});

	function behindLink(to = '/tmp'): Buffer {
		const place = join(folder, 'made');
		rmSync(place, { recursive: true, force: true });
		mkdirSync(join(place, 'one/deps'), { recursive: true });
		mkdirSync(join(place, 'two/deps/l'), { recursive: true });
		symlinkSync(to, join(place, 'one/deps/l'));
		writeFileSync(join(place, 'two/deps/l/evil'), 'evil');
		return execFileSync('tar', [
			'-c',
			'-P',
			'-f',
			'-',
			'-C',
			join(place, 'one'),
			'deps/l',
			'-C',
			join(place, 'two'),
			'deps/l/evil',
		]);
	}

	function hardLink(): Buffer {
		const place = join(folder, 'hard');
		rmSync(place, { recursive: true, force: true });
		mkdirSync(join(place, 'deps'), { recursive: true });
		writeFileSync(join(place, 'secret'), 'x');
		execFileSync('ln', [join(place, 'secret'), join(place, 'deps/h')]);
		const both = execFileSync('tar', ['-c', '-P', '-f', '-', 'secret', 'deps/h'], { cwd: place });
		// Without the first entry, so that only the link is left.
		return both.subarray(1024);
	}
});

test('ART-09: a token of git is taken out of what is packed, and the rest stays', async () => {
	const config =
		'[core]\n\tbare = false\n[http "https://github.com/"]\n\textraheader = AUTHORIZATION: basic c2VjcmV0\n';
	const tar = one(
		tarHeader('.git/config', config.length, 0),
		Buffer.from(config),
		...tarPadding(config.length),
		tarEnd,
	);
	const mend = (name: string) =>
		name === '.git/config' ? (text: string) => text.replace(/.*extraheader.*\n/, '') : undefined;
	const zip = await openZip(await blobOf(await bytesOf(zipOf(tar, { level: 6, mend }))));
	const text = (await bytesOf(await zip.read(zip.files[0]!))).toString();
	assert.equal(text, config.replace(/.*extraheader.*\n/, ''));
});
