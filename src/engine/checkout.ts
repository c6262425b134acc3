import { randomUUID } from 'node:crypto';
import { lstat, readdir } from 'node:fs/promises';
import { type CheckoutInputs, checkoutInputs } from '#core/job/checkout-inputs.ts';
import type { Json } from '#core/plan.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import type { FoundRef } from '#edge/source/source.ts';
import { bringFiles, hasGit } from './checkout-files.ts';
import { type Checkout, finishCheckout, writeFiles } from './checkout-in-room.ts';
import { checkOutOther } from './checkout-other.ts';
import { type ActionStep, type Frame, type RunningJob, refusedWork, type Work } from './running-job.ts';

/** Does `actions/checkout`: the commit of the run, another of the same repository, or another repository, into the workspace. */
export async function checkOut(job: RunningJob, caller: Frame, { step, inputs, timeout }: ActionStep): Promise<Work> {
	const where = `${caller.file}:${step.line}`;
	const repository = String(job.contexts['github']?.['repository'] ?? '');
	const read = checkoutInputs(inputs, { repository, workspace: job.room.workspace });
	if (!read.ok) return refused(job, where, read.error);
	// The token of the job's own services opens no forge.
	const asked = read.value.token === job.services?.token ? { ...read.value, token: '' } : read.value;
	const target = asked.path === '' ? job.room.workspace : `${job.room.workspace}/${asked.path}`;
	const checkout = { job, target, asked, timeout };
	try {
		const done = await (asked.repository === undefined ? ownCommit(checkout) : otherCommit(checkout));
		if (timeout.aborted) throw timeout.reason;
		if (!done.ok) return refused(job, where, done.error);
		const { ref, sha } = done.value;
		return { outcome: 'success', outputs: { ref, commit: sha }, summary: '', annotations: [] };
	} catch (error) {
		return refused(job, where, [problemOf(error)]);
	}
}

type Done = Result<{ readonly ref: string; readonly sha: string }>;

/**
 * From this machine's repository, without the network. Footbridge brings a `.git` folder, and the job's user takes the files out of it:
 * nothing is ever written from outside into a folder where the job may have put a link, and what a filter starts has the job's rights.
 */
async function ownCommit(checkout: Checkout): Promise<Done> {
	const { job, target, asked } = checkout;
	const commit = await commitOf(job, asked.ref);
	if (!commit.ok) return commit;
	const { sha, ref } = commit.value;
	if (!(await hasGit(checkout))) return withoutGit(checkout, commit.value);
	const keeps = !asked.cleans && (await hasGitFolder(job, target));
	const isClear = keeps ? await checkWay(job, asked.path) : await clear(checkout);
	if (!isClear.ok) return isClear;
	const place = keeps ? `${job.room.temp}/_checkout_${randomUUID()}` : `${target}/.git`;
	await job.room.bring(place, (folder) =>
		job.ports.source.gitFolder(job.request.repository.path, sha, folder, {
			depth: asked.depth,
			tags: asked.tags,
			isSparse: asked.sparse !== undefined,
			...(ref === undefined ? {} : { ref }),
			...(asked.submodules === 'none' ? {} : { submodules: asked.submodules }),
		}),
	);
	const taken = keeps ? await takePlace(checkout, place) : ok(undefined);
	const written = taken.ok ? await writeFiles(checkout) : taken;
	if (!written.ok) return written;
	const name = shortName(ref);
	job.log.say(`Checked out ${name === undefined ? '' : `${name} at `}${sha.slice(0, 12)}${into(asked)}`);
	const finished = await finishCheckout(checkout);
	if (!finished.ok) return finished;
	// As the original says it: what was asked for, and nothing for a commit.
	return ok({ ref: asked.ref === undefined ? (ref ?? '') : ref === undefined ? '' : asked.ref, sha });
}

async function withoutGit(checkout: Checkout, { sha, ref }: FoundRef): Promise<Done> {
	const { job, asked } = checkout;
	const isClear = await clear(checkout);
	if (!isClear.ok) return isClear;
	const brought = await bringFiles(checkout, sha);
	if (!brought.ok) return brought;
	job.log.say(`Checked out ${sha.slice(0, 12)}${into(asked)}`);
	return ok({ ref: asked.ref ?? ref ?? '', sha });
}

/** From its forge, fetched by the job's user. */
async function otherCommit(checkout: Checkout): Promise<Done> {
	const { job, asked } = checkout;
	const isClear = await clear(checkout);
	if (!isClear.ok) return isClear;
	const sha = await checkOutOther(checkout);
	if (!sha.ok) return sha;
	job.log.say(`Checked out ${asked.repository} at ${sha.value.slice(0, 12)}${into(asked)}`);
	return ok({ ref: asked.ref ?? '', sha: sha.value });
}

function into({ path }: CheckoutInputs): string {
	return path === '' ? '' : ` into ${path}`;
}

function shortName(ref: string | undefined): string | undefined {
	return ref?.replace(/^refs\/(?:heads|tags|pull)\//, '');
}

/** What the run is about has its own names: of an uncommitted work tree only these mean the files as they are. */
async function commitOf(job: RunningJob, ref: string | undefined): Promise<Result<FoundRef>> {
	const { trigger, repository } = job.request;
	const own = trigger.ref === 'HEAD' ? undefined : trigger.ref.startsWith('refs/') ? trigger.ref : branch(trigger.ref);
	if (ref === undefined || ref === own || branch(ref) === own)
		return ok({ sha: trigger.sha, ...(own === undefined ? {} : { ref: own }) });
	if (ref === trigger.sha) return ok({ sha: trigger.sha });
	const head = headOf(trigger.payload);
	if (head.sha === trigger.sha && (ref === head.ref || ref === branch(head.ref)))
		return ok({ sha: trigger.sha, ref: branch(head.ref) });
	return job.ports.source.find(repository.path, ref);
}

function branch(name: string): string {
	return `refs/heads/${name}`;
}

/** The branch that a pull request wants to have merged. */
function headOf(payload: Json): { readonly ref: string; readonly sha: string } {
	const field = (value: Json | undefined, name: string): Json | undefined =>
		typeof value === 'object' && value !== null && !Array.isArray(value)
			? (value as { readonly [name: string]: Json })[name]
			: undefined;
	const head = field(field(payload, 'pull_request'), 'head');
	return { ref: String(field(head, 'ref') ?? ''), sha: String(field(head, 'sha') ?? '') };
}

/** A link on the way to the folder is refused: what is meant by it may change at any moment. */
async function checkWay(job: RunningJob, path: string): Promise<Result<boolean>> {
	const parts = path === '' ? [] : path.split('/');
	for (let count = 0; count <= parts.length; count++) {
		const place = [job.room.workspace, ...parts.slice(0, count)].join('/');
		const kind = await lstat(job.room.hostPath(place)).catch(() => undefined);
		if (kind === undefined) return ok(false);
		if (kind.isDirectory()) continue;
		const why = 'actions/checkout writes into folders of its own only';
		return failed({ code: 'FB2041', what: `${place} is not a folder`, why });
	}
	return ok(true);
}

async function hasGitFolder(job: RunningJob, target: string): Promise<boolean> {
	const kind = await lstat(job.room.hostPath(`${target}/.git`)).catch(() => undefined);
	return kind?.isDirectory() === true;
}

/** Makes an empty folder of the target, as the job's user: no checkout finds what another one left. */
async function clear({ job, target, asked, timeout }: Checkout): Promise<Result<undefined>> {
	const exists = await checkWay(job, asked.path);
	if (!exists.ok) return exists;
	if (exists.value && (await readdir(job.room.hostPath(target)).catch(() => [''])).length === 0) return ok(undefined);
	// Some tools leave folders that their own user must not write in.
	const script =
		'mkdir -p -- "$1" && cd -P -- "$1" && { find . -mindepth 1 -delete 2>/dev/null || { chmod -R u+rwX . && find . -mindepth 1 -delete; }; }';
	return inRoom({ job, timeout }, [script, target], `${target} could not be emptied for the checkout`);
}

/** The new `.git` replaces the one of the checkout before, whose index tells which files are of no use any more. */
async function takePlace({ job, target, timeout }: Checkout, place: string): Promise<Result<undefined>> {
	const script =
		'cd -P -- "$1" && { [ ! -f .git/index ] || cp -- .git/index "$2/index"; } && rm -rf .git && mv -- "$2" .git';
	return inRoom({ job, timeout }, [script, target, place], `the checkout in ${target} could not be replaced`);
}

async function inRoom(
	{ job, timeout }: Pick<Checkout, 'job' | 'timeout'>,
	[script = '', ...args]: readonly string[],
	what: string,
): Promise<Result<undefined>> {
	let said = '';
	const end = await job.room.run({
		argv: ['sh', '-c', script, 'sh', ...args],
		env: {},
		cwd: job.room.workspace,
		output: (chunk) => {
			said = (said + Buffer.from(chunk).toString()).slice(-1000);
		},
		signal: AbortSignal.any([job.stop.signal, timeout]),
	});
	if (end.exitCode === 0) return ok(undefined);
	const ended = end.error ?? `it ended with ${end.exitCode ?? end.signal}`;
	return failed({ code: 'FB2041', what, why: said.trim() === '' ? ended : said.trim() });
}

function refused(job: RunningJob, where: string, problems: readonly Problem[]): Work {
	const works = problems.map((problem) => refusedWork(job, { ...problem, where: problem.where ?? where }));
	const [first] = works;
	if (first === undefined) throw new Error('a refusal without a problem');
	return { ...first, annotations: works.flatMap((work) => work.annotations) };
}
