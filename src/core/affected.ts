import type { JobParts, Plan, PlannedJob, PlannedStep, Template } from './plan.ts';

/**
 * What a change of files means for a job. `unaffected` is said only where the job cannot see any of the files; `open`, where that
 * cannot be told: then it has to run.
 */
export interface Effect {
	readonly is: 'affected' | 'open' | 'unaffected';
	/** A half sentence behind "it": `names src/`. */
	readonly why: string;
}

/** Says of every job of a plan, by its key, what a change of these paths (relative to the repository) means for it. */
export function effects(plan: Plan, changed: readonly string[]): ReadonlyMap<string, Effect> {
	const told = new Map<string, Effect>();
	// A job stands behind all that it needs only in most files: it is told when they are.
	const tell = (job: PlannedJob): Effect => {
		const known = told.get(job.key);
		if (known !== undefined) return known;
		const own = changed.length === 0 ? unaffected('sees nothing that changed') : ofJob(plan, job, changed);
		told.set(job.key, own);
		const needed = plan.jobs.filter((other) => other.parent === job.parent && job.needs.includes(other.id));
		const behind = needed.find((other) => other.key !== job.key && tell(other).is !== 'unaffected');
		const whole = own.is === 'unaffected' && behind !== undefined ? open(`needs ${behind.key}`) : own;
		told.set(job.key, whole);
		return whole;
	};
	for (const job of plan.jobs) tell(job);
	return told;
}

function ofJob(plan: Plan, job: PlannedJob, changed: readonly string[]): Effect {
	const file = job.file ?? plan.workflow;
	if (changed.includes(file)) return affected(`stands in ${file}, which changed`);
	const env = job.file === undefined ? plan.env : (plan.called?.[job.file]?.env ?? null);
	if (job.call === undefined) return ofParts(job, env, changed);
	const workflows = calledBy(plan, job.call.workflow);
	const edited = workflows.find((path) => changed.includes(path));
	if (edited !== undefined) return affected(`calls ${edited}, which changed`);
	const inside = workflows.flatMap((path) =>
		(plan.called?.[path]?.jobs ?? [])
			.filter((part) => part.call === undefined)
			.map((part) => ofParts(part, plan.called?.[path]?.env ?? null, changed)),
	);
	return worstOf(inside);
}

/** A called workflow with all that it calls in turn. */
function calledBy(plan: Plan, workflow: string): readonly string[] {
	const found = new Set([workflow]);
	for (const path of found) {
		for (const job of plan.called?.[path]?.jobs ?? []) if (job.call !== undefined) found.add(job.call.workflow);
	}
	return [...found];
}

/** `env` is that of the workflow around the job. */
function ofParts(parts: JobParts, env: Template, changed: readonly string[]): Effect {
	const texts = [...textsIn(env), ...textsOf(parts)];
	const named = changed.flatMap((path) => nameIn(texts, path) ?? []);
	const [longest] = named.toSorted((a, b) => b.length - a.length);
	const uses = parts.steps.flatMap((step) => localAction(step) ?? []);
	const action = uses.find((folder) => changed.some((path) => path.startsWith(`${folder}/`)));
	const seen = worstOf(parts.steps.map((step) => ofStep(step, changed)));
	if (seen.is === 'unaffected') {
		const reads = texts.find((text) => readsCommit.test(text));
		return reads === undefined ? seen : open(`reads the commit (${(readsCommit.exec(reads)?.[0] ?? '').trim()})`);
	}
	if (action !== undefined) return affected(`uses ${action}, which changed`);
	return longest === undefined ? seen : affected(`names ${longest}`);
}

/** Ways to look at the commit or at the event without having the files. */
const readsCommit =
	/\bgithub\.(?:sha|event)\b|\btoJSON\(\s*github\s*\)|\bGITHUB_(?:SHA|EVENT_PATH)\b|(?:^|[\s;&|(])(?:git|gh|curl|wget)\s/im;

/** What a step makes of the change that the job can see. */
function ofStep(step: PlannedStep, changed: readonly string[]): Effect {
	const { uses } = step;
	if (uses === undefined) return unaffected('checks nothing out');
	if (/^actions\/checkout@/i.test(uses)) return ofCheckout(step, changed);
	if (uses.startsWith('docker://') || harmless.test(uses)) return unaffected('checks nothing out');
	return open(`uses ${uses}, which may read everything`);
}

/** Actions that read nothing of the repository but what was checked out. */
const harmless =
	/^actions\/(?:setup-(?:node|python|go|java|dotnet)|cache|cache\/(?:save|restore)|upload-artifact|download-artifact)@/i;

function ofCheckout({ with: inputs }: PlannedStep, changed: readonly string[]): Effect {
	const whole = open('checks the whole repository out');
	const sparse = inputOf(inputs, 'sparse-checkout');
	if (sparse === undefined || sparse === null || sparse === '') return whole;
	const coneMode = inputOf(inputs, 'sparse-checkout-cone-mode') ?? true;
	const isCone = coneMode === true || coneMode === 'true';
	if (typeof sparse !== 'string' || !isCone || /[*?[\]!\\]/.test(sparse)) return open('checks out what patterns say');
	const folders = sparse
		.split('\n')
		.map((line) => line.trim().replace(/^\/+|\/+$/g, ''))
		.filter((line) => line !== '' && !line.startsWith('#'));
	const seen = changed.find((path) => folders.some((folder) => isInCone(path, folder)));
	if (seen !== undefined) return open(`checks ${seen} out`);
	return unaffected(`checks out only ${folders.join(', ')}`);
}

/** A cone holds a folder with all below it, and the files that lie directly in the folders above it. */
function isInCone(path: string, folder: string): boolean {
	const parent = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
	return path.startsWith(`${folder}/`) || parent === '' || folder.startsWith(`${parent}/`);
}

function inputOf(inputs: Template, name: string): Template | undefined {
	if (typeof inputs !== 'object' || inputs === null || !('mapping' in inputs)) return undefined;
	return inputs.mapping.find(([key]) => typeof key === 'string' && key.toLowerCase() === name)?.[1];
}

function localAction({ uses }: PlannedStep): string | undefined {
	const folder = /^(?:\.|\$)\/(.+?)\/*$/.exec(uses ?? '')?.[1];
	return folder?.replace(/^\.\//, '');
}

/** The longest part of a path that one of the texts names: the file, else a folder that it is in. */
function nameIn(texts: readonly string[], path: string): string | undefined {
	const parts = path.split('/');
	for (let count = parts.length; count > 0; count -= 1) {
		const part = parts.slice(0, count).join('/');
		const isFolder = count < parts.length;
		// One word alone may be any word, as in `npm test`: as a folder it has a slash, or is what a text is about.
		const isPlain = !part.includes('/') && isFolder;
		const named = isPlain
			? new RegExp(
					`^${RegExp.escape(part)}$|(?:^|[^\\w./-])(?:(?:\\./)?${RegExp.escape(part)}/|\\./${RegExp.escape(part)}\\b)`,
				)
			: new RegExp(`(?:^|[^\\w./-])(?:\\./)?${RegExp.escape(part)}(?![\\w.-])`);
		if (texts.some((text) => named.test(text))) return isFolder ? `${part}/` : part;
	}
	return undefined;
}

/** Everything that stands in a job as text, the sources of expressions included. */
function textsOf(parts: JobParts): readonly string[] {
	const templates: readonly Template[] = [
		...[parts.env, parts.outputs, parts.defaults.workingDirectory],
		...parts.steps.flatMap((step) => [step.run ?? null, step.with, step.env, step.workingDirectory]),
	];
	const conditions = [parts.if, ...parts.steps.map((step) => step.if)].filter((text) => text !== undefined);
	return [...templates.flatMap(textsIn), ...conditions];
}

function textsIn(template: Template): readonly string[] {
	if (typeof template === 'string') return [template];
	if (template === null || typeof template !== 'object') return [];
	if ('expression' in template) return [template.expression];
	if ('sequence' in template) return template.sequence.flatMap(textsIn);
	return template.mapping.flatMap(([, value]) => textsIn(value));
}

function worstOf(all: readonly Effect[]): Effect {
	return (
		all.find((effect) => effect.is === 'affected') ??
		all.find((effect) => effect.is === 'open') ??
		// What it does check out says more than that other steps check nothing out.
		all.find((effect) => effect.why !== 'checks nothing out') ??
		unaffected('checks nothing out')
	);
}

const affected = (why: string): Effect => ({ is: 'affected', why });
const open = (why: string): Effect => ({ is: 'open', why });
const unaffected = (why: string): Effect => ({ is: 'unaffected', why });
