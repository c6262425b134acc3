import { type ForeignValue, foreignValuesIn, type Reach } from '../attacker-values.ts';
import type { ExpressionUse, LintedFile } from '../linted-file.ts';
import type { Rule, Severity } from '../rule.ts';
import { entriesOf, textAt, valueAt } from '../source-tree.ts';
import type { ValuePath } from '../value-path.ts';
import { definitionsOf, foreignValuesAt } from '../variables.ts';

/** A value that somebody else chooses becomes part of a program. */
export const templateInjection: Rule = {
	name: 'template-injection',
	severity: 'error',
	why: 'The expression is replaced by its value before the script is read: a value such as `$(id)` or `"; id; "` is run.',
	fix: 'Hand the value over in `env:` and read it in the script as "$NAME".',
	check(file, report) {
		for (const use of file.uses) {
			if (!isCode(use) || use.parsed === undefined) continue;
			const values = foreignValuesIn(use.parsed, (path) => foreignInFile(path, use, file));
			for (const { name, who, reach } of new Map(values.map((value) => [value.name, value])).values()) {
				report(use, `${name} is chosen by ${who}, and becomes code here`, { severity: severities[reach] });
			}
		}
	},
};

const severities: { readonly [reach in Reach]: Severity } = { outsider: 'error', writer: 'warning', starter: 'info' };

/** `env.NAME` that was set from such a value, and inputs of free text. */
function foreignInFile(
	[context, key, ...rest]: ValuePath,
	use: ExpressionUse,
	file: LintedFile,
): readonly ForeignValue[] {
	if (key === undefined || rest.length > 0) return [];
	if (context === 'env') {
		const definition = definitionsOf(use.step, use.job, file).get(key);
		const [value] = foreignValuesAt(definition?.value, file);
		return value === undefined ? [] : [{ ...value, name: `env.${definition?.key} (${value.name})` }];
	}
	const input = context === 'inputs' ? freeTextInput(key, file) : undefined;
	return input === undefined ? [] : [{ name: `inputs.${input}`, reach: 'starter', who: 'whoever starts this' }];
}

/** The name of an input of an action, or of a workflow's that has no narrower type. */
function freeTextInput(name: string, file: LintedFile): string | undefined {
	const events = ['workflow_dispatch', 'workflow_call'].map((event) => file.events.get(event)?.value);
	const declared = (file.kind === 'action' ? [file.root] : events).flatMap((holder) =>
		entriesOf(valueAt(holder, 'inputs')),
	);
	const input = declared.find(({ key }) => key.toLowerCase() === name);
	const isText = file.kind === 'action' || ['string', undefined].includes(textAt(input?.value, 'type'));
	return isText ? input?.key : undefined;
}

/** Inputs of well-known actions that are run as a program. */
const scriptInputs: { readonly [action: string]: readonly string[] } = {
	'actions/github-script': ['script'],
	'azure/cli': ['inlinescript'],
	'azure/powershell': ['inlinescript'],
	'appleboy/ssh-action': ['script'],
	'nick-fields/retry': ['command', 'on_retry_command'],
	'addnab/docker-run-action': ['run'],
	'mikefarah/yq': ['cmd'],
	'reactivecircus/android-emulator-runner': ['script', 'pre-emulator-launch-script'],
	'roots/issue-closer': ['issue-close-message', 'pr-close-message'],
	'cardinalby/js-eval-action': ['expression'],
};

function isCode({ way, step }: ExpressionUse): boolean {
	if (step === undefined) return false;
	const [parent, key] = way.slice(-2);
	if (key === 'run' && parent === '*') return true;
	const action = step.uses?.text.split('@')[0]?.toLowerCase() ?? '';
	return parent === 'with' && (scriptInputs[action] ?? []).includes(key?.toLowerCase() ?? '');
}
