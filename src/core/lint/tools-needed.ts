import type { Json } from '../plan.ts';
import type { LintedFile, LintedJob, LintedStep } from './linted-file.ts';
import { itemsOf, type SourceNode, textAt, valueAt } from './source-tree.ts';

/** A program that a step calls, or a job that does not run here. */
export interface NeededTool {
	readonly kind: 'tool' | 'skip';
	/** `cmake`; for a job that is skipped, the reason. */
	readonly name: string;
	/** `ci.yml:12` */
	readonly where: string;
}

/**
 * The well-known programs that the steps of a file call and do not install themselves, by the words at which commands begin.
 * `whySkipped` says why a job with these labels does not run on this machine.
 */
export function toolsNeeded(file: LintedFile, whySkipped: (runsOn: Json) => string | undefined): readonly NeededTool[] {
	const name = file.path.slice(file.path.lastIndexOf('/') + 1);
	const whereOf = (offset: number) => `${name}:${file.placeOf(offset).line}`;
	if (file.kind === 'action') return inSteps(file.steps, undefined, file, whereOf);
	return file.jobs.flatMap((job): readonly NeededTool[] => {
		const skip = whySkipped(labelsOf(valueAt(job.body, 'runs-on')));
		if (skip !== undefined) return [{ kind: 'skip', name: skip, where: whereOf(job.keySpan.start) }];
		return inSteps(job.steps, job, file, whereOf);
	});
}

/** The static labels: what an expression makes of them is known only in a run. */
function labelsOf(runsOn: SourceNode | undefined): Json {
	const labels = itemsOf(runsOn?.kind === 'map' ? valueAt(runsOn, 'labels') : runsOn);
	return labels.flatMap((label) => (label.kind === 'scalar' ? [label.text] : []));
}

function inSteps(
	steps: readonly LintedStep[],
	job: LintedJob | undefined,
	file: LintedFile,
	whereOf: (offset: number) => string,
): readonly NeededTool[] {
	// A container brings its own programs.
	if (valueAt(job?.body, 'container') !== undefined) return [];
	const scripts = steps.map(({ run, uses }) => `${run?.text ?? ''}\n${uses?.text ?? ''}`).join('\n');
	return steps.flatMap(({ run, body }) => {
		if (run === undefined) return [];
		const shell =
			textAt(body, 'shell') ??
			textAt(job?.body, 'defaults', 'run', 'shell') ??
			textAt(file.root, 'defaults', 'run', 'shell') ??
			'bash';
		const program = shell.trim().split(/\s+/)[0] ?? 'bash';
		const called = program === 'bash' || program === 'sh' ? commandWords(run.text) : [];
		const names = new Set([
			...(program === 'bash' || program === 'sh' ? [] : [program]),
			...called.filter((word) => knownTools.has(word)),
		]);
		const own = [...names].filter((name) => !isInstalled(name, scripts));
		return own.map((name): NeededTool => ({ kind: 'tool', name, where: whereOf(run.start) }));
	});
}

/** Whether a script, or an action such as actions/setup-node, brings the program. */
function isInstalled(name: string, scripts: string): boolean {
	const word = `(?<![\\w-])${RegExp.escape(name)}(?![\\w-])`;
	return (
		new RegExp(`\\b(install|add|i|get|enable|command -v|which|curl|wget)\\b[^\\n]*${word}`).test(scripts) ||
		new RegExp(`/setup-${RegExp.escape(broughtBy[name] ?? name)}\\b`).test(scripts)
	);
}

const broughtBy: { readonly [tool: string]: string } = {
	...{ npm: 'node', npx: 'node', yarn: 'node', corepack: 'node', python3: 'python', pip: 'python', pip3: 'python' },
	...{ gofmt: 'go', javac: 'java', mvn: 'java', bundle: 'ruby', gem: 'ruby', composer: 'php', gradle: 'gradle' },
};

/** The words at which the commands of a shell script begin. */
export function commandWords(script: string): readonly string[] {
	const joined = script.replaceAll(/\\\n/g, ' ').replaceAll(/\$\{\{[\s\S]*?\}\}/g, 'X');
	const words: string[] = [];
	for (const line of withoutHereDocuments(joined)) {
		const commands = line.replace(/(^|\s)#.*$/, '').split(/&&|\|\|?|;|\$\(|`|\(|\{\s/);
		for (const command of commands) {
			const found =
				/^\s*(?:(?:then|do|else|elif|if|while|until|!|sudo(?:\s+-\w+)*|time|exec|nohup|env|command|xargs(?:\s+-\S+)*)\s+)*(?:\w+=(?:'[^']*'|"[^"]*"|\S*)\s+)*([\w.+-]+)(?=\s|$)/.exec(
					command,
				)?.[1];
			if (found !== undefined) words.push(found);
		}
	}
	return words;
}

function withoutHereDocuments(script: string): readonly string[] {
	const kept: string[] = [];
	let end: string | undefined;
	for (const line of script.split('\n')) {
		if (end !== undefined) {
			if (line.trim() === end) end = undefined;
			continue;
		}
		kept.push(line);
		end = /<<-?\s*['"]?(\w+)['"]?/.exec(line)?.[1];
	}
	return kept;
}

/** Only these are told: any other word may be a function, a file of the repository, or something a step builds. */
const knownTools: ReadonlySet<string> = new Set([
	...[
		'ant',
		'autoreconf',
		'aws',
		'az',
		'bazel',
		'bundle',
		'bun',
		'cargo',
		'clang',
		'clang-format',
		'clang-tidy',
		'cmake',
		'composer',
	],
	...[
		'corepack',
		'ctest',
		'curl',
		'deno',
		'docker',
		'docker-compose',
		'dotnet',
		'elixir',
		'ffmpeg',
		'flutter',
		'g++',
		'gcc',
		'gcloud',
	],
	...[
		'gem',
		'gh',
		'ghc',
		'go',
		'gofmt',
		'gradle',
		'helm',
		'java',
		'javac',
		'jq',
		'kubectl',
		'make',
		'meson',
		'mix',
		'mvn',
		'mysql',
	],
	...[
		'ninja',
		'node',
		'npm',
		'npx',
		'php',
		'pip',
		'pip3',
		'pipx',
		'pnpm',
		'podman',
		'poetry',
		'psql',
		'pwsh',
		'python',
		'python3',
	],
	...[
		'rake',
		'redis-cli',
		'rsync',
		'ruby',
		'rustc',
		'rustup',
		'sbt',
		'shellcheck',
		'sqlite3',
		'swift',
		'terraform',
		'tox',
		'tree',
	],
	...['unzip', 'uv', 'wget', 'xmllint', 'xvfb-run', 'yarn', 'yq', 'zig', 'zip', 'zstd'],
]);
