import type { Commit } from '../event.ts';
import type { Evidence, Finding } from '../finding.ts';
import { shellWord } from '../shell-word.ts';
import type { TellingLine } from './log-reading.ts';
import { type MissingRight, octal } from './missing-right.ts';
import { type Difference, tellDifference } from './snapshot-difference.ts';
import { type Suspect, strongScore } from './suspect.ts';

/** What an experiment came to. `not-run`: it was not done, `why` says why. */
export interface Outcome {
	readonly came: 'pass' | 'fail' | 'not-run';
	readonly why?: string;
}

/** Everything that is known about one failed job. */
export interface Known {
	readonly step: string;
	readonly exitCode?: number;
	readonly signal?: string;
	/** Why the job failed without a step that failed by itself: a time limit, a room that could not be made. */
	readonly why?: string;
	readonly commit: Commit;
	/** The failed commit holds uncommitted changes. */
	readonly isUncommitted: boolean;
	/** The failed commit once more, in today's environment. */
	readonly again: Outcome;
	/** The last good commit in today's environment; absent when the job never passed before. */
	readonly lastGood?: { readonly outcome: Outcome; readonly commit: Commit; readonly runNumber: number };
	/** First-parent commits from the last good one (not in it) to the failed one, newest first. */
	readonly commits: readonly Commit[];
	readonly differences: readonly Difference[];
	readonly suspects: readonly Suspect[];
	/** For the first suspect, when a right was missing; and where its path is on this machine. */
	readonly right?: MissingRight & { readonly machinePath: string };
	readonly line?: TellingLine;
	readonly durationMs: number;
}

type Verdict = Pick<Finding, 'verdict' | 'certainty'>;

/** The finding that the evidence allows: who broke is decided by the experiments, the name of the cause by trace, snapshot and log. */
export function conclude(known: Known): Finding {
	const verdict = judge(known);
	const told = tell(known, verdict);
	return {
		...verdict,
		...told,
		evidence: evidenceOf(known),
		durationMs: Math.round(known.durationMs),
		...(known.line === undefined ? {} : { logLine: known.line.number }),
	};
}

/**
 * again | last good commit today | verdict
 * pass  | -                      | flaky
 * fail  | pass                   | code, proved
 * fail  | fail                   | environment, proved
 * fail  | never ran or not run   | what the trace and the snapshot speak for, suspected
 */
function judge({ again, lastGood, suspects, differences, why }: Known): Verdict {
	if (again.came === 'pass') return { verdict: 'flaky', certainty: 'suspected' };
	if (again.came === 'fail' && lastGood?.outcome.came === 'pass') return { verdict: 'code', certainty: 'proved' };
	if (again.came === 'fail' && lastGood?.outcome.came === 'fail')
		return { verdict: 'environment', certainty: 'proved' };
	if (why !== undefined && suspects.length === 0 && again.came === 'not-run')
		return { verdict: 'unknown', certainty: 'suspected' };
	const isStrong = (suspects[0]?.score ?? 0) >= strongScore && suspects[0]?.class !== 'missing-file';
	const isChanged = lastGood !== undefined && (differences[0]?.weight ?? 0) >= strongScore;
	return { verdict: isStrong || isChanged ? 'environment' : 'code', certainty: 'suspected' };
}

type Told = Pick<Finding, 'class' | 'cause' | 'next'> & Partial<Pick<Finding, 'command' | 'commit'>>;

function tell(known: Known, { verdict }: Verdict): Told {
	switch (verdict) {
		case 'flaky':
			return {
				class: 'flaky',
				cause: `${quoted(known.step)} failed once and passed when it was run again at the same commit${lineOf(known)}`,
				next: 'run it again; if it comes back, make the step independent of time, order and load',
			};
		case 'environment':
			return tellEnvironment(known);
		case 'code':
			return tellCode(known);
		default:
			return {
				class: 'no-cause-found',
				cause: `${quoted(known.step)} failed${known.why === undefined ? '' : `: ${known.why}`}`,
				next: 'read the log of the failed step',
			};
	}
}

function tellCode(known: Known): Told {
	const { line, lastGood, commit, commits, step } = known;
	const kind = line?.class ?? 'script-failure';
	if (lastGood === undefined) {
		return {
			class: kind,
			cause: `${quoted(step)} failed${lineOf(known)}; there is no earlier run that passed to compare it with`,
			next: 'mend it at the line of the log that is shown',
		};
	}
	if (known.isUncommitted) {
		return {
			class: kind,
			cause: `your uncommitted changes broke ${quoted(step)}${lineOf(known)}`,
			next: `look at what you changed since ${short(lastGood.commit)}, the last good commit`,
			command: 'git diff',
		};
	}
	const others = commits.filter(({ sha }) => sha !== commit.sha).length;
	const who =
		others === 0
			? `commit ${short(commit)} ${quoted(commit.subject)} broke ${quoted(step)}`
			: `one of the ${others + 1} commits after ${short(lastGood.commit)} broke ${quoted(step)}`;
	return {
		class: kind,
		cause: `${who}${lineOf(known)}`,
		next:
			others === 0
				? 'mend it, or take the commit back'
				: `look at what changed since ${short(lastGood.commit)}, the last good commit`,
		command:
			others === 0 ? `git show ${short(commit)}` : `git log --oneline ${short(lastGood.commit)}..${short(commit)}`,
		commit: { sha: commit.sha, subject: commit.subject },
	};
}

function tellEnvironment(known: Known): Told {
	const [suspect] = known.suspects;
	const { right, differences, lastGood } = known;
	if (suspect !== undefined && right !== undefined) return tellRight(known, suspect, right);
	const isNamed = suspect !== undefined && suspect.score >= strongScore;
	const [difference] = differences;
	if (isNamed) {
		const target = suspect.call.path ?? suspect.call.address ?? 'something it needs';
		return {
			class: suspect.class,
			cause: `${quoted(known.step)} got ${suspect.call.errno} from ${suspect.call.call} for ${target}${sinceGood(lastGood)}`,
			next: nextFor[suspect.class] ?? `find out why ${target} answers ${suspect.call.errno}`,
		};
	}
	if (difference !== undefined) {
		return {
			class: 'changed-environment',
			cause: `${quoted(known.step)} fails at the last good commit too; since then ${tellDifference(difference)}`,
			next: 'put it back as it was, or make the workflow state what it needs',
		};
	}
	return {
		class: 'unknown-environment',
		cause: `${quoted(known.step)} fails today at the last good commit too, and nothing that was recorded of the environment has changed`,
		next: 'look at what the step reaches outside of this machine: services, registries, certificates, the date',
	};
}

function tellRight(known: Known, suspect: Suspect, right: NonNullable<Known['right']>): Told {
	const { state, toDo, machinePath, mend } = right;
	const was = known.differences.find(({ fact }) => fact === `path${state.path}`)?.before;
	const before =
		was === undefined || known.lastGood === undefined
			? ''
			: `; in the last good run (#${known.lastGood.runNumber}) it was ${was.replace(/ (dir|file|link)$/, '')}`;
	return {
		class: 'permission',
		cause: `${suspect.call.program ?? 'a program'} of ${quoted(known.step)} may not ${toDo} ${state.path}: it is ${state.owner}:${state.group} ${octal(state.mode)} (${suspect.call.errno} from ${suspect.call.call})${before}`,
		next: 'give the right back on this machine and run it again',
		command: `${mend.join(' ')} ${shellWord(machinePath)}`,
	};
}

const nextFor: { readonly [kind: string]: string } = {
	'disk-full': 'free space on that disk',
	'read-only-file-system': 'mount it writable, or write elsewhere',
	limit: 'raise the limit of open files (ulimit -n)',
	memory: 'give the machine more memory, or the step less to do at once',
	'port-in-use': 'end the program that has the port, or use another one',
	'service-down': 'start the service that should listen there',
	network: 'check the network of this machine',
};

function evidenceOf(known: Known): readonly Evidence[] {
	const { again, lastGood, suspects, right, line, differences } = known;
	const facts: Evidence[] = [{ from: 'fact', what: `${quoted(known.step)} ended ${endOf(known)}` }];
	if (line !== undefined) facts.push({ from: 'log', what: `line ${line.number}: ${line.text.slice(0, 300)}` });
	facts.push({ from: 'rerun', what: tellOutcome(again, 'the same commit, run again today,') });
	if (lastGood === undefined) facts.push({ from: 'last-good-commit', what: 'this job never passed before' });
	else
		facts.push({
			from: 'last-good-commit',
			what: tellOutcome(
				lastGood.outcome,
				`the last good commit ${short(lastGood.commit)} (#${lastGood.runNumber}), run today,`,
			),
		});
	const [suspect] = suspects;
	if (suspect !== undefined && suspect.score >= strongScore) {
		facts.push({
			from: 'trace',
			what: `${suspect.call.call} of ${suspect.call.path ?? suspect.call.address ?? '?'} failed with ${suspect.call.errno}`,
		});
	}
	if (right !== undefined) {
		facts.push({
			from: 'trace',
			what: `${right.state.path} is ${right.state.owner}:${right.state.group} ${octal(right.state.mode)}; on this machine it is ${right.machinePath}`,
		});
	}
	if (lastGood !== undefined) {
		const shown = differences
			.slice(0, 3)
			.map((difference) => ({ from: 'snapshot' as const, what: tellDifference(difference) }));
		facts.push(
			...(shown.length > 0
				? shown
				: [
						{
							from: 'snapshot' as const,
							what: `nothing recorded of the environment has changed since #${lastGood.runNumber}`,
						},
					]),
		);
	}
	return facts;
}

function endOf({ exitCode, signal, why }: Known): string {
	if (signal !== undefined) return `by signal ${signal}`;
	if (exitCode !== undefined) return `with exit code ${exitCode}${meaningOf(exitCode)}`;
	return why === undefined ? 'without an exit code' : `because ${why}`;
}

function meaningOf(exitCode: number): string {
	const meanings: { readonly [code: number]: string } = {
		126: ' (found but may not be run)',
		127: ' (command not found)',
		134: ' (aborted)',
		137: ' (killed, often for want of memory)',
		139: ' (segmentation fault)',
		143: ' (terminated)',
	};
	return meanings[exitCode] ?? '';
}

function tellOutcome({ came, why }: Outcome, what: string): string {
	if (came === 'not-run') return `${what.replace(/,$/, '')} was not tried${why === undefined ? '' : `: ${why}`}`;
	return `${what} ${came === 'pass' ? 'passes' : 'fails'}`;
}

const sinceGood = (lastGood: Known['lastGood']): string =>
	lastGood === undefined ? '' : `, and so does the last good commit ${short(lastGood.commit)}`;
const lineOf = ({ line }: Known): string => (line === undefined ? '' : `: ${line.text.slice(0, 200)}`);
const short = ({ sha }: Pick<Commit, 'sha'>): string => sha.slice(0, 8);
const quoted = (text: string): string => `“${text}”`;
