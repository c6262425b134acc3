import { lstat } from 'node:fs/promises';
import { checkoutInputs } from '#core/job/checkout-inputs.ts';
import type { PlannedStep } from '#core/plan.ts';
import { ok, type Problem, problemOf, type Result } from '#core/result.ts';
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
	const commit = await commitOf(job, asked.value.ref);
	if (!commit.ok) return refused(job, step, commit.error);
	const target = asked.value.path === '' ? job.room.workspace : `${job.room.workspace}/${asked.value.path}`;
	try {
		const isClear = await clear(job, asked.value.path, target);
		if (!isClear.ok) return refused(job, step, isClear.error);
		const { sha, branch } = commit.value;
		await job.ports.source.checkout(job.request.repository.path, sha, job.room.hostPath(target), {
			depth: asked.value.depth,
			git: true,
			...(branch === undefined ? {} : { branch }),
		});
		await job.room.own(target);
		const name = branch === undefined ? sha.slice(0, 12) : `${branch} at ${sha.slice(0, 12)}`;
		job.log.say(`Checked out ${name}${asked.value.path === '' ? '' : ` into ${asked.value.path}`}`);
		const ref = branch === undefined ? sha : `refs/heads/${branch}`;
		return { outcome: 'success', outputs: { ref, commit: sha }, summary: '', annotations: [] };
	} catch (error) {
		return refused(job, step, [problemOf(error)]);
	}
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
