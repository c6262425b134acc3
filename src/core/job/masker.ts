import { secretForms } from './secret-forms.ts';
import { type Patterns, patternsOf, Scan } from './secret-scan.ts';

/** Hides secrets in everything that leaves a job. One for each job: masks only ever become more. */
export interface Masker {
	/** Hides a value from now on; false when nothing of it is long enough to hide. */
	add(secret: string): boolean;
	/** A whole text with every secret replaced by `***`. */
	redact(text: string): string;
	/** A stream of lines with every secret replaced, also where line ends, control sequences or pieces cut it. */
	lines(): LineMasker;
}

/** Takes text as it comes and gives back finished lines; one that ends with the beginning of a secret waits for the next. */
export interface LineMasker {
	/** Text without line feeds; `isEnd`: a line ends after it. */
	push(text: string, isEnd: boolean): readonly string[];
	/** What is left, when nothing more comes. */
	end(): readonly string[];
}

/** Longer lines are folded; in UTF-16 units. */
export const longestLine = 65_536;

/** Makes the masker of a job, with the secrets known at its start. */
export function createMasker(secrets: readonly string[] = []): Masker {
	const forms = new Set<string>();
	let patterns: Patterns | undefined;
	const current = () => {
		patterns ??= patternsOf([...forms]);
		return patterns;
	};
	const add = (secret: string): boolean => {
		const found = secretForms(secret);
		const before = forms.size;
		for (const form of found) forms.add(form);
		if (forms.size > before) patterns = undefined;
		return found.length > 0;
	};
	for (const secret of secrets) add(secret);
	return {
		add,
		redact: (text) => {
			if (forms.size === 0) return text;
			const scan = new Scan(current());
			scan.feed(text);
			return scan.take(text.length);
		},
		lines: () => createLineMasker(current),
	};
}

function createLineMasker(current: () => Patterns): LineMasker {
	let patterns = current();
	let scan = new Scan(patterns);
	/** Masked text of a line that is not finished. */
	let unfinished = '';

	const finish = (masked: string): readonly string[] => {
		const ended = (unfinished + masked).split('\n');
		const rest = fold(ended.pop() ?? '');
		unfinished = rest.pop() ?? '';
		return [...ended.flatMap(fold), ...rest].flatMap(shown);
	};

	return {
		push(text, isEnd) {
			if (current() !== patterns) {
				// A mask was added: what still waits is looked at again.
				const { waiting } = scan;
				patterns = current();
				scan = new Scan(patterns);
				scan.feed(waiting);
			}
			scan.feed(isEnd ? `${text}\n` : text);
			return finish(scan.take(scan.safeLength()));
		},
		end() {
			const lines = finish(scan.take(scan.waiting.length));
			const rest = unfinished;
			unfinished = '';
			return rest === '' ? lines : [...lines, ...shown(rest)];
		},
	};
}

function fold(line: string): string[] {
	const folded: string[] = [];
	let rest = line;
	while (rest.length > longestLine) {
		const unit = rest.charCodeAt(longestLine - 1);
		// Not between the two halves of a surrogate pair.
		const cut = unit >= 0xd800 && unit < 0xdc00 ? longestLine - 1 : longestLine;
		folded.push(rest.slice(0, cut));
		rest = rest.slice(cut);
	}
	folded.push(rest);
	return folded;
}

/** Each state of a progress bar, which carriage returns divide, is a line of its own: nothing is cut and nothing overwritten. */
function shown(line: string): readonly string[] {
	if (!line.includes('\r')) return [line];
	const states = line.split('\r').filter((state) => state !== '');
	return states.length === 0 ? [''] : states;
}
