import { PassThrough, type Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { type TarEntry, TarWalk } from './tar-walk.ts';

export interface ZipOptions {
	/** 0 to 9. */
	readonly level: number;
	/** Text files that are looked at before they are packed; what it gives back is packed. */
	readonly mend: (name: string) => ((text: string) => string) | undefined;
}

/** Of a file that `mend` looks at, and of files that are packed in one piece. */
const smallBytes = 1024 * 1024;

/** Makes a zip archive of a tar archive as it comes. No right and no owner is taken over: every file is a plain one. */
export async function* zipOf(tar: AsyncIterable<Uint8Array>, options: ZipOptions): AsyncGenerator<Uint8Array> {
	const zip = new ZipFile();
	const output = zip.outputStream as Readable;
	const filling = fill(zip, tar, options).catch((error: unknown) => {
		output.destroy(error instanceof Error ? error : new Error(String(error)));
	});
	try {
		yield* output as AsyncIterable<Uint8Array>;
	} finally {
		output.destroy();
		await filling;
	}
}

async function fill(zip: ZipFile, tar: AsyncIterable<Uint8Array>, { level, mend }: ZipOptions): Promise<void> {
	let open: Target | undefined;
	const compression = { compress: level > 0, ...(level > 0 ? { compressionLevel: level } : {}) };
	const walk = new TarWalk({
		entry(entry) {
			open?.end();
			open = entry.kind === 'file' ? targetOf(zip, entry, { compression, mend: mend(entry.name) }) : undefined;
		},
		content: (chunk) => open?.write(chunk),
	});
	const release = releaser(zip);
	for await (const chunk of tar) {
		for (let start = 0; start < chunk.length; start += sliceBytes) {
			walk.push(chunk.subarray(start, start + sliceBytes));
			// As much is read as is packed.
			await open?.drained();
			await packed(zip);
			release();
		}
	}
	open?.end();
	walk.end();
	zip.end();
}

interface Target {
	write(chunk: Buffer): void;
	drained(): Promise<void> | undefined;
	end(): void;
}

interface Packing {
	readonly compression: { readonly compress: boolean; readonly compressionLevel?: number };
	readonly mend: ((text: string) => string) | undefined;
}

function targetOf(zip: ZipFile, entry: TarEntry, { compression, mend }: Packing): Target {
	const options = { ...compression, mtime: new Date(entry.modifiedMs), mode: 0o100644 };
	if (entry.sizeBytes <= smallBytes) {
		const parts: Buffer[] = [];
		return {
			write: (chunk) => void parts.push(chunk),
			drained: () => undefined,
			end() {
				const content = Buffer.concat(parts);
				zip.addBuffer(mend === undefined ? content : Buffer.from(mend(content.toString())), entry.name, options);
			},
		};
	}
	const stream = new PassThrough({ highWaterMark: smallBytes });
	zip.addReadStreamLazy(entry.name, { ...options, size: entry.sizeBytes }, (give) => give(null, stream));
	return {
		write: (chunk) => void stream.write(chunk),
		drained: () => (stream.writableNeedDrain && !stream.destroyed ? drainOf(stream) : undefined),
		end: () => void stream.end(),
	};
}

function drainOf(stream: PassThrough): Promise<void> {
	return new Promise((resolve) => {
		const done = () => {
			stream.off('drain', done).off('close', done);
			resolve();
		};
		stream.once('drain', done).once('close', done);
	});
}

/** Entries, and bytes, that wait in memory. */
const most = { entries: 32, bytes: 4 * 1024 * 1024 } as const;

/** Of many small files, what is packed beside each other. */
const sliceBytes = 64 * 1024;

/** What is written is let go: the library would keep it until the end. */
function releaser(zip: ZipFile): () => void {
	const inside = zip as unknown as Inside;
	let released = 0;
	return () => {
		for (; released < inside.outputStreamCursor; released += 1) {
			const entry = inside.entries[released];
			if (entry !== undefined) entry.doFileDataPump = undefined;
		}
	};
}

/** Small entries are packed beside each other and wait for their turn in memory: few of them. */
async function packed(zip: ZipFile): Promise<void> {
	const { entries, outputStreamCursor, outputStream } = zip as unknown as Inside;
	if (entries.length - outputStreamCursor <= most.entries && outputStream.writableLength <= most.bytes) return;
	await new Promise((resolve) => setTimeout(resolve, 1));
	if (!outputStream.destroyed) await packed(zip);
}

interface Inside {
	readonly entries: readonly { doFileDataPump: unknown }[];
	/** Entries that are written. */
	readonly outputStreamCursor: number;
	readonly outputStream: PassThrough;
}
