import { didYouMean } from '../did-you-mean.ts';
import type { ExpressionUse, LintedFile, LintedJob } from '../linted-file.ts';
import type { Report, Repository, Rule } from '../rule.ts';
import { entriesOf, itemsOf, type SourceNode, textAt, valueAt } from '../source-tree.ts';
import { pathsIn, type ValuePath } from '../value-path.ts';

const empty = 'A name that is not there gives an empty text: nothing fails, and what hangs on it is silently wrong.';

/** `needs.x` that is not there. */
const unknownNeed: Rule = {
	name: 'unknown-need',
	severity: 'error',
	why: empty,
	fix: 'Write the name as the job declares it, and name the job below `needs`.',
	check(file, report, repository) {
		for (const use of file.uses) {
			for (const path of pathsOf(use)) {
				const isJobs = path[0] === 'jobs' && use.way[0] === 'on';
				if ((path[0] === 'needs' || isJobs) && path[1] !== '*') checkNeed(path, use, { file, report, repository });
			}
		}
	},
};

interface Checking {
	readonly file: LintedFile;
	readonly report: Report;
	readonly repository: Repository;
}

function checkNeed(
	[context, id, part, name]: ValuePath,
	use: ExpressionUse,
	{ file, report, repository }: Checking,
): void {
	if (id === undefined) return;
	const job = file.jobs.find((other) => other.id.toLowerCase() === id);
	const needs = use.job?.needs.map(({ text }) => text) ?? [];
	const isNeeded = context === 'jobs' || needs.some((need) => need.toLowerCase() === id);
	if (!isNeeded && use.job !== undefined) {
		const hint = job === undefined ? didYouMean(id, needs) : ': add it below `needs`';
		report(use, `The job ${use.job.id} does not need ${id}${hint}`);
	} else if (part !== undefined && !['*', 'outputs', 'result'].includes(part)) {
		report(use, `${context}.${id} has no ${part}, only outputs and result`);
	} else if (job !== undefined && part === 'outputs' && name !== undefined && name !== '*') {
		checkOutput({ job, name, use }, repository, report);
	}
}

function checkOutput(
	{ job, name, use }: { readonly job: LintedJob; readonly name: string; readonly use: ExpressionUse },
	repository: Repository,
	report: Report,
): void {
	const uses = textAt(job.body, 'uses');
	const called = uses === undefined ? undefined : repository.workflow(uses.replace(/^[.$]\//, ''));
	if (uses !== undefined && called === undefined) return;
	const outputs =
		called === undefined ? valueAt(job.body, 'outputs') : valueAt(called.events.get('workflow_call')?.value, 'outputs');
	const names = entriesOf(outputs).map(({ key }) => key);
	if (names.some((known) => known.toLowerCase() === name)) return;
	const hint = names.length === 0 ? ': it has none' : didYouMean(name, names);
	report(use, `The job ${job.id} has no output ${name}${hint}`);
}

/** `steps.x` that is not there yet. */
const unknownStep: Rule = {
	name: 'unknown-step',
	severity: 'error',
	why: empty,
	fix: 'Give the step this `id`, or move it above this one.',
	check(file, report) {
		for (const use of file.uses) {
			const steps = use.job?.steps ?? (file.kind === 'action' ? file.steps : []);
			const ids = steps.flatMap(({ id, position }) => (id === undefined ? [] : [{ id, position }]));
			for (const [context, id, part] of pathsOf(use)) {
				if (context !== 'steps' || id === undefined || id === '*') continue;
				const step = ids.find((other) => other.id.toLowerCase() === id);
				if (step === undefined) {
					report(
						use,
						`There is no step with the id ${id}${didYouMean(
							id,
							ids.map((known) => known.id),
						)}`,
					);
				} else if (use.step !== undefined && step.position >= use.step.position) {
					const when = step.position === use.step.position ? 'has not ended yet' : 'comes later';
					report(use, `The step ${id} ${when}`);
				} else if (part !== undefined && part !== '*' && !['outputs', 'outcome', 'conclusion'].includes(part)) {
					report(use, `steps.${id} has no ${part}, only outputs, outcome and conclusion`);
				}
			}
		}
	},
};

/** `matrix.x` that no combination has. */
const unknownMatrixKey: Rule = {
	name: 'unknown-matrix-key',
	severity: 'error',
	why: empty,
	fix: 'Write the key as the matrix has it, or add it there.',
	check(file, report) {
		for (const use of file.uses) {
			if (use.job === undefined) continue;
			const keys = matrixKeys(use.job);
			for (const [context, key] of pathsOf(use)) {
				if (context !== 'matrix' || key === undefined || key === '*' || keys === undefined) continue;
				if (keys.some((known) => known.toLowerCase() === key)) continue;
				const hint = keys.length === 0 ? ': the job has no matrix' : didYouMean(key, keys);
				report(use, `The matrix has no ${key}${hint}`);
			}
		}
	},
};

/** The keys of a job's matrix; undefined when an expression makes them. */
function matrixKeys({ body }: LintedJob): readonly string[] | undefined {
	const matrix = valueAt(body, 'strategy', 'matrix');
	if (valueAt(body, 'strategy')?.kind === 'scalar') return undefined;
	if (matrix === undefined) return [];
	if (matrix.kind !== 'map') return undefined;
	const include = valueAt(matrix, 'include');
	const items = include?.kind === 'list' ? include.items : [];
	if (include?.kind === 'scalar' || items.some((item) => item.kind !== 'map')) return undefined;
	const own = matrix.entries.map(({ key }) => key).filter((key) => key !== 'include' && key !== 'exclude');
	return [...own, ...items.flatMap((item) => entriesOf(item).map(({ key }) => key))];
}

/** `inputs.x` that is not declared. */
const unknownInput: Rule = {
	name: 'unknown-input',
	severity: 'error',
	why: empty,
	fix: 'Write the name as it is declared, or declare it.',
	check(file, report) {
		const names = declaredInputs(file).map(({ key }) => key);
		for (const use of file.uses) {
			for (const name of inputsRead(use)) {
				if (name === '*' || names.some((known) => known.toLowerCase() === name)) continue;
				const hint = names.length === 0 ? ': none is declared' : didYouMean(name, names);
				report(use, `There is no input ${name}${hint}`);
			}
		}
	},
};

/** An input that does nothing. */
const unusedInput: Rule = {
	name: 'unused-input',
	severity: 'info',
	why: 'Whoever sets it believes that it does something.',
	fix: 'Use it, or take it out.',
	check(file, report) {
		const read = new Set(file.uses.flatMap(inputsRead));
		const isAllRead = read.has('*') || file.uses.some((use) => pathsOf(use).some(readsAllInputs));
		if (isAllRead || (file.kind === 'action' && textAt(file.root, 'runs', 'using') !== 'composite')) return;
		for (const { key, keySpan } of declaredInputs(file)) {
			if (!read.has(key.toLowerCase())) report(keySpan, `The input ${key} is not used`);
		}
	},
};

function declaredInputs(file: LintedFile) {
	const holders: readonly (SourceNode | undefined)[] =
		file.kind === 'action'
			? [file.root]
			: ['workflow_dispatch', 'workflow_call'].map((event) => file.events.get(event)?.value);
	return holders.flatMap((holder) => entriesOf(valueAt(holder, 'inputs')));
}

function inputsRead(use: ExpressionUse): readonly string[] {
	return pathsOf(use).flatMap(([context, ...rest]) => {
		if (context === 'inputs') return rest.slice(0, 1);
		return context === 'github' && rest[0] === 'event' && rest[1] === 'inputs' ? rest.slice(2, 3) : [];
	});
}

function readsAllInputs(path: ValuePath): boolean {
	return ['inputs', 'github', 'github.event', 'github.event.inputs'].includes(path.join('.'));
}

/** An output that nobody reads. */
const unusedOutput: Rule = {
	name: 'unused-output',
	severity: 'info',
	why: 'It is computed for nobody: perhaps its reader has another name for it.',
	fix: 'Read it as needs.<job>.outputs.<name>, or take it out.',
	check(file, report) {
		const paths = file.uses.flatMap(pathsOf).filter(([context]) => context === 'needs' || context === 'jobs');
		const isRead = (job: string, name: string) =>
			paths.some(
				([, id, part, output]) =>
					// `toJSON(needs)`, `needs.*` and `needs.build.outputs` read them all.
					(id === undefined || id === '*' || id === job) &&
					(part === undefined || part === '*' || part === 'outputs') &&
					(output === undefined || output === '*' || output === name),
			);
		for (const { id, body } of file.jobs) {
			for (const { key, keySpan } of entriesOf(valueAt(body, 'outputs'))) {
				if (isRead(id.toLowerCase(), key.toLowerCase())) continue;
				report(keySpan, `The output ${key} of the job ${id} is not read`);
			}
		}
	},
};

/** `needs` of jobs that other jobs bring anyway are fine; a job twice is not. */
const duplicateNeed: Rule = {
	name: 'duplicate-need',
	severity: 'info',
	why: 'The second one does nothing: perhaps another job was meant.',
	fix: 'Take it out, or name the other job.',
	check({ jobs }, report) {
		for (const { body, id } of jobs) {
			const seen = new Set<string>();
			for (const item of itemsOf(valueAt(body, 'needs'))) {
				if (item.kind !== 'scalar') continue;
				if (seen.has(item.text.toLowerCase())) report(item, `The job ${id} needs ${item.text} twice`);
				seen.add(item.text.toLowerCase());
			}
		}
	},
};

function pathsOf(use: ExpressionUse): readonly ValuePath[] {
	return use.parsed === undefined ? [] : pathsIn(use.parsed);
}

/** Names that lead nowhere. */
export const referenceRules: readonly Rule[] = [
	unknownNeed,
	unknownStep,
	unknownMatrixKey,
	unknownInput,
	unusedInput,
	unusedOutput,
	duplicateNeed,
];
