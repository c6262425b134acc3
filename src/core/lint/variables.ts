import { type ForeignValue, foreignValuesIn } from './attacker-values.ts';
import type { ExpressionUse, LintedFile, LintedJob, LintedStep } from './linted-file.ts';
import { type Entry, entriesOf, type SourceNode, valueAt } from './source-tree.ts';

/** The variables that `env` gives to a step: the step's over the job's over the workflow's, by lower-case name. */
export function definitionsOf(
	step: LintedStep | undefined,
	job: LintedJob | undefined,
	file: LintedFile,
): ReadonlyMap<string, Entry> {
	const levels = [file.root, job?.body, step?.body].map((level) => entriesOf(valueAt(level, 'env')));
	return new Map(levels.flat().map((entry) => [entry.key.toLowerCase(), entry]));
}

/** The expressions within a value of the file. */
export function expressionsOf(value: SourceNode | undefined, file: LintedFile): readonly ExpressionUse[] {
	return value === undefined
		? []
		: file.uses.filter((use) => use.scalar.start >= value.start && use.scalar.end <= value.end);
}

/** The values chosen by others that a value of the file holds. */
export function foreignValuesAt(value: SourceNode | undefined, file: LintedFile): readonly ForeignValue[] {
	return expressionsOf(value, file).flatMap(({ parsed }) => (parsed === undefined ? [] : foreignValuesIn(parsed)));
}
