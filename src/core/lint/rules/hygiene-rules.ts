import { didYouMean } from '../did-you-mean.ts';
import type { Rule } from '../rule.ts';
import { runnerLabels } from '../runner-labels.ts';
import { scriptLines } from '../script-lines.ts';
import { itemsOf, valueAt } from '../source-tree.ts';

/** Commands that the runner has given up. */
const deprecatedCommands: Rule = {
	name: 'deprecated-commands',
	severity: 'warning',
	why: 'What is printed is an output or a variable then: text of others that a step prints can set it.',
	fix: 'echo "name=value" >> "$GITHUB_OUTPUT" (GITHUB_STATE, GITHUB_ENV, GITHUB_PATH for the others).',
	check(file, report) {
		for (const { run } of file.steps) {
			if (run === undefined || !run.text.includes('::')) continue;
			for (const line of scriptLines(run, file.text)) {
				const command = /::(set-output|save-state|set-env|add-path)\b[^:]*::/.exec(line.text)?.[1];
				if (command === undefined) continue;
				const isRefused = command === 'set-env' || command === 'add-path';
				report(line, `::${command}:: is ${isRefused ? 'refused' : 'deprecated'}`, {
					severity: isRefused ? 'error' : 'warning',
				});
			}
		}
	},
};

/** A machine that there is not. */
const unknownRunner: Rule = {
	name: 'unknown-runner-label',
	severity: 'warning',
	why: 'GitHub has no such machine: unless one of your own has this label, the job waits for a day and is then cancelled.',
	fix: 'Use a label that there is, such as ubuntu-latest.',
	check({ jobs }, report, repository) {
		const configured = repository.labels.map((label) => label.toLowerCase());
		const known = [...runnerLabels.present, ...runnerLabels.own, ...configured];
		const told = new Set<string>();
		for (const { body } of jobs) {
			const runsOn = valueAt(body, 'runs-on');
			const nodes = itemsOf(runsOn?.kind === 'map' ? valueAt(runsOn, 'labels') : runsOn);
			const labels = nodes.flatMap((node) => (node.kind === 'scalar' && !node.text.includes('${{') ? [node] : []));
			// With `self-hosted` or a group, the other labels are the owner's to choose.
			if (runsOn?.kind === 'map' || labels.some(({ text }) => text.toLowerCase() === 'self-hosted')) continue;
			for (const label of labels) {
				const text = label.text.toLowerCase();
				if (known.some((name) => name === text) || told.has(text)) continue;
				told.add(text);
				if (runnerLabels.gone.some((name) => name === text)) report(label, `GitHub has no ${label.text} any more`);
				else {
					const hint = didYouMean(text, known);
					report(label, `No machine of GitHub has the label ${label.text}${hint}`, {
						severity: hint === '' ? 'info' : 'warning',
					});
				}
			}
		}
	},
};

/** A job that may hang for six hours. */
const missingTimeout: Rule = {
	name: 'missing-timeout',
	severity: 'info',
	why: 'A job that hangs is ended after six hours, and keeps a machine busy until then.',
	fix: 'Write timeout-minutes: about three times what it takes.',
	check({ jobs }, report) {
		for (const { body, keySpan, id } of jobs) {
			const isEnded = valueAt(body, 'timeout-minutes') !== undefined || valueAt(body, 'uses') !== undefined;
			if (!isEnded) report(keySpan, `The job ${id} has no timeout-minutes`);
		}
	},
};

/** Work for commits that nobody waits for any more. */
const concurrencyLimits: Rule = {
	name: 'concurrency-limits',
	severity: 'info',
	why: 'Each push to a pull request starts it again, and the runs before go on although nobody looks at them.',
	fix: 'Add `concurrency` with a group for each branch, and cancel-in-progress: true.',
	check(file, report) {
		const event = file.events.get('pull_request') ?? file.events.get('pull_request_target');
		const isLimited = [file.root, ...file.jobs.map(({ body }) => body)].some(
			(level) => valueAt(level, 'concurrency') !== undefined,
		);
		if (event !== undefined && !isLimited) report(event.span, 'Runs of outdated commits are not stopped');
	},
};

/** What makes a workflow slow or brittle. */
export const hygieneRules: readonly Rule[] = [deprecatedCommands, unknownRunner, missingTimeout, concurrencyLimits];
