import { failed, ok, type Result } from '#core/result.ts';
import type { LogSearch } from './log.ts';

/** The question whether the text of a line is looked for. FB7013 for an expression that is none. */
export function lineTest({ pattern, isRegex, isCaseSensitive }: LogSearch): Result<(text: string) => boolean> {
	const source = isRegex ? pattern : pattern.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
	try {
		// No `g`: it would remember where it was in the line before.
		const expression = new RegExp(source, isCaseSensitive === true ? 'u' : 'iu');
		return ok((text) => expression.test(visible(text)));
	} catch (error) {
		return failed({
			code: 'FB7013',
			what: 'The regular expression cannot be read',
			why: error instanceof Error ? error.message : String(error),
			where: pattern,
			next: 'correct it, or search for it as plain text',
		});
	}
}

/** What a reader sees: colours and other control sequences are not part of the text. */
function visible(text: string): string {
	return text.includes('\u001b') ? text.replaceAll(sequences, '') : text;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const sequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g;
