import { failed, ok, type Problem, type Result } from '../result.ts';

/** How a script is run. `{0}` in argv stands for the script's path. */
export interface Shell {
	readonly argv: readonly string[];
	/** With the dot. */
	readonly extension: string;
	/** The script as the shell needs it. */
	readonly script: (text: string) => string;
	/** As the log shows it. */
	readonly shown: string;
}

/**
 * The shell of a `run` step, as GitHub has it: `bash` named is stricter (`pipefail`) than bash by default. Without a name it is
 * bash, or sh where there is no bash. FB2023: neither a known name nor a command with `{0}`.
 */
export function resolveShell(name: string | undefined, hasBash: boolean): Result<Shell> {
	const asked = name?.trim() ?? '';
	if (asked === '') return ok(hasBash ? command('bash -e {0}', '.sh') : command('sh -e {0}', '.sh'));
	switch (asked.toLowerCase()) {
		case 'bash':
			return ok(command('bash --noprofile --norc -e -o pipefail {0}', '.sh'));
		case 'sh':
			return ok(command('sh -e {0}', '.sh'));
		case 'python':
			return ok(python);
		case 'pwsh':
			return ok(pwsh);
		case 'node':
			return ok(command('node {0}', '.js'));
		case 'cmd':
		case 'powershell':
			return failed(unknown(asked, `${asked} exists on Windows only`));
		default:
			return asked.includes('{0}')
				? ok(command(asked, ''))
				: failed(unknown(asked, "A shell is a known name or a command with '{0}' for the script"));
	}
}

/** Machines that have only `python3` are common; which of both is there is known when the step runs, a step before may install one. */
const python: Shell = {
	argv: ['sh', '-c', 'exec "$(command -v python || command -v python3 || echo python)" "$0"', '{0}'],
	extension: '.py',
	script: (text) => text,
	shown: 'python {0}',
};

const pwsh: Shell = {
	argv: ['pwsh', '-command', ". '{0}'"],
	extension: '.ps1',
	script: (text) =>
		`$ErrorActionPreference = 'stop'\n${text}\nif ((Test-Path -LiteralPath variable:\\LASTEXITCODE)) { exit $LASTEXITCODE }`,
	shown: `pwsh -command ". '{0}'"`,
};

function command(shown: string, extension: string): Shell {
	return { argv: splitWords(shown), extension, script: (text) => text, shown };
}

/** Splits at blanks; quotes keep them, and a backslash keeps what follows. */
function splitWords(text: string): readonly string[] {
	const words = text.match(/(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/g) ?? [];
	return words.map((word) =>
		word.replace(
			/\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'/g,
			(_, escaped, double, single) => escaped ?? double?.replace(/\\(.)/g, '$1') ?? single,
		),
	);
}

function unknown(shell: string, why: string): Problem {
	return {
		code: 'FB2023',
		what: `The shell '${shell}' cannot be used`,
		why,
		next: 'use bash, sh, python, node, pwsh, or a command such as: perl {0}',
	};
}
