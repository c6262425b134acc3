import { execFileSync } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { labelled } from '#cli/problem-lines.ts';
import { startRequests } from '#cli/request-loop.ts';
import type { RunView } from '#core/api.ts';
import type { Finding } from '#core/finding.ts';
import { ProblemError } from '#core/result.ts';
import {
	followPush,
	followRelease,
	headline,
	notAsTold,
	production,
	runAgain,
	type Story,
	say,
	timeToRead,
} from './story.ts';

/** Breaks the example in three ways and shows what Footbridge says to each; everything is put right again. `toolCache` is on this machine. */
export async function tour(story: Story, { toolCache }: { readonly toolCache: string }): Promise<void> {
	await breakCode(story);
	await breakEnvironment(story, join(toolCache, 'notes-build'));
	await breakRelease(story);
}

async function breakCode(story: Story): Promise<void> {
	const { out, example } = story;
	headline(out, '1 of 3: a fault in the code');
	await say(out, 'A commit makes previews of notes one character too short. It is pushed like any other.');
	const fault = example.read('src/preview.js').replace('length <= limit', 'length < limit');
	const sha = example.push({ 'src/preview.js': fault }, 'Cut previews earlier');
	const finding = findingOf(await followPush(story, sha));
	if (finding.verdict !== 'code')
		throw new ProblemError(notAsTold(`the verdict is ${finding.verdict}: ${finding.cause}`));
	await timeToRead(out);
}

async function breakEnvironment(story: Story, cache: string): Promise<void> {
	const { out, example } = story;
	headline(out, '2 of 3: a fault in the environment');
	if (!isRightTakeable(cache)) {
		await say(out, 'Left out: root may write everywhere, and jobs run as root here. Run it as another user to see it.');
		await followRelease(story, (await followPush(story, example.revert())).commit.sha);
		return;
	}
	await say(
		out,
		`The fault is taken back. But somebody takes the right to write away from the build's cache: chmod a-w ${cache}`,
	);
	const mode = statSync(cache).mode & 0o7777;
	chmodSync(cache, mode & ~0o222);
	try {
		const sha = example.revert();
		const finding = findingOf(await followPush(story, sha));
		if (finding.verdict !== 'environment') {
			throw new ProblemError(notAsTold(`the verdict is ${finding.verdict}: ${finding.cause}`));
		}
		await timeToRead(out);
		mend(story, finding, cache);
		const again = await runAgain(story, 'main');
		if (again.status !== 'passed') throw new ProblemError(notAsTold(`the run after the mending ${again.status}`));
		await followRelease(story, sha);
	} finally {
		chmodSync(cache, mode);
	}
	await timeToRead(out);
}

/** Runs the command that the finding gives, when it is about the folder that was broken here and nothing else. */
function mend({ out }: Story, { command }: Finding, cache: string): void {
	if (command === undefined || !command.includes(cache)) {
		throw new ProblemError(notAsTold(`the finding gives no command for ${cache}`));
	}
	out.print(...labelled('run', command, out), '');
	execFileSync('/bin/sh', ['-c', command], { stdio: 'inherit' });
}

async function breakRelease(story: Story): Promise<void> {
	const { out, example } = story;
	headline(out, '3 of 3: a version that never gets healthy');
	await say(
		out,
		'A commit keeps the notes of production in /var/lib/notes, where the service may not write. Its tests pass: only production is set up so. Meanwhile users go on asking.',
	);
	const { url } = await production(story);
	if (url === null) throw new ProblemError(notAsTold('nothing serves in production'));
	const requests = startRequests(new URL('/healthz', url).href);
	const changed = example
		.read('footbridge.yaml')
		.replace('    deploys: main\n', '    deploys: main\n    env:\n      NOTES_FOLDER: /var/lib/notes\n');
	const sha = example.push({ 'footbridge.yaml': changed }, 'Keep the notes of production in /var/lib/notes');
	await followPush(story, sha);
	const deployment = await followRelease(story, sha);
	const count = await requests.stop();
	const answered = count.versions.length === 1 ? 'all answered by' : 'answered by';
	const told = `${count.requests} requests meanwhile, ${count.failed} failed`;
	out.print('', `${out.paint('bold', told)}, ${answered} version ${count.versions.join(' and ')}`);
	if (deployment.status !== 'rolled-back') throw new ProblemError(notAsTold(`the deployment is ${deployment.status}`));
	if (count.failed > 0) throw new ProblemError(notAsTold(`${count.failed} requests failed during a deployment`));
	await timeToRead(out);
	out.print('');
	await say(out, 'The commit is taken back.');
	const back = example.revert();
	await followPush(story, back);
	await followRelease(story, back);
}

function findingOf(run: RunView): Finding {
	const finding = run.jobs.find((job) => job.finding !== undefined)?.finding;
	if (finding === undefined) throw new ProblemError(notAsTold(`the run ${run.status}, and there is no finding`));
	return finding;
}

/** Root may write whatever the mode says; jobs of the disposable tier are another user, who owns what they wrote. */
function isRightTakeable(folder: string): boolean {
	return process.getuid?.() !== 0 || statSync(folder).uid !== 0;
}
