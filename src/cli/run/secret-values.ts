import { text } from 'node:stream/consumers';
import { ProblemError } from '#core/result.ts';

/**
 * The values of the secrets that were named: of standard input for `NAME=-`, else of the environment, else, for one name alone, of
 * standard input when something is piped in. A value on a command line would be in every process list, so there is no way to write
 * it there.
 */
export async function secretValues(
	names: readonly string[],
	{ env, stdin }: { readonly env: NodeJS.ProcessEnv; readonly stdin: NodeJS.ReadStream },
): Promise<{ readonly [name: string]: string }> {
	const values: { [name: string]: string } = {};
	const fromInput = names.filter((name) => name.endsWith('=-'));
	if (fromInput.length > 1) {
		throw new ProblemError({
			code: 'FB0105',
			what: `${fromInput.join(' and ')} cannot both be read`,
			why: 'there is one standard input, and it holds one value',
			next: 'give the others by the environment, or all of them by --secrets-file',
		});
	}
	for (const asked of names) {
		const isInput = asked.endsWith('=-');
		const name = isInput ? asked.slice(0, -2) : asked;
		if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) {
			throw new ProblemError({
				code: 'FB0105',
				what: `${name.split('=')[0]} cannot be the name of a secret`,
				...(name.includes('=') ? { why: 'a value on the command line can be read by every user of the machine' } : {}),
				next: `put the value into the environment or pipe it in, and write --secret ${name.split('=')[0]}`,
			});
		}
		const canRead = names.length === 1 && stdin.isTTY !== true;
		const value = isInput ? await piped(stdin) : (env[name] ?? (canRead ? await piped(stdin) : undefined));
		if (value === undefined || value === '') {
			throw new ProblemError({
				code: 'FB0106',
				what: `the secret ${name} has no value`,
				why: isInput
					? 'standard input is empty'
					: `there is no variable ${name} in the environment, and nothing was piped in`,
				next: `${name}=... footbridge run --secret ${name}`,
			});
		}
		values[name] = value;
	}
	return values;
}

/** One line break at the end is the shell's, not the secret's. */
async function piped(stdin: NodeJS.ReadStream): Promise<string> {
	return (await text(stdin)).replace(/\r?\n$/, '');
}
