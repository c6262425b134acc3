import { didYouMean } from './did-you-mean.ts';
import { type LintedFile, openLintedFile } from './linted-file.ts';
import type { LintFinding, Report, Rule, Severity } from './rule.ts';
import { rules } from './rules.ts';
import { type Suppression, suppressionsIn } from './suppressions.ts';

/**
 * Looks at workflows and composite actions by every rule: the findings of one file after the other, so that a caller can do
 * something else in between. `labels` are those that `footbridge.yaml` gives a meaning. Files that are no YAML give nothing: the planner tells what is wrong with them.
 */
export function* lint(
	files: ReadonlyMap<string, string>,
	labels: readonly string[] = [],
): Generator<readonly LintFinding[]> {
	const opened = new Map<string, LintedFile | undefined>();
	const workflow = (path: string): LintedFile | undefined => {
		const text = files.get(path);
		if (!opened.has(path) && text !== undefined) opened.set(path, openLintedFile(path, text));
		return opened.get(path);
	};
	for (const path of files.keys()) {
		const file = workflow(path);
		if (file === undefined) continue;
		const found: LintFinding[] = [];
		for (const rule of rules) rule.check(file, reportTo(found, rule, file), { workflow, labels });
		yield heeded(once(found), suppressionsIn(file.text), file).sort(byPlace);
	}
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];

function reportTo(found: LintFinding[], rule: Rule, { path, placeOf, text }: LintedFile): Report {
	return (at, what, own = {}) => {
		const { line, column } = placeOf(at.start);
		const lineEnd = text.indexOf('\n', at.start);
		const end = Math.min(at.end, lineEnd < 0 ? text.length : lineEnd);
		const { name, severity, why, fix } = rule;
		const length = Math.max(1, end - at.start);
		found.push({ rule: name, severity, why, fix, ...own, path, line, column, length, what });
	};
}

/** An alias brings what its anchor has a second time. */
function once(found: readonly LintFinding[]): readonly LintFinding[] {
	const keyOf = ({ rule, line, column, what }: LintFinding) => `${line}:${column} ${rule} ${what}`;
	return [...new Map(found.map((finding) => [keyOf(finding), finding])).values()];
}

/** Leaves out what comments say is meant so, and tells of comments that say nothing. */
function heeded(found: readonly LintFinding[], comments: readonly Suppression[], { path }: LintedFile): LintFinding[] {
	const isMeant = ({ rule, line }: LintFinding, comment: Suppression) =>
		comment.rule === rule && (comment.line === line || comment.line === line - 1);
	const kept = found.filter((finding) => !comments.some((comment) => isMeant(finding, comment)));
	const names = rules.map(({ name }) => name);
	for (const comment of comments) {
		if (found.some((finding) => isMeant(finding, comment))) continue;
		const isKnown = names.includes(comment.rule);
		kept.push({
			rule: 'useless-ignore',
			severity: isKnown ? 'info' : 'warning',
			path,
			line: comment.line,
			column: comment.column,
			length: comment.rule.length,
			what: isKnown
				? `${comment.rule} finds nothing on this line or the next`
				: `There is no rule ${comment.rule}${didYouMean(comment.rule, names)}`,
			why: 'A comment that suppresses nothing hides the next real finding here.',
			fix: isKnown ? 'Take the comment out.' : 'Use the name that the finding shows.',
		});
	}
	return kept;
}

function byPlace(a: LintFinding, b: LintFinding): number {
	return (
		a.line - b.line ||
		a.column - b.column ||
		severities.indexOf(a.severity) - severities.indexOf(b.severity) ||
		(a.rule < b.rule ? -1 : 1)
	);
}
