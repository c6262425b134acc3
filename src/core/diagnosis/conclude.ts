import type { Finding } from '../finding.ts';
import { environmentCause } from './environment-cause.ts';
import { evidenceOf } from './evidence.ts';
import type { Known } from './known.ts';
import { judge, type Verdict } from './verdict.ts';
import { lineOf, meaningOf, quoted, short, subject, type Told } from './wording.ts';

/** The finding that the evidence allows: who broke is decided by the experiments, the name of the cause by trace, snapshot and log. */
export function conclude(known: Known): Finding {
	const verdict = judge(known);
	return {
		...verdict,
		...tell(known, verdict),
		evidence: evidenceOf(known),
		durationMs: Math.round(known.durationMs),
		...(known.line === undefined ? {} : { logLine: known.line.number }),
	};
}

function tell(known: Known, { verdict }: Verdict): Told {
	switch (verdict) {
		case 'flaky':
			return {
				class: 'flaky',
				cause: `${subject(known)} sometimes fails and sometimes passes at the same commit${lineOf(known)}`,
				next: 'run it again; if it comes back, make the step independent of time, order and load',
			};
		case 'environment':
			return environmentCause(known);
		case 'code':
			return codeCause(known);
		case 'platform':
			return {
				class: 'no-room',
				cause: `Footbridge could not give ${subject(known)} a place to run${lineOf(known)}`,
				next: known.problems[0]?.next ?? 'run it again; footbridge doctor says what this machine lacks',
			};
		case 'unknown':
			return unknownCause(known);
	}
}

function unknownCause(known: Known): Told {
	const { again } = known;
	if (again.came === 'fail' && again.elsewhere !== undefined) {
		return {
			class: 'unsteady',
			cause: `${subject(known)} failed${lineOf(known)}; run again, the job failed before it, in ${quoted(again.elsewhere)}`,
			next: 'run it again: the two failures have different causes, and the earlier step comes first',
		};
	}
	if (again.came === 'fail' && known.lastGood?.outcome.came === 'both') {
		return {
			class: 'unsteady',
			cause: `${subject(known)} fails at this commit each time, and at the last good commit ${short(known.lastGood.commit)} today sometimes${lineOf(known)}`,
			next: 'run it again; make the step independent of time, order and load, then it can be told what broke it',
		};
	}
	const isLate = /timed out|took longer/.test(known.why ?? '');
	return {
		class: isLate ? 'timeout' : 'no-cause-found',
		cause: `${subject(known)} ${known.step === undefined ? 'could not be done' : 'failed'}${lineOf(known)}`,
		next: isLate
			? 'see in the log where it stood still, and give it more minutes only if it worked until the end'
			: 'read the log of the job',
	};
}

function codeCause(known: Known): Told {
	const { lastGood, culprit, commits, isUncommitted, commit } = known;
	const kind = classOf(known);
	if (lastGood === undefined || lastGood.outcome.came === 'not-run') return withoutComparison(known, kind);
	if (isUncommitted && (culprit === undefined || culprit.sha === commit.sha)) {
		const others = culprit === undefined && commits.length > 1;
		return {
			class: kind,
			cause: others
				? `your uncommitted changes or one of the ${commits.length - 1} commits before them broke ${subject(known)}${lineOf(known)}`
				: `your uncommitted changes broke ${subject(known)}${lineOf(known)}`,
			next: `look at what you changed since ${short(lastGood.commit)}, the last good commit`,
			command: 'git diff HEAD',
		};
	}
	if (culprit === undefined && commits.length === 0) {
		return {
			class: kind,
			cause: `${subject(known)} fails at commit ${short(commit)}, and passes at ${short(lastGood.commit)}, which is not one of its ancestors${lineOf(known)}`,
			next: 'look at how the two differ',
			command: `git diff ${short(lastGood.commit)} ${short(commit)}`,
		};
	}
	if (culprit === undefined) {
		return {
			class: kind,
			cause: `one of the ${commits.length} commits after ${short(lastGood.commit)} broke ${subject(known)}${lineOf(known)}`,
			next: `look at what changed since ${short(lastGood.commit)}, the last good commit`,
			command: `git log --oneline ${short(lastGood.commit)}..${short(commit)}`,
		};
	}
	const isNew = lastGood.outcome.came === 'no-such-step';
	return {
		class: kind,
		cause: `commit ${short(culprit)} ${quoted(culprit.subject)} ${isNew ? `added ${subject(known)}, which fails` : `broke ${subject(known)}`}${lineOf(known)}`,
		next: 'mend it, or take the commit back',
		command: `git show ${short(culprit)}`,
		commit: { sha: culprit.sha, subject: culprit.subject },
	};
}

function withoutComparison(known: Known, kind: string): Told {
	const { right, lastGood } = known;
	if (right?.isSystems === true) {
		return {
			class: 'permission',
			cause: `${subject(known)} tries to ${right.toDo}, which belongs to the system, not to jobs`,
			next: 'write to the workspace, to $RUNNER_TEMP or to $RUNNER_TOOL_CACHE instead',
		};
	}
	const against =
		lastGood === undefined
			? 'there is no earlier run that passed to compare it with'
			: 'it was not compared with the last good commit';
	return {
		class: kind,
		cause: `${subject(known)} failed${lineOf(known)}; ${against}`,
		next: 'mend it at the line of the log that is shown',
	};
}

/** The log names the kind; the way the step ended does where the log says nothing. */
function classOf({ line, exitCode, signal, why }: Known): string {
	if (line !== undefined && line.class !== 'script-failure') return line.class;
	if (exitCode === 124 || /timed out/.test(why ?? '')) return 'timeout';
	if (exitCode === 127) return 'missing-tool';
	if (exitCode === 126) return 'permission';
	if (signal !== undefined || (exitCode !== undefined && exitCode > 128 && meaningOf(exitCode) !== undefined))
		return 'crash';
	return line?.class ?? 'script-failure';
}
