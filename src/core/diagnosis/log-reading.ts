/** The line of a log that shows best what went wrong. It shows; it never judges: the same words stand in logs of runs that passed. */
export interface TellingLine {
	/** 1-based, in the job's log. */
	readonly number: number;
	readonly text: string;
	/** `test-failure`, `compile-error`, or `script-failure` when nothing better is known. */
	readonly class: string;
}

const patterns: readonly (readonly [RegExp, string])[] = [
	[
		/\bAssertionError\b|\bassert(ion)? (failed|error)|^E\s+assert|--- FAIL:|panicked at|\bexpected\b.*\b(to|but|actual|received)\b/i,
		'test-failure',
	],
	[/^\s*(not ok \d+|✖|✕|×|FAIL(ED)?\b)/, 'test-failure'],
	[/\berror( TS\d+|\[E\d+\])?:/i, 'compile-error'],
	[/\b(SyntaxError|TypeError|ReferenceError|RangeError|Error|Exception):/, 'script-failure'],
	[/^Traceback|: command not found|No such file or directory|[Pp]ermission denied|EACCES|ENOENT/, 'script-failure'],
];
/** What the runner itself says about a failed step is no cause. */
const runnersOwn = /^Error: Process completed with exit code|^▸ |^##\[/;
/** Summaries of test runners that name no test. */
const hollow = /failing tests:$|'?test failed'?$|ERR_TEST_FAILURE/;

/** The most telling line of the failed step's log, by kind first and then the earliest. */
export function tellingLine(
	lines: readonly { readonly number: number; readonly text: string }[],
): TellingLine | undefined {
	const plain = lines
		.map(({ number, text }) => ({ number, text: withoutColours(text).trim() }))
		.filter(({ text }) => !runnersOwn.test(text) && !hollow.test(text));
	for (const [pattern, kind] of patterns) {
		const found = plain.find(({ text }) => pattern.test(text));
		if (found !== undefined) return { ...found, class: kind };
	}
	const last = plain.findLast(({ text }) => text !== '');
	return last === undefined ? undefined : { ...last, class: 'script-failure' };
}

/** The text as a person reads it: no colours, no cursor movement. */
function withoutColours(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters.
	return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007]*\u0007/g, '');
}
