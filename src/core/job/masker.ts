import { createLineMasker, type LineMasker } from './masker-lines.ts';
import { secretForms } from './secret-forms.ts';
import { Needles } from './secret-needles.ts';
import { Scan } from './secret-scan.ts';

/** Hides secrets in everything that leaves a job. One for each job: masks only ever become more. */
export interface Masker {
	/** Hides a value from now on; false when nothing of it is long enough to hide. */
	add(secret: string): boolean;
	/** A whole text with every secret replaced by `***`. */
	redact(text: string): string;
	/** A stream of lines with every secret replaced, also where line ends, control sequences or pieces cut it. */
	lines(): LineMasker;
	/** A stream of bytes with every secret replaced and nothing else changed: for what was stored already. */
	bytes(): ByteMasker;
	/** How many values were added. */
	readonly count: number;
	/** A masker that hides only what was added after the first `count` values. */
	since(count: number): Masker;
}

/** Takes bytes as they come and gives them back masked; what may be the beginning of a secret waits. */
export interface ByteMasker {
	/** Valid until the next call. */
	push(bytes: Uint8Array): Uint8Array;
	/** What is left, when nothing more comes. */
	end(): Uint8Array;
}

/** Makes the masker of a job, with the secrets known at its start. */
export function createMasker(secrets: readonly string[] = []): Masker {
	const values: string[] = [];
	const needles = new Needles();
	const addAll = (all: readonly string[]): boolean => {
		const forms = all.map(secretForms);
		if (needles.add(forms.flat())) values.push(...all);
		return forms.every((found) => found.length > 0);
	};
	addAll(secrets);
	return {
		add: (secret) => addAll([secret]),
		redact: (text) => redact(needles, text),
		lines: () => createLineMasker(needles),
		bytes: () => createByteMasker(needles),
		get count() {
			return values.length;
		},
		since: (count) => createMasker(values.slice(count)),
	};
}

function redact(needles: Needles, text: string): string {
	if (needles.isEmpty || text === '') return text;
	const scan = new Scan(needles, false);
	scan.feed(new TextEncoder().encode(text), true);
	return scan.hasFound ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(scan.take(scan.length)) : text;
}

function createByteMasker(needles: Needles): ByteMasker {
	const scan = new Scan(needles, false);
	return {
		push(bytes) {
			scan.feed(bytes);
			return scan.take(scan.safeLength());
		},
		end() {
			scan.feed(new Uint8Array(0), true);
			return scan.take(scan.length);
		},
	};
}
