import type { Rule } from './rule.ts';
import { conditionRules } from './rules/condition-rules.ts';
import { githubEnv } from './rules/github-env.ts';
import { hygieneRules } from './rules/hygiene-rules.ts';
import { pinningRules } from './rules/pinning-rules.ts';
import { referenceRules } from './rules/reference-rules.ts';
import { secretRules } from './rules/secret-rules.ts';
import { templateInjection } from './rules/template-injection.ts';
import { triggerRules } from './rules/trigger-rules.ts';

/** Every rule, in the order of docs/lint.md. */
export const rules: readonly Rule[] = [
	templateInjection,
	githubEnv,
	...conditionRules,
	...secretRules,
	...triggerRules,
	...pinningRules,
	...referenceRules,
	...hygieneRules,
];
