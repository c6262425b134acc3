import { createHash } from 'node:crypto';
import type { Blob, Blobs, Upload } from './blob.ts';
import { blobProblems, checkFacts, checkId } from './problems.ts';

/** The blobs of tests and simulations: in memory, and as strict as the real ones. */
export function memoryBlobs(): Blobs {
	const kept = new Map<string, { readonly content: Buffer; readonly sha256: string }>();
	const uploads = new Map<string, Map<string, Buffer>>();

	return {
		async upload(id, limits): Promise<Upload> {
			if (kept.has(checkId(id))) throw blobProblems.exists();
			const blocks = uploads.get(id) ?? new Map<string, Buffer>();
			uploads.set(id, blocks);
			return {
				async write(block, content) {
					const chunks: Uint8Array[] = [];
					let size = 0;
					for await (const chunk of content) {
						chunks.push(Uint8Array.from(chunk));
						size += chunk.length;
						const others = [...blocks].filter(([name]) => name !== block);
						const total = others.reduce((sum, [, other]) => sum + other.length, size);
						if (total > limits.sizeBytes) throw blobProblems.tooLarge(`${limits.sizeBytes} bytes`);
					}
					if (!blocks.has(block) && blocks.size >= limits.blocks)
						throw blobProblems.tooLarge(`${limits.blocks} blocks`);
					blocks.set(block, Buffer.concat(chunks));
					return size;
				},
				sizeOf: async (block) => blocks.get(block)?.length,
				async commit(names, expected = {}) {
					if (kept.has(id)) throw blobProblems.exists();
					const parts = names.map((name) => blocks.get(name));
					if (parts.some((part) => part === undefined)) throw blobProblems.missing();
					const content = Buffer.concat(parts.filter((part) => part !== undefined));
					const sha256 = createHash('sha256').update(content).digest('hex');
					checkFacts({ sizeBytes: content.length, sha256 }, expected);
					kept.set(id, { content, sha256 });
					uploads.delete(id);
					return { sizeBytes: content.length, sha256 };
				},
			};
		},
		async open(id): Promise<Blob | undefined> {
			const found = kept.get(checkId(id));
			if (found === undefined) return undefined;
			const { content, sha256 } = found;
			return {
				sizeBytes: content.length,
				sha256,
				async *read({ start, end } = { start: 0, end: content.length }) {
					if (end > start) yield content.subarray(start, end);
				},
			};
		},
		async remove(id) {
			kept.delete(checkId(id));
			uploads.delete(id);
		},
		list: async () => [...kept.keys()],
		async sweep() {
			const count = uploads.size;
			uploads.clear();
			return count;
		},
	};
}
