import { failed, ok, type Problem, type Result } from '../result.ts';

/** What `actions/checkout` is asked for. */
export interface CheckoutInputs {
	/** Branch, tag or commit; absent: what the run is about. */
	readonly ref?: string;
	/** Relative to the workspace, without `.` and `..`; empty: the workspace itself. */
	readonly path: string;
	/** 0 for the whole history. */
	readonly depth: number;
}

/** Inputs that change nothing here, and with which values. */
const accepted: { readonly [name: string]: RegExp } = {
	clean: /^(true|false)?$/,
	'persist-credentials': /^(true|false)?$/,
	token: /^/,
	submodules: /^(false)?$/,
	lfs: /^(false)?$/,
	'fetch-tags': /^(false)?$/,
	'show-progress': /^(true|false)?$/,
	'set-safe-directory': /^(true|false)?$/,
	'ssh-key': /^$/,
	'ssh-known-hosts': /^$/,
	'ssh-strict': /^(true|false)?$/,
	'ssh-user': /^/,
	'sparse-checkout': /^$/,
	'sparse-checkout-cone-mode': /^(true|false)?$/,
	filter: /^$/,
	'github-server-url': /^$/,
};

/** Reads the inputs of `actions/checkout`. FB2040: one of them asks for something that is not supported. */
export function checkoutInputs(
	inputs: { readonly [name: string]: string },
	repository: string,
): Result<CheckoutInputs> {
	const { ref = '', path = '', 'fetch-depth': depth = '1', repository: other = '', ...others } = lowerCased(inputs);
	const problems: Problem[] = [];
	for (const [name, value] of Object.entries(others)) {
		const rule = accepted[name];
		if (rule === undefined) problems.push(unsupported(`The input '${name}' of actions/checkout is not known`));
		else if (!rule.test(value)) problems.push(unsupported(`'${name}: ${value}' of actions/checkout is not supported`));
	}
	if (other !== '' && other.toLowerCase() !== repository.toLowerCase()) {
		problems.push({
			...unsupported(`actions/checkout of another repository (${other}) is not supported`),
			next: `clone it in a run step: git clone <url of ${other}>`,
		});
	}
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (path.startsWith('/') || parts.includes('..'))
		problems.push(unsupported(`The path '${path}' of actions/checkout leaves the workspace`));
	if (!/^\d{1,6}$/.test(depth))
		problems.push(unsupported(`'fetch-depth: ${depth}' of actions/checkout is not a number`));
	if (problems.length > 0) return failed(...problems);
	return ok({ ...(ref === '' ? {} : { ref }), path: parts.join('/'), depth: Number(depth) });
}

function lowerCased(inputs: { readonly [name: string]: string }): { readonly [name: string]: string } {
	return Object.fromEntries(Object.entries(inputs).map(([name, value]) => [name.toLowerCase(), value.trim()]));
}

function unsupported(what: string): Problem {
	return { code: 'FB2040', what };
}
