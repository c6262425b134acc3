import { lstat } from 'node:fs/promises';
import { type CheckoutInputs, checkoutInputs } from '#core/job/checkout-inputs.ts';
import type { PlannedStep } from '#core/plan.ts';
import { failed, ok, type Problem, problemOf, type Result } from '#core/result.ts';
import { checkOutOther, finishCheckout } from './checkout-in-room.ts';
import { type RunningJob, refusedWork, type Work } from './running-job.ts';

/** Does `actions/checkout`: the commit of the run, or another of the same repository, into the workspace. */
export async function checkOut(
	job: RunningJob,
	step: PlannedStep,
	inputs: { readonly [name: string]: string },
): Promise<Work> {
	const repository = String(job.contexts['github']?.['repository'] ?? '');
	const asked = checkoutInputs(inputs, repository);
	if (!asked.ok) return refused(job, step, asked.error);
	const target = asked.value.path === '' ? job.room.workspace : `${job.room.workspace}/${asked.value.path}`;
	try {
		const done = await (asked.value.repository === undefined ? ownCommit : otherCommit)(job, target, asked.value);
		if (!done.ok) return refused(job, step, done.error);
		const { ref, sha } = done.value;
		return { outcome: 'success', outputs: { ref, commit: sha }, summary: '', annotations: [] };
	} catch (error) {
		return refused(job, step, [problemOf(error)]);
	}
}

type Done = Result<{ readonly ref: string; readonly sha: string }>;

/** From this machine's repository, written by Footbridge: no network, and nothing of the repository's own is started. */
async function ownCommit(job: RunningJob, target: string, asked: CheckoutInputs): Promise<Done> {
	const commit = await commitOf(job, asked.ref);
	if (!commit.ok) return commit;
	const isClear = await clear(job, asked.path, target);
	if (!isClear.ok) return isClear;
	const { sha, branch } = commit.value;
	await job.ports.source.checkout(job.request.repository.path, sha, job.room.hostPath(target), {
		depth: asked.depth,
		git: true,
		tags: asked.tags,
		...(asked.sparse === undefined ? {} : { sparse: asked.sparse }),
		...(branch === undefined ? {} : { branch }),
	});
	await job.room.own(target);
	const name = branch === undefined ? sha.slice(0, 12) : `${branch} at ${sha.slice(0, 12)}`;
	job.log.say(`Checked out ${name}${asked.path === '' ? '' : ` into ${asked.path}`}`);
	const finished = await finishCheckout(job, target, asked);
	return finished.ok ? ok({ ref: branch === undefined ? sha : `refs/heads/${branch}`, sha }) : finished;
}

/** From its forge, fetched by the job's user. */
async function otherCommit(job: RunningJob, target: string, asked: CheckoutInputs): Promise<Done> {
	const isClear = await clear(job, asked.path, target);
	if (!isClear.ok) return isClear;
	const made = await job.room.run({
		argv: ['mkdir', '-p', target],
		env: {},
		cwd: job.room.workspace,
		output: () => {},
		signal: job.stop.signal,
	});
	if (made.exitCode !== 0) return failed({ code: 'FB2041', what: `${target} could not be made for the checkout` });
	const sha = await checkOutOther(job, target, asked);
	if (!sha.ok) return sha;
	job.log.say(
		`Checked out ${asked.repository} at ${sha.value.slice(0, 12)}${asked.path === '' ? '' : ` into ${asked.path}`}`,
	);
	return ok({ ref: asked.ref ?? '', sha: sha.value });
}

interface WantedCommit {
	readonly sha: string;
	readonly branch?: string;
}

async function commitOf(job: RunningJob, ref: string | undefined): Promise<Result<WantedCommit>> {
	const { trigger, repository } = job.request;
	if (ref === undefined || ref === trigger.ref || ref === trigger.sha || ref === shortBranch(trigger.ref)) {
		const branch = ref === trigger.sha ? undefined : shortBranch(trigger.ref);
		return ok({ sha: trigger.sha, ...(branch === undefined ? {} : { branch }) });
	}
	const sha = await job.ports.source.resolve(repository.path, ref);
	if (!sha.ok) return sha;
	const branch = ref.startsWith('refs/') ? shortBranch(ref) : ref;
	const refs = await job.ports.source.refs(repository.path);
	return ok({ sha: sha.value, ...(branch !== undefined && refs.has(`refs/heads/${branch}`) ? { branch } : {}) });
}

function shortBranch(ref: string): string | undefined {
	return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : undefined;
}

/**
 * Empties the target, as the job's user. The files are then written from outside the room, so a link on the way to the target
 * would lead out of it: that is refused.
 */
async function clear(job: RunningJob, path: string, target: string): Promise<Result<undefined>> {
	const parts = path === '' ? [] : path.split('/');
	for (let count = 0; count <= parts.length; count++) {
		const place = [job.room.workspace, ...parts.slice(0, count)].join('/');
		const kind = await lstat(job.room.hostPath(place)).catch(() => undefined);
		if (kind === undefined) return ok(undefined);
		if (kind.isDirectory()) continue;
		return {
			ok: false,
			error: [
				{
					code: 'FB2041',
					what: `${place} is not a folder`,
					why: 'actions/checkout writes into folders of its own only',
				},
			],
		};
	}
	const end = await job.room.run({
		argv: ['find', target, '-mindepth', '1', '-delete'],
		env: {},
		cwd: job.room.workspace,
		output: () => {},
		signal: job.stop.signal,
	});
	if (end.exitCode === 0) return ok(undefined);
	return {
		ok: false,
		error: [
			{
				code: 'FB2041',
				what: `${target} could not be emptied for the checkout`,
				why: end.error ?? `find ended with ${end.exitCode ?? end.signal}`,
			},
		],
	};
}

function refused(job: RunningJob, step: PlannedStep, problems: readonly Problem[]): Work {
	const where = `${job.request.plan.workflow}:${step.line}`;
	const works = problems.map((problem) => refusedWork(job, { ...problem, where: problem.where ?? where }));
	const [first] = works;
	if (first === undefined) throw new Error('a refusal without a problem');
	return { ...first, annotations: works.flatMap((work) => work.annotations) };
}
