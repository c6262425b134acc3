import type { LintedFile, LintedStep } from '../linted-file.ts';
import { outsiderEvents } from '../outsider-events.ts';
import type { Report, Rule } from '../rule.ts';
import { type ScriptLine, scriptLines } from '../script-lines.ts';
import { definitionsOf, foreignValuesAt } from '../variables.ts';

/** What somebody else chooses is written to the file that gives later steps their variables or programs. */
export const githubEnv: Rule = {
	name: 'github-env',
	severity: 'error',
	why: 'A line feed in the value, or the delimiter itself, sets any variable of the later steps: LD_PRELOAD, NODE_OPTIONS, PATH.',
	fix: 'Write the value to GITHUB_OUTPUT instead, or use a delimiter that nobody can guess: delimiter="$(uuidgen)".',
	check(file, report) {
		const events = outsiderEvents(file);
		for (const step of file.steps) {
			if (step.run === undefined || !/GITHUB_(ENV|PATH)/.test(step.run.text)) continue;
			for (const write of writesIn(scriptLines(step.run, file.text))) checkWrite(write, step, { file, events, report });
		}
	},
};

interface Write {
	/** The line that names the file. */
	readonly line: ScriptLine;
	readonly target: string;
	/** All that is written. */
	readonly text: string;
}

function checkWrite(
	{ line, target, text }: Write,
	step: LintedStep,
	{ file, events, report }: { readonly file: LintedFile; readonly events: readonly string[]; readonly report: Report },
): void {
	const variables = definitionsOf(step, step.job, file);
	for (const name of variablesIn(text)) {
		const [value] = foreignValuesAt(variables.get(name.toLowerCase())?.value, file);
		if (value === undefined) continue;
		const severity = value.reach === 'outsider' ? 'error' : 'warning';
		report(line, `$${name} (${value.name}) is chosen by ${value.who}, and is written to ${target}`, {
			severity,
		});
		return;
	}
	const isComputed = variablesIn(text).length > 0 || /\$\(|`/.test(text);
	if (!isComputed) return;
	const delimiter = /<<-?\s*([\w-]+)\s*$|<<([\w-]+)(?=\\n|["'])/m.exec(
		text.replaceAll(/cat\s*<<-?\s*['"]?\w+['"]?/g, ''),
	);
	const word = delimiter?.[1] ?? delimiter?.[2];
	if (word !== undefined) {
		report(line, `${target} is written with the fixed delimiter ${word}`, { severity: 'warning' });
	} else if (events.length > 0) {
		const what = `A computed value is written to ${target} in a workflow that runs for outsiders (${events.join(', ')})`;
		report(line, what, { severity: 'warning' });
	}
}

/** Names of shell variables in a text that are not the runner's own. */
function variablesIn(text: string): readonly string[] {
	const names = [...text.matchAll(/\$\{?([A-Za-z_]\w*)/g)].map(([, name = '']) => name);
	return names.filter((name) => !/^(GITHUB|RUNNER)_/.test(name));
}

/** What is written to GITHUB_ENV or GITHUB_PATH: one line, a `{ ... }` group, or a here-document. */
function writesIn(lines: readonly ScriptLine[]): readonly Write[] {
	return lines.flatMap((line, index): Write[] => {
		const target = /(?:>>?|tee\s+(?:-a|--append))\s*["']?(?:\$\{?|\$env:)(GITHUB_ENV|GITHUB_PATH)\b/.exec(
			line.text,
		)?.[1];
		if (target === undefined) return [];
		const parts = [line.text];
		if (/^\s*\}/.test(line.text)) {
			const open = lines.slice(0, index).findLastIndex(({ text }) => /^\s*\{\s*$/.test(text));
			parts.push(...lines.slice(open + 1, index).map(({ text }) => text));
		}
		const word = /<<-?\s*(\w+)/.exec(line.text)?.[1];
		if (word !== undefined) {
			const end = lines.findIndex(({ text }, at) => at > index && text.trim() === word);
			parts.push(...lines.slice(index + 1, end < 0 ? undefined : end).map(({ text }) => text));
		}
		return [{ line, target, text: parts.join('\n') }];
	});
}
