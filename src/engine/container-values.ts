import { type ContainerDefinition, containerDefinition } from '#core/container/definition.ts';
import { powerProblems } from '#core/container/options.ts';
import { type JobFacts, jobContexts } from '#core/job/contexts.ts';
import { whyForeign } from '#core/job/trust.ts';
import type { Json, PlacedTemplate } from '#core/plan.ts';
import { failed, ok, type Problem, type Result } from '#core/result.ts';
import { evaluateTemplate } from '#core/workflow/expression.ts';
import type { JobRequest } from './job-request.ts';

/** The containers that a job asks for, with their values as they are when it starts. */
export interface AskedContainers {
	/** Absent: its steps do not run in one. */
	readonly container?: ContainerDefinition;
	readonly services: readonly AskedService[];
}

export interface AskedService {
	readonly id: string;
	readonly definition: ContainerDefinition;
}

/** Evaluates `container` and `services`. FB2100 ...: what is wrong with them. FB2101: what of them nobody allowed. */
export function askedContainers(request: JobRequest): Result<AskedContainers> {
	const { container, services } = request.job;
	if (container === undefined && services === undefined) return ok({ services: [] });
	const contexts = contextsOf(request);
	if (!contexts.ok) return contexts;
	const problems: Problem[] = [];
	const read = (value: Json, name: string, place: PlacedTemplate): ContainerDefinition | undefined => {
		const where = placeOf(request, place);
		const definition = containerDefinition(value, { name, where });
		if (!definition.ok) problems.push(...definition.error);
		if (!definition.ok || definition.value === undefined) return undefined;
		const rules = { allowed: request.allowedPowers ?? [], whyForeign: whyForeign(request.trigger), where };
		problems.push(...powerProblems(definition.value.powers, rules));
		return definition.value;
	};
	const valueAt = (place: PlacedTemplate | undefined): Json => {
		const value = place === undefined ? ok(null) : evaluateTemplate(place.value, { contexts: contexts.value });
		if (!value.ok && place !== undefined)
			problems.push({ ...value.error, where: placeOf(request, place, value.error.where) });
		return value.ok ? value.value : null;
	};
	const own = container && read(valueAt(container), 'The container of the job', container);
	const all = entriesOf(valueAt(services)).flatMap(([id, value]) => {
		const definition = services && read(value, `The service ${id}`, services);
		return definition === undefined ? [] : [{ id, definition }];
	});
	if (problems.length > 0) return failed(...problems);
	return ok({ ...(own === undefined ? {} : { container: own }), services: all });
}

function placeOf({ job, plan }: JobRequest, { line, column }: PlacedTemplate, own = `${line}:${column}`): string {
	return `${job.file ?? plan.workflow}:${own}`;
}

function entriesOf(value: Json): readonly (readonly [string, Json])[] {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

type Contexts = { readonly [name: string]: Json };

/** What is known before there is a room; its paths are those that a job in a container will find. */
function contextsOf(request: JobRequest): Result<Contexts> {
	const { name } = request.repository;
	const contexts = jobContexts(request satisfies JobFacts, {
		workspace: `/__w/${name}/${name}`,
		temp: '/__w/_temp',
		toolCache: '/__t',
		eventPath: '/github/workflow/event.json',
		kernel: 'Linux',
		machine: process.arch === 'arm64' ? 'aarch64' : 'x86_64',
	});
	let env: Contexts = { ...request.extraEnv };
	for (const template of [request.workflowEnv, request.job.env]) {
		const added = evaluateTemplate(template, { contexts: { ...contexts, env } });
		if (!added.ok)
			return failed({ ...added.error, where: `${request.plan.workflow}:${added.error.where ?? request.job.line}` });
		env = { ...env, ...Object.fromEntries(entriesOf(added.value)) };
	}
	return ok({ ...contexts, env: { ...env, ...request.env } });
}
