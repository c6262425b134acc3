import type { Finding } from '#core/finding.ts';
import { formatDuration } from '#core/time-text.ts';
import { clean, cut, wrap } from './line-fit.ts';
import type { Colour, Terminal } from './terminal.ts';

/** The diagnosis of a failed job: verdict, cause, evidence, next step. The command stands alone on its line, to be copied. */
export function findingCard(finding: Finding, job: string, { columns, paint }: Pick<Terminal, 'columns' | 'paint'>) {
	const width = Math.min(columns, 120);
	const colour = colours[finding.verdict];
	const bar = paint(colour, '┃');
	const indented = (label: string, text: string) => {
		const [first = '', ...rest] = wrap(clean(text), width - 11);
		return [`${bar} ${paint('dim', label.padEnd(8))} ${first}`, ...rest.map((line) => `${bar}          ${line}`)];
	};
	const lines = [
		cut(
			`${bar} ${paint([colour, 'bold'], verdicts[finding.verdict])} ${paint('dim', `· ${finding.certainty} · ${finding.class} · ${clean(job)} · found in ${formatDuration(finding.durationMs)}`)}`,
			width,
		),
		...wrap(clean(finding.cause), width - 2).map((line) => `${bar} ${paint('bold', line)}`),
		...finding.evidence.flatMap(({ from, what }) => indented(sources[from], what)),
	];
	if (finding.commit !== undefined)
		lines.push(...indented('commit', `${finding.commit.sha.slice(0, 8)} ${finding.commit.subject}`));
	lines.push(...indented('next', finding.next));
	if (finding.command !== undefined) lines.push(`${bar}          ${paint('cyan', clean(finding.command))}`);
	return lines;
}

const verdicts: { readonly [verdict in Finding['verdict']]: string } = {
	code: 'The code is at fault',
	environment: 'The environment is at fault',
	flaky: 'It is flaky',
	platform: 'Footbridge is at fault',
	unknown: 'The cause is not known',
};

const colours: { readonly [verdict in Finding['verdict']]: Colour } = {
	code: 'red',
	environment: 'magenta',
	flaky: 'yellow',
	platform: 'blue',
	unknown: 'yellow',
};

const sources: { readonly [from in Finding['evidence'][number]['from']]: string } = {
	fact: 'fact',
	snapshot: 'compared',
	trace: 'traced',
	rerun: 'again',
	'last-good-commit': 'last good',
	log: 'log',
};
