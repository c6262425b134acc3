import { Readable } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import { type Entry, fromRandomAccessReader, RandomAccessReader, type ZipFile } from 'yauzl';
import { entryNames } from '#core/artifact/entry-name.ts';
import type { Blob } from '#edge/blob/blob.ts';
import { tarEnd, tarHeader, tarPadding } from './tar-walk.ts';

/** What an archive may hold. */
const limits = { entries: 500_000, sizeBytes: 64 * 1024 ** 3 } as const;

/** What is in a zip archive: every name was looked at. */
export interface ZipContent {
	/** Files in the order of the archive. */
	readonly files: readonly Entry[];
	/** All of it as a tar archive. */
	tar(): AsyncGenerator<Uint8Array>;
	/** One file. */
	read(file: Entry): Promise<Readable>;
}

/**
 * Opens a zip archive. Throws when anything in it is more than a file at a place of its own in the folder that it is unpacked into:
 * then nothing of it is written.
 */
export async function openZip(blob: Blob): Promise<ZipContent> {
	const reader = new BlobReader(blob);
	const zip = await opened(reader, blob.sizeBytes);
	const files = await filesOf(zip);
	const read = (file: Entry) =>
		new Promise<Readable>((resolve, reject) => {
			zip.openReadStream(file, (error, stream) => (error === null ? resolve(stream) : reject(error)));
		});
	return {
		files,
		read,
		async *tar() {
			for (const file of files) {
				yield tarHeader(file.fileName, file.uncompressedSize, file.getLastModDate().getTime());
				if (isSmall(file)) yield* await readSmall(zip, reader, file);
				else for await (const chunk of await read(file)) yield chunk as Buffer;
				yield* tarPadding(file.uncompressedSize);
			}
			yield tarEnd;
		},
	};
}

const smallBytes = 256 * 1024;

function isSmall({ compressedSize, uncompressedSize }: Entry): boolean {
	return compressedSize <= smallBytes && uncompressedSize <= smallBytes;
}

/** In one piece: streams for each of ten thousand files would cost more than the files. */
async function readSmall(zip: ZipFile, reader: BlobReader, file: Entry): Promise<readonly Buffer[]> {
	const { fileDataStart } = await zip.readLocalFileHeaderPromise(file, { minimal: true });
	const packed = await reader.bytes(fileDataStart, file.compressedSize);
	const isPlain = file.compressionMethod === 0;
	const content = isPlain ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, file.uncompressedSize) });
	if (content.length !== file.uncompressedSize || crc32(content) !== file.crc32)
		throw new Error(`the archive is damaged: ${JSON.stringify(file.fileName.slice(0, 200))}`);
	return content.length === 0 ? [] : [content];
}

function opened(reader: BlobReader, sizeBytes: number): Promise<ZipFile> {
	const options = {
		lazyEntries: true,
		autoClose: false,
		decodeStrings: true,
		validateEntrySizes: true,
		strictFileNames: true,
	};
	return new Promise((resolve, reject) => {
		fromRandomAccessReader(reader, sizeBytes, options, (error, zip) =>
			error === null ? resolve(zip) : reject(new Error(`the archive cannot be read: ${error.message}`)),
		);
	});
}

function filesOf(zip: ZipFile): Promise<readonly Entry[]> {
	const check = entryNames();
	const files: Entry[] = [];
	let sizeBytes = 0;
	return new Promise((resolve, reject) => {
		zip.on('error', (error: Error) => reject(new Error(`the archive cannot be read: ${error.message}`)));
		zip.on('end', () => resolve(files));
		zip.on('entry', (entry: Entry) => {
			const wrong = check(entry.fileName) ?? wrongKind(entry);
			sizeBytes += entry.uncompressedSize;
			if (wrong !== undefined)
				return reject(new Error(`the archive is refused: ${JSON.stringify(entry.fileName.slice(0, 200))}: ${wrong}`));
			if (files.length >= limits.entries) return reject(new Error(`the archive has more than ${limits.entries} files`));
			if (sizeBytes > limits.sizeBytes) return reject(new Error('the archive unpacks to more than 64 GiB'));
			if (!entry.fileName.endsWith('/')) files.push(entry);
			zip.readEntry();
		});
		zip.readEntry();
	});
}

const [typeMask, regular, folder] = [0o170000, 0o100000, 0o040000];

function wrongKind(entry: Entry): string | undefined {
	const kind = (entry.externalFileAttributes >>> 16) & typeMask;
	const isUnix = entry.versionMadeBy >>> 8 === 3;
	if (isUnix && kind !== 0 && kind !== regular && kind !== folder) return 'it is a link or a device';
	if (entry.isEncrypted()) return 'it is encrypted';
	return entry.canDecodeFileData() ? undefined : 'it is packed in a way that nobody reads';
}

const windowBytes = 1024 * 1024;

/** Reads on from where it read before: small files that stand beside each other cost one read together. */
class BlobReader extends RandomAccessReader {
	readonly #blob: Blob;
	#window: { readonly start: number; readonly bytes: Buffer } = { start: 0, bytes: Buffer.alloc(0) };

	constructor(blob: Blob) {
		super();
		this.#blob = blob;
	}

	override _readStreamForRange(start: number, end: number): Readable {
		return Readable.from(this.#range(start, end), { objectMode: false });
	}

	override read(
		buffer: Buffer,
		offset: number,
		length: number,
		position: number,
		callback: (error: Error | null) => void,
	): void {
		this.bytes(position, length).then((bytes) => {
			bytes.copy(buffer, offset);
			callback(null);
		}, callback);
	}

	async bytes(position: number, length: number): Promise<Buffer> {
		const parts: Buffer[] = [];
		for await (const chunk of this.#range(position, position + length)) parts.push(chunk);
		const bytes = Buffer.concat(parts);
		if (bytes.length < length) throw new Error('the archive is cut off');
		return bytes;
	}

	async *#range(start: number, end: number): AsyncGenerator<Buffer> {
		let position = start;
		while (position < end) {
			const inside = position - this.#window.start;
			if (inside < 0 || inside >= this.#window.bytes.length) await this.#move(position);
			const from = position - this.#window.start;
			const part = this.#window.bytes.subarray(from, from + end - position);
			if (part.length === 0) return;
			yield part;
			position += part.length;
		}
	}

	async #move(start: number): Promise<void> {
		const parts: Uint8Array[] = [];
		const end = Math.min(start + windowBytes, this.#blob.sizeBytes);
		for await (const chunk of this.#blob.read({ start, end })) parts.push(chunk);
		this.#window = { start, bytes: Buffer.concat(parts) };
	}
}
