/** The line of a log that shows best what went wrong. It shows; it never judges: the same words stand in logs of runs that passed. */
export interface TellingLine {
	/** 1-based, in the job's log. */
	readonly number: number;
	/** As a person reads it, with the next line when this one ends with a colon. */
	readonly text: string;
	/** `test-failure`, `compile-error`, or `script-failure` when nothing better is known. */
	readonly class: string;
}

/** Best first: what says what was wrong, before what only says which test or program it was. */
const patterns: readonly (readonly [RegExp, string])[] = [
	// node:test, Jest, pytest, Rust, Go (testify), JUnit, PHPUnit
	[
		/\bAssertionError\b|\bassert(?:ion)? (?:failed|error)|^E\s+(?:assert|[\w.]+Error)|\bpanicked at\b|^expect\(.*\)\.|^Error Trace:|AssertionFailedError|Failed asserting that/i,
		'test-failure',
	],
	[/^\S+_test\.go:\d+: /, 'test-failure'],
	[/^(?:not ok \d+(?!.*# (?:TODO|SKIP))|✖ |✕ |× |● |--- FAIL: |FAIL(?:ED)?[: ])/, 'test-failure'],
	[/^CMake Error(?: at .*)?:$/, 'script-failure'],
	[/(?:^error(?:\[E\d+\]| TS\d+)?: |\berror TS\d+:|:\d+(?::\d+)?: (?:fatal )?error: )/, 'compile-error'],
	[/^(?:Uncaught )?(?:[\w.]*(?:Error|Exception))(?: \[\w+\])?: /, 'script-failure'],
	[
		/: (?:command )?not found$|No such file or directory|[Pp]ermission denied|No space left on device|\b(?:EACCES|ENOENT|ENOSPC|ECONNREFUSED|EADDRINUSE|EPERM|EROFS)\b/,
		'script-failure',
	],
	[/^(?:fatal|error|ERROR|Error|npm (?:ERR!|error))\b:?\s/, 'script-failure'],
	[/^Traceback /, 'script-failure'],
	[/^(?:g?make(?:\[\d+\])?: \*\*\* |ninja: build stopped)/, 'script-failure'],
];
/** What the runner itself says about a failed step is no cause. */
const runnersOwn = /^Error: Process (?:completed with exit code|was ended by)|^▸ |^##\[/;
/** The file of a step's script is the runner's, and its name tells nobody anything. */
const ownScript = /^\S*\/_temp\/[0-9a-f-]{36}(?:\.\w+)?: /;
/** Summaries that name no test, and notes on the Node that ran it. */
const hollow = /failing tests:$|'?test failed'?$|ERR_TEST_FAILURE|'testCodeFailure'|^Node\.js v\d/;

type Line = Pick<TellingLine, 'number' | 'text'>;

/** The most telling line of the failed step's log, by kind first and then the earliest. */
export function tellingLine(lines: readonly Line[]): TellingLine | undefined {
	const plain = lines
		.map(({ number, text }) => ({ number, text: withoutColours(text).trim().replace(ownScript, '') }))
		.filter(({ text }) => text !== '' && !runnersOwn.test(text) && !hollow.test(text));
	const tap = tapFailure(plain);
	if (tap !== undefined) return tap;
	for (const [pattern, kind] of patterns) {
		const index = plain.findIndex(({ text }) => pattern.test(text));
		const found = plain[index];
		if (found !== undefined) return { ...found, text: named(plain, index, whole(plain, index)), class: kind };
	}
	const last = plain.at(-1);
	return last === undefined ? undefined : { ...last, class: 'script-failure' };
}

/** `not ok 3 - adds`, with what was wrong in the block below it: `error: 'boom'`, or `error: |-` and then the text. */
function tapFailure(lines: readonly Line[]): TellingLine | undefined {
	for (const [index, { text }] of lines.entries()) {
		const [, name] = /^not ok \d+(?: - (.*))?$/.exec(text) ?? [];
		if (!text.startsWith('not ok ') || /# (?:TODO|SKIP)\b/i.test(text)) continue;
		const end = lines.findIndex((line, at) => at > index && /^(?:\.\.\.$|(?:not )?ok \d)/.test(line.text));
		const block = lines.slice(0, end < 0 ? lines.length : end);
		const at = block.findIndex((line, place) => place > index && line.text.startsWith('error: '));
		const stated = /^error: '(.*)'$/.exec(block[at]?.text ?? '')?.[1];
		const place = stated === undefined ? at + 1 : at;
		const line = block[place];
		// Tests that only say that a test below them failed.
		if (at < 0 || line === undefined || /^\d+ subtests? failed$/.test(stated ?? '')) continue;
		const what = stated ?? whole(block, place);
		return { number: line.number, text: name === undefined ? what : `${name}: ${what}`, class: 'test-failure' };
	}
	return undefined;
}

/** `Expected values to be strictly equal:` alone says nothing; what it announces stands in the next lines. */
function whole(lines: readonly Line[], index: number): string {
	let text = lines[index]?.text ?? '';
	for (const { text: next } of lines.slice(index + 1, index + 1 + mostAnnounced)) {
		if (!text.endsWith(':') || /^[+-] |^at /.test(next)) break;
		text += ` ${next}`;
	}
	return text;
}

const mostAnnounced = 3;

/** The name of the test, where the line before tells it as node:test does: `✖ adds (1.2ms)`. */
function named(lines: readonly Line[], index: number, text: string): string {
	const name = /^✖ (.+) \(\d[\d.]*ms\)$/.exec(lines[index - 1]?.text ?? '')?.[1];
	return name === undefined ? text : `${name}: ${text}`;
}

/** The last host of a log that could not be found by its name, as curl, Node, ssh, apt, Go, wget, Python and Java say it. */
export function unknownHost(logTail: string): string | undefined {
	const [, ...names] = [...logTail.matchAll(unresolved)].at(-1) ?? [];
	return names.find((name) => name !== undefined);
}

const unresolved =
	/[Cc]ould not resolve host(?:name)?:? '?([\w.-]*\w)|getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]*\w)|(?:Temporary failure resolving|Failed to resolve) '([\w.-]+)'|\blookup ([\w.-]*\w)(?: on \S+)?: (?:no such host|Temporary failure)|unable to resolve host address ['‘]([\w.-]+)|\bUnknownHostException: ([\w.-]*\w)/g;

/** Whether a log says that the clients of Docker or Podman found nobody who answers. */
export function lacksEngine(logTail: string): boolean {
	return /Cannot connect to the Docker daemon|failed to connect to the docker API|Cannot connect to Podman/.test(
		logTail,
	);
}

/** Whether two logs complain of the same: numbers and names that are made up anew do not count. */
export function isSameComplaint(one: TellingLine | undefined, other: TellingLine | undefined): boolean {
	const plain = (line: TellingLine | undefined) => line?.text.replaceAll(/[0-9a-f]{8,}|\d+/gi, '#');
	return plain(one) === plain(other);
}

/** The text as a person reads it: no colours, no cursor movement. */
function withoutColours(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are control characters.
	return text.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]|\u001b\][^\u0007]*\u0007/g, '');
}
