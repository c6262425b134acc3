import { clean, cut, widthOf, wrap } from '#cli/line-fit.ts';
import type { Colour, Terminal } from '#cli/terminal.ts';
import type { Told } from './problems.ts';

type Look = Pick<Terminal, 'columns' | 'paint'>;

const marks: { readonly [severity in Told['severity']]: readonly [glyph: string, colour: Colour] } = {
	invalid: ['✕', 'red'],
	error: ['✕', 'red'],
	warning: ['!', 'yellow'],
	info: ['·', 'gray'],
};

/** Findings by file, each with its line; why and how to mend it stand at the first of each rule. */
export function lintLines(
	findings: readonly Told[],
	texts: ReadonlyMap<string, string>,
	look: Look,
	shown: (path: string) => string = (path) => path,
): readonly string[] {
	const explained = new Set<string>();
	return [...Map.groupBy(findings, ({ path }) => path)].flatMap(([path, found]) => {
		const lines = (texts.get(path) ?? '').split('\n');
		return [
			look.paint('bold', shown(path)),
			...found.flatMap((finding) => findingLines(finding, lines[finding.line - 1] ?? '', explained, look)),
			'',
		];
	});
}

/** `3 files: 1 invalid, 2 errors, 1 warning, 4 remarks` */
export function lintSummary(findings: readonly Told[], files: number, { paint }: Look): string {
	const counted = (['invalid', 'error', 'warning', 'info'] as const).flatMap((severity) => {
		const count = findings.filter((finding) => finding.severity === severity).length;
		return count === 0 ? [] : [paint(marks[severity][1], `${count} ${words[severity](count)}`)];
	});
	const looked = `${files} ${files === 1 ? 'file' : 'files'}`;
	return counted.length === 0 ? `${paint('green', '✓')} ${looked}, nothing found` : `${looked}: ${counted.join(', ')}`;
}

const plural = (word: string) => (count: number) => (count === 1 ? word : `${word}s`);
const words = {
	invalid: plural('problem'),
	error: plural('error'),
	warning: plural('warning'),
	info: plural('remark'),
};

function findingLines(finding: Told, line: string, explained: Set<string>, look: Look): readonly string[] {
	const { severity, rule, what, why, fix } = finding;
	const { columns, paint } = look;
	const [glyph, colour] = marks[severity];
	const place = `${finding.line}:${finding.column}`;
	const [first = '', ...rest] = wrap(`${clean(what)} [${rule}]`, columns - 5 - place.length);
	const indent = ' '.repeat(5 + place.length);
	const name = `[${rule}]`;
	const dimmed = (text: string) => (text.endsWith(name) ? `${text.slice(0, -name.length)}${paint('dim', name)}` : text);
	const head = rest.length === 0 ? dimmed(first) : first;
	const below = rest.map((text, index) => indent + (index === rest.length - 1 ? dimmed(text) : text));
	const title = [`  ${paint(colour, glyph)} ${place} ${head}`, ...below];
	// One rule may have several reasons.
	const reasonKey = `${rule} ${why} ${fix}`;
	const isKnown = explained.has(reasonKey);
	explained.add(reasonKey);
	const fixed = isKnown || fix === '' ? [] : labelled('fix', fix, look);
	if (severity === 'info') return [...title, ...fixed];
	const isCode = /^FB\d{4}$/.test(rule);
	const reason = isKnown || why === '' ? [] : labelled('why', why, look);
	const more = isKnown ? [] : labelled('more', isCode ? 'docs/errors.md' : `docs/lint.md#${rule}`, look);
	return [...title, ...sourceLines(finding, line, look), ...reason, ...fixed, ...more];
}

function labelled(label: string, text: string, { columns, paint }: Look): readonly string[] {
	const [first = '', ...rest] = wrap(clean(text), columns - 11);
	return [`      ${paint('dim', label.padEnd(4))} ${first}`, ...rest.map((line) => `           ${line}`)];
}

/** The line with a caret below; of a long line, the part around the place. */
function sourceLines(
	{ line: number, column, length, severity }: Told,
	line: string,
	{ columns, paint }: Look,
): readonly string[] {
	if (line.trim() === '') return [];
	const gutter = String(number).padStart(9);
	const room = columns - gutter.length - 4;
	const indent = line.length - line.trimStart().length;
	const before = column - 1 - indent;
	const from =
		Math.max(0, before) + Math.min(length, 20) + 2 <= room
			? indent
			: Math.max(indent, column - 1 - Math.floor(room / 3));
	const lead = from > indent ? '…' : '';
	const shown = cut(lead + clean(line.slice(from)), room);
	const at = widthOf(lead + clean(line.slice(from, Math.max(from, column - 1))));
	const carets = Math.max(
		1,
		Math.min(widthOf(clean(line.slice(column - 1, column - 1 + length))), widthOf(shown) - at),
	);
	const [, colour] = marks[severity];
	return [
		`${paint('dim', `${gutter} │`)} ${shown}`,
		`${paint('dim', `${' '.repeat(gutter.length)} │`)} ${' '.repeat(at)}${paint(colour, '^'.repeat(carets))}`,
	];
}
