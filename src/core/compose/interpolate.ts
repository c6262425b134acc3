import { ok } from '../result.ts';

/**
 * Fills `$NAME`, `${NAME}`, `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME:+other}` as the Compose specification has them; `$$` is a dollar.
 * The error is one sentence.
 */
export function interpolate(
	text: string,
	variables: { readonly [name: string]: string },
): { readonly ok: true; readonly value: string } | { readonly ok: false; readonly error: string } {
	let error: string | undefined;
	const value = text.replaceAll(pattern, (whole: string, ...groups: (string | undefined)[]) => {
		const [dollar, short, long, operator = '', word = '', other] = groups;
		if (dollar !== undefined) return '$';
		const name = short ?? long;
		if (name === undefined || other !== undefined) {
			error = `${whole} is not a variable; write $$ for a dollar`;
			return whole;
		}
		const set = Object.hasOwn(variables, name) ? variables[name] : undefined;
		const filled = substitute({ set, operator, word });
		if (filled === undefined) error = `the variable ${name} is missing${word === '' ? '' : `: ${word}`}`;
		return filled ?? whole;
	});
	return error === undefined ? ok(value) : { ok: false, error };
}

const pattern = /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?[-?+])([^}]*))?\}|(.?))/g;

/** Undefined: the variable is required and missing. A colon counts an empty value as missing. */
function substitute({
	set,
	operator,
	word,
}: {
	readonly set: string | undefined;
	readonly operator: string;
	readonly word: string;
}): string | undefined {
	const isThere = set !== undefined && (set !== '' || !operator.startsWith(':'));
	if (operator.endsWith('-')) return isThere ? set : word;
	if (operator.endsWith('+')) return isThere ? word : '';
	if (operator.endsWith('?')) return isThere ? set : undefined;
	return set ?? '';
}
