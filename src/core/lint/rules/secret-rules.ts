import { type Expr, FunctionCall, IndexAccess } from '@actions/expressions/ast';
import { childrenOf } from '../../workflow/expression-syntax.ts';
import type { Rule } from '../rule.ts';
import { entriesOf, type MapNode, textAt, valueAt } from '../source-tree.ts';
import { pathOf, pathsIn } from '../value-path.ts';

/** All secrets where one would do. */
const overprovisionedSecrets: Rule = {
	name: 'overprovisioned-secrets',
	severity: 'error',
	why: 'Every secret of the repository, also those added later, is handed to this step.',
	fix: 'Name the one that it needs: secrets.NAME.',
	check({ uses }, report) {
		for (const use of uses) {
			const paths = use.parsed === undefined ? [] : pathsIn(use.parsed);
			const isAll = paths.some(([context, name]) => context === 'secrets' && (name === undefined || name === '*'));
			if (isAll) report(use, 'All secrets are read at once');
		}
	},
};

/** A called workflow that gets every secret. */
const secretsInherit: Rule = {
	name: 'secrets-inherit',
	severity: 'warning',
	why: 'Every secret of the repository, also those added later, is handed to the called workflow.',
	fix: 'Name the secrets that it needs below `secrets:`.',
	check({ jobs }, report) {
		for (const { body } of jobs) {
			const secrets = valueAt(body, 'secrets');
			if (secrets?.kind !== 'scalar' || secrets.text !== 'inherit') continue;
			const isOwn = /^[.$]\//.test(textAt(body, 'uses') ?? '');
			report(secrets, `${textAt(body, 'uses') ?? 'The called workflow'} gets every secret`, {
				severity: isOwn ? 'info' : 'warning',
			});
		}
	},
};

/** A part of a secret, which nobody masks. */
const unredactedSecrets: Rule = {
	name: 'unredacted-secrets',
	severity: 'warning',
	why: 'On GitHub only the whole secret is masked in logs: a value taken out of it is shown.',
	fix: 'Make a secret of each value, or mask it first: echo "::add-mask::$VALUE".',
	check({ uses }, report) {
		for (const use of uses) {
			for (const name of partsOfSecrets(use.parsed)) report(use, `A part of secrets.${name} is not masked`);
		}
	},
};

function partsOfSecrets(expression: Expr | undefined): readonly string[] {
	if (expression === undefined) return [];
	const inner = childrenOf(expression).flatMap(partsOfSecrets);
	if (!(expression instanceof IndexAccess) || !(expression.expr instanceof FunctionCall)) return inner;
	const { functionName, args } = expression.expr;
	const [context, name] = (args[0] && pathOf(args[0])) ?? [];
	const isPart = functionName.lexeme.toLowerCase() === 'fromjson' && context === 'secrets' && name !== undefined;
	return isPart ? [name, ...inner] : inner;
}

/** A registry's password in the file. */
const hardcodedCredentials: Rule = {
	name: 'hardcoded-container-credentials',
	severity: 'error',
	why: 'Whoever can read the repository, now or in its history, has the password.',
	fix: 'Make a secret of it, and change the password.',
	check({ jobs }, report) {
		for (const { body } of jobs) {
			const services = entriesOf(valueAt(body, 'services')).map(({ value }) => value);
			for (const container of [valueAt(body, 'container'), ...services]) {
				const password = valueAt(container, 'credentials', 'password');
				if (password?.kind !== 'scalar' || password.text === '' || password.text.includes('${{')) continue;
				report(password, 'A password stands in the file');
			}
		}
	},
};

/** The runner's old commands, which any output could use. */
const insecureCommands: Rule = {
	name: 'insecure-commands',
	severity: 'error',
	why: 'Whatever a step prints, also text of others, can then set variables and PATH of the later steps.',
	fix: 'Take it out, and write to "$GITHUB_ENV" and "$GITHUB_PATH".',
	check({ root, jobs, steps }, report) {
		const levels: readonly MapNode[] = [root, ...jobs.map(({ body }) => body), ...steps.map(({ body }) => body)];
		for (const level of levels) {
			for (const { key, keySpan, value } of entriesOf(valueAt(level, 'env'))) {
				const isOn = value.kind === 'scalar' && /^(true|1|\$\{\{.*)$/i.test(value.text.trim());
				if (key.toUpperCase() === 'ACTIONS_ALLOW_UNSECURE_COMMANDS' && isOn)
					report(keySpan, 'The old commands set-env and add-path are switched on');
			}
		}
	},
};

/** What lets secrets out. */
export const secretRules: readonly Rule[] = [
	overprovisionedSecrets,
	secretsInherit,
	unredactedSecrets,
	hardcodedCredentials,
	insecureCommands,
];
