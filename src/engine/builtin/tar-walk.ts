import { Header, Pax } from 'tar';

/** An entry of a tar archive, before its content. */
export interface TarEntry {
	readonly name: string;
	readonly kind: 'file' | 'folder' | 'link' | 'symlink' | 'other';
	readonly sizeBytes: number;
	/** Of links. */
	readonly target: string;
	readonly modifiedMs: number;
}

export interface TarVisitor {
	entry(entry: TarEntry): void;
	/** A part of the content of the last entry. */
	content(chunk: Buffer): void;
}

const block = 512;
/** Of names and other attributes that stand before an entry. */
const longestMeta = 1024 * 1024;

/** Walks through an archive as it passes by, in pieces of any size. Throws on what is none. */
export class TarWalk {
	readonly #visitor: TarVisitor;
	#head: Buffer = Buffer.alloc(0);
	/** Bytes of content that are still to come, then those that fill the block. */
	#left = 0;
	#padding = 0;
	#meta: { readonly kind: 'pax' | 'global' | 'name' | 'target'; readonly parts: Buffer[] } | undefined;
	#extended: { [name: string]: unknown } = {};
	#global: { [name: string]: unknown } = {};
	#isOver = false;

	constructor(visitor: TarVisitor) {
		this.#visitor = visitor;
	}

	push(given: Uint8Array): void {
		let rest: Buffer = Buffer.from(given.buffer, given.byteOffset, given.length);
		while (rest.length > 0 && !this.#isOver) {
			if (this.#left > 0) {
				const chunk = rest.subarray(0, this.#left);
				this.#left -= chunk.length;
				rest = rest.subarray(chunk.length);
				if (this.#meta === undefined) this.#visitor.content(chunk);
				else this.#meta.parts.push(Buffer.from(chunk));
				if (this.#left === 0) this.#endMeta();
			} else if (this.#padding > 0) {
				const length = Math.min(rest.length, this.#padding);
				this.#padding -= length;
				rest = rest.subarray(length);
			} else {
				const chunk = rest.subarray(0, block - this.#head.length);
				rest = rest.subarray(chunk.length);
				this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
				if (this.#head.length === block) this.#begin(this.#head);
			}
		}
	}

	/** Throws when the archive was cut off. */
	end(): void {
		if (!this.#isOver) throw new Error('the archive is cut off');
	}

	#begin(head: Buffer): void {
		this.#head = Buffer.alloc(0);
		const own = new Header(head, 0);
		if (own.nullBlock) {
			this.#isOver = true;
			return;
		}
		if (!own.cksumValid) throw new Error('the archive is damaged, or none at all');
		const metaKind = metaKinds[own.type];
		const header = metaKind === undefined ? new Header(head, 0, this.#extended, this.#global) : own;
		const size = header.size ?? 0;
		if (!Number.isSafeInteger(size) || size < 0) throw new Error('the archive says an impossible size');
		const kind = kinds[header.type] ?? 'other';
		// Links and folders have no content, whatever they say.
		this.#left = kind === 'file' || metaKind !== undefined || kind === 'other' ? size : 0;
		this.#padding = (block - (this.#left % block)) % block;
		if (metaKind !== undefined) {
			if (size > longestMeta) throw new Error('the archive has a name without end');
			this.#meta = { kind: metaKind, parts: [] };
			if (size === 0) this.#endMeta();
			return;
		}
		this.#extended = {};
		this.#visitor.entry({
			name: header.path ?? '',
			kind,
			sizeBytes: this.#left,
			target: header.linkpath ?? '',
			modifiedMs: header.mtime?.getTime() ?? 0,
		});
	}

	#endMeta(): void {
		if (this.#meta === undefined) return;
		const { kind, parts } = this.#meta;
		this.#meta = undefined;
		const text = Buffer.concat(parts).toString('utf8');
		if (kind === 'pax') this.#extended = { ...this.#extended, ...Pax.parse(text, {}, false) };
		else if (kind === 'global') this.#global = { ...this.#global, ...Pax.parse(text, {}, true) };
		else this.#extended = { ...this.#extended, [kind === 'name' ? 'path' : 'linkpath']: text.replace(/\0.*$/s, '') };
	}
}

const metaKinds: { readonly [type: string]: 'pax' | 'global' | 'name' | 'target' } = {
	ExtendedHeader: 'pax',
	OldExtendedHeader: 'pax',
	GlobalExtendedHeader: 'global',
	NextFileHasLongPath: 'name',
	OldGnuLongPath: 'name',
	NextFileHasLongLinkpath: 'target',
};

const kinds: { readonly [type: string]: TarEntry['kind'] } = {
	File: 'file',
	OldFile: 'file',
	ContiguousFile: 'file',
	Directory: 'folder',
	Link: 'link',
	SymbolicLink: 'symlink',
};

/** What stands before the content of a file. */
export function tarHeader(name: string, sizeBytes: number, modifiedMs: number): Buffer {
	const facts = {
		path: name,
		size: sizeBytes,
		mode: 0o644,
		uid: 0,
		gid: 0,
		type: 'File',
		mtime: new Date(modifiedMs),
	} as const;
	const header = new Header(facts);
	const needsMore = header.encode();
	const own = header.block ?? Buffer.alloc(block);
	return needsMore ? Buffer.concat([new Pax({ path: name, size: sizeBytes }).encode(), own]) : own;
}

/** What fills the last block of a content; nothing where it is full. */
export function tarPadding(sizeBytes: number): readonly Buffer[] {
	return sizeBytes % block === 0 ? [] : [Buffer.alloc(block - (sizeBytes % block))];
}

/** What ends an archive. */
export const tarEnd: Buffer = Buffer.alloc(2 * block);
