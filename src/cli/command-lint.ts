import { getCompileCacheDir } from 'node:module';
import { join, relative } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { workerPlanner } from '#edge/planner/worker-planner.ts';
import { type CommandContext, printJson } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { askedPaths, readLintFiles } from './lint/files.ts';
import { lintLines, lintSummary } from './lint/lines.ts';
import { plannerFindings, type Told } from './lint/problems.ts';

export interface LintOptions {
	readonly json?: boolean;
	/** Remarks count, too. */
	readonly strict?: boolean;
}

/** Looks at the workflows and actions of the present folder's repository, as they are on the disk; nothing is started. */
export async function lintCommand(
	asked: readonly string[],
	options: LintOptions,
	context: CommandContext,
): Promise<number> {
	const folder = process.cwd();
	// The planner's worker compiles for as long as it reads, unless it knows where this process keeps what is compiled.
	process.env['NODE_COMPILE_CACHE'] ??= getCompileCacheDir() ?? '';
	const planner = workerPlanner();
	try {
		const files = await readLintFiles(folder);
		const texts = new Map([...files.workflows, ...files.actions]);
		const paths = new Set(asked.length === 0 ? texts.keys() : askedPaths(asked, files, folder));
		// The planner reads in its worker while the rules look here.
		const planned = plannerFindings(planner, files, paths);
		const ruled = await ruleFindings(
			texts,
			files.runners.map(({ label }) => label),
		);
		const findings = weighed([...(await planned), ...ruled])
			.filter(({ path }) => paths.has(path))
			.sort(byPlace);
		if (options.json === true) printJson(context, jsonOf(findings, paths.size));
		else {
			const shown = (path: string) => relative(folder, join(files.root, path));
			context.out.print(...lintLines(findings, texts, context.out, shown));
			context.out.print(lintSummary(findings, paths.size, context.out));
		}
		return exitCodeOfFindings(findings, options.strict === true);
	} finally {
		await planner.close();
	}
}

/** The findings of the rules. Between two files the planner's worker gets its next one. */
async function ruleFindings(texts: ReadonlyMap<string, string>, labels: readonly string[]): Promise<readonly Told[]> {
	const findings: Told[] = [];
	// Loaded while the worker loads, too.
	const { lint } = await import('#core/lint/lint.ts');
	for (const found of lint(texts, labels)) {
		findings.push(...found);
		await setImmediate();
	}
	return findings;
}

/** What could be better in a file is no matter while it cannot run. */
function weighed(findings: readonly Told[]): readonly Told[] {
	const invalid = new Set(findings.filter(({ severity }) => severity === 'invalid').map(({ path }) => path));
	return findings.filter(({ severity, path }) => severity !== 'info' || !invalid.has(path));
}

function exitCodeOfFindings(findings: readonly Told[], isStrict: boolean): number {
	const has = (...wanted: readonly Told['severity'][]) => findings.some(({ severity }) => wanted.includes(severity));
	if (has('invalid')) return exitCodes.invalid.code;
	return has('error', 'warning') || (isStrict && has('info')) ? exitCodes.failed.code : exitCodes.passed.code;
}

function jsonOf(findings: readonly Told[], files: number) {
	const docs = (rule: string) => (/^FB\d{4}$/.test(rule) ? 'docs/errors.md' : `docs/lint.md#${rule}`);
	return {
		schema: 'footbridge.lint/1',
		files,
		findings: findings.map((finding) => ({ ...finding, docs: docs(finding.rule) })),
	};
}

function byPlace(a: Told, b: Told): number {
	return a.path === b.path ? a.line - b.line || a.column - b.column : a.path < b.path ? -1 : 1;
}
