import type { NotPlanned } from '#core/plan.ts';
import { clean } from './line-fit.ts';

/** What is said when no workflow was started: why each was not, and how to run one all the same. */
export function nothingStarted(notPlanned: readonly NotPlanned[]): readonly string[] {
	const [first] = notPlanned;
	return [
		'Nothing was started.',
		...notPlanned.map(({ workflow, why }) => `  ${clean(workflow)}: ${clean(why)}`),
		...(first === undefined ? [] : [`  next   name one to run it anyway:  footbridge run ${clean(first.workflow)}`]),
	];
}
