import type { NotPlanned, Plan, Trigger } from '#core/plan.ts';
import type { Problem } from '#core/result.ts';
import { GuardedReader } from './guarded-reader.ts';
import type { Planner, PlanOptions, PlanOutcome } from './planner.ts';

/** The planner that reads files in a worker, started at the first call. */
export function workerPlanner(): Planner {
	const reader = new GuardedReader();
	return {
		plan: (files, trigger, options = {}) => plan(reader, files, trigger, options),
		action: async (path, text) => {
			const answer = await reader.ask({ kind: 'action', path, text });
			if (answer.kind === 'action') return answer.action;
			if (answer.kind === 'failed') return { ok: false, error: [answer.problem] };
			throw new Error('the planner answered another question');
		},
		close: () => reader.close(),
	};
}

async function plan(
	reader: GuardedReader,
	files: ReadonlyMap<string, string>,
	trigger: Trigger,
	{ workflow, vars, project, origin, remote = new Map() }: PlanOptions,
): Promise<PlanOutcome> {
	const paths = [...files.keys()].filter((path) => workflow === undefined || isNamed(path, workflow)).sort();
	const plans: Plan[] = [];
	const notPlanned: NotPlanned[] = [];
	const broken: { workflow: string; problems: readonly Problem[] }[] = [];
	const missing = new Set<string>();
	if (workflow !== undefined && paths.length === 0) {
		broken.push({ workflow, problems: [unknownWorkflow(workflow, files)] });
	}
	const known = {
		trigger,
		...(vars === undefined ? {} : { vars }),
		...(project === undefined ? {} : { project }),
		...(origin === undefined ? {} : { origin }),
		isAskedFor: workflow !== undefined,
	};
	const callable = new Map([...files].filter(([, text]) => text.includes('workflow_call')));
	const answers = paths.map((path) => {
		const text = files.get(path) ?? '';
		const request = callsOthers.test(text) ? { ...known, callable, remote } : known;
		return reader.ask({ kind: 'plan', path, text, request });
	});
	for (const [index, answer] of (await Promise.all(answers)).entries()) {
		const path = paths[index] ?? '';
		if (answer.kind === 'action') throw new Error('the planner answered another question');
		if (answer.kind === 'failed') broken.push({ workflow: path, problems: [answer.problem] });
		else if (answer.planned.is === 'planned') {
			plans.push(answer.planned.plan);
			for (const one of answer.planned.missing) missing.add(one);
		} else if (answer.planned.is === 'not-planned') notPlanned.push({ workflow: path, why: answer.planned.why });
		else broken.push({ workflow: path, problems: answer.planned.problems });
	}
	return { plans, notPlanned, broken, ...(missing.size === 0 ? {} : { missing: [...missing] }) };
}

/** A file without this text calls no workflow: the others need not be sent to the worker. */
const callsOthers = /\/\.github\/workflows\//;

/** A path, a file name, or a file name without its ending. */
function isNamed(path: string, wanted: string): boolean {
	const name = path.slice(path.lastIndexOf('/') + 1);
	return [path, name, name.replace(/\.ya?ml$/, '')].includes(wanted);
}

function unknownWorkflow(workflow: string, files: ReadonlyMap<string, string>): Problem {
	const known = [...files.keys()].sort().join(', ');
	return {
		code: 'FB1007',
		what: `There is no workflow ${workflow}`,
		where: workflow,
		next: known === '' ? 'add one in .github/workflows' : `the workflows are: ${known}`,
	};
}
