import type { LintedFile } from './linted-file.ts';
import type { Span } from './source-tree.ts';

/** `error`: it is wrong or can be abused. `warning`: it probably is. `info`: it could be better. */
export type Severity = 'error' | 'warning' | 'info';

/** Something that a rule found, told so that the reader can act. */
export interface LintFinding {
	readonly rule: string;
	readonly severity: Severity;
	readonly path: string;
	readonly line: number;
	readonly column: number;
	/** How many characters of that line it is about. */
	readonly length: number;
	readonly what: string;
	readonly why: string;
	readonly fix: string;
}

/** Tells what was found; what is not given is the rule's own. */
export type Report = (
	at: Span,
	what: string,
	own?: { readonly severity?: Severity; readonly why?: string; readonly fix?: string },
) => void;

/** One thing that is looked for. */
export interface Rule {
	/** Its name, and its heading in docs/lint.md. */
	readonly name: string;
	readonly severity: Severity;
	readonly why: string;
	readonly fix: string;
	check(file: LintedFile, report: Report, repository: Repository): void;
}

/** The other files that are looked at together. */
export interface Repository {
	/** The workflow at a path of the repository. */
	workflow(path: string): LintedFile | undefined;
	/** Labels of `runs-on` that `footbridge.yaml` gives a meaning. */
	readonly labels: readonly string[];
}
