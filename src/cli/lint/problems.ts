import type { LintFinding } from '#core/lint/rule.ts';
import type { Trigger } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import type { Planner } from '#edge/planner/planner.ts';
import type { LintFiles } from './files.ts';

/** What is told of a file: a finding of a rule, or a problem with which it cannot run. */
export interface Told extends Omit<LintFinding, 'severity'> {
	readonly severity: LintFinding['severity'] | 'invalid';
}

/** What the planner finds in files, whatever starts them: problems with which they cannot run, and what is not supported here. */
export async function plannerFindings(
	planner: Planner,
	files: LintFiles,
	paths: ReadonlySet<string>,
): Promise<readonly Told[]> {
	const all = [...files.workflows.keys()].filter((path) => paths.has(path));
	const planned = all.map(async (workflow): Promise<readonly Told[]> => {
		const { plans, broken } = await planner.plan(files.workflows, trigger, { workflow });
		const text = (path: string) => files.workflows.get(path) ?? '';
		const invalid = broken.flatMap(({ problems }) => problems).filter((problem) => !hangsOnTrigger(problem, text));
		const here = plans.flatMap(({ jobs }) => jobs.flatMap(({ problems }) => problems ?? []));
		return [
			...invalid.map((problem) => told(problem, workflow, 'invalid')),
			...here.map((problem) => told(problem, workflow, 'info')),
		];
	});
	const composite = [...files.actions].filter(
		([path, text]) => paths.has(path) && /^\s*using:\s*['"]?composite\b/m.test(text),
	);
	const read = composite.map(async ([path, text]): Promise<readonly Told[]> => {
		const action = await planner.action(path, text);
		return action.ok
			? []
			: action.error.map((problem) => told(problem, path, problem.code === 'FB1005' ? 'info' : 'invalid'));
	});
	const findings = (await Promise.all([...planned, ...read])).flat().filter(({ path }) => paths.has(path));
	return once(findings);
}

/** A workflow that several call is told once; what is not supported once a file, with how often. */
function once(findings: readonly Told[]): readonly Told[] {
	const keyOf = ({ path, line, what, severity }: Told) => `${path} ${severity === 'info' ? '' : line} ${what}`;
	return [...Map.groupBy(findings, keyOf).values()].flatMap(([first, ...more]) => {
		if (first === undefined) return [];
		const lines = new Set(more.map(({ line }) => line).filter((line) => line !== first.line));
		return [lines.size === 0 ? first : { ...first, what: `${first.what}, in ${lines.size + 1} places` }];
	});
}

/** A push to the default branch: any workflow is asked for by its name, so that its own triggers are only checked. */
const trigger: Trigger = { event: 'push', ref: 'refs/heads/main', sha: '0'.repeat(40), payload: {} };

/** A value that only another event, a caller or the settings bring is no fault of the file. */
function hangsOnTrigger({ code, where }: Problem, textOf: (path: string) => string): boolean {
	if (!['FB1004', 'FB1011', 'FB1013', 'FB1014'].includes(code)) return false;
	const [path = '', line = 0] = placeIn(where ?? '');
	const lines = textOf(path)
		.split('\n')
		.slice(line - 1);
	const indent = (text: string) => text.length - text.trimStart().length;
	const own = indent(lines[0] ?? '');
	const end = lines.findIndex((text, index) => index > 0 && text.trim() !== '' && indent(text) < own);
	return /\b(inputs|vars|github\.(event|head_ref|base_ref))\b/.test(
		lines.slice(0, end < 0 ? undefined : end).join('\n'),
	);
}

function told({ code, what, why, where, next }: Problem, file: string, severity: 'invalid' | 'info'): Told {
	const [path, line, column] = placeIn(where ?? file);
	const isUnsupported = code === 'FB1005' && severity === 'info';
	return {
		rule: isUnsupported ? 'unsupported-here' : code,
		severity,
		path,
		line,
		column,
		length: 1,
		what: isUnsupported ? `${what.replace(/@[0-9a-f]{40}/, '')} (${code})` : what,
		why: why ?? '',
		fix: next ?? '',
	};
}

function placeIn(where: string): readonly [path: string, line: number, column: number] {
	const [, path = where, line, column] = /^(.*?)(?::(\d+):(\d+))?$/.exec(where) ?? [];
	return [path, Number(line ?? 1), Number(column ?? 1)];
}
