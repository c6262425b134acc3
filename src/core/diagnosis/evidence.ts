import type { Evidence } from '../finding.ts';
import type { Known, Outcome } from './known.ts';
import { octal } from './missing-right.ts';
import { tellDifference } from './snapshot-difference.ts';
import { type Suspect, strongScore } from './suspect.ts';
import { meaningOf, quoted, short, subject } from './wording.ts';

/** Which differences of the environment a person is shown, and how many. */
const shown = { leastWeight: 2, most: 3 };

/** What the finding rests on, in the order in which it was found. */
export function evidenceOf(known: Known): readonly Evidence[] {
	const { step, line, again, lastGood } = known;
	const facts: Evidence[] = [{ from: 'fact', what: `${subject(known)} ${endOf(known)}` }];
	if (line !== undefined) facts.push({ from: 'log', what: `line ${line.number}: ${line.text.slice(0, 300)}` });
	if (step === undefined) return facts;
	facts.push({ from: 'rerun', what: tellOutcome(again, 'the same commit, run again today') });
	facts.push({
		from: 'last-good-commit',
		what:
			lastGood === undefined
				? 'this job never passed before'
				: tellOutcome(
						lastGood.outcome,
						`the last good commit ${short(lastGood.commit)} (#${lastGood.runNumber}), run today`,
					),
	});
	if (known.tried > 0 && known.culprit !== undefined) {
		const { tried, commits, culprit } = known;
		facts.push({
			from: 'rerun',
			what: `of the ${commits.length} commits since then ${tried} ${tried === 1 ? 'was' : 'were'} tried: ${known.isUncommitted && culprit.sha === known.commit.sha ? 'your uncommitted changes fail' : `${short(culprit)} fails`}, the one before passes`,
		});
	}
	return [...facts, ...traceEvidence(known), ...snapshotEvidence(known)];
}

function endOf({ exitCode, signal, why, step }: Known): string {
	if (signal !== undefined) return `was ended by ${signal}`;
	if (exitCode !== undefined && exitCode !== 0) {
		const meaning = meaningOf(exitCode);
		return `ended with exit code ${exitCode}${meaning === undefined ? '' : ` (${meaning})`}`;
	}
	return why === undefined ? 'failed' : `${step === undefined ? 'could not be done' : 'failed'}: ${why}`;
}

function tellOutcome(outcome: Outcome, what: string): string {
	switch (outcome.came) {
		case 'pass':
			return `${what}, passes`;
		case 'fail':
			if (outcome.elsewhere !== undefined) return `${what}, fails in another step, ${quoted(outcome.elsewhere)}`;
			return `${what}, fails${outcome.differently === undefined ? '' : ` in another way: ${outcome.differently}`}`;
		case 'both':
			return `${what} twice, fails and passes`;
		case 'no-such-step':
			return `${what}, does not have this step`;
		case 'not-run':
			return `${what}: was not tried, ${outcome.why}`;
	}
}

function traceEvidence({ suspects, right, repair }: Known): readonly Evidence[] {
	const facts: Evidence[] = [];
	const [suspect] = suspects;
	if (suspect !== undefined && suspect.score >= strongScore) facts.push({ from: 'trace', what: tellCall(suspect) });
	if (right !== undefined) {
		const { path, owner, group, mode } = right.state;
		const elsewhere = right.machinePath === path ? '' : `; on this machine it is ${right.machinePath}`;
		facts.push({ from: 'trace', what: `${path} is ${owner}:${group} ${octal(mode)}${elsewhere}` });
	}
	if (right !== undefined && repair?.came === 'pass') {
		facts.push({ from: 'rerun', what: 'with that right given in a throw-away copy of the machine, it passes' });
	}
	return facts;
}

function tellCall({ call, missing }: Suspect): string {
	if (missing !== undefined) return `${missing.name} was looked for in ${missing.folders} folders and found in none`;
	const about = call.path ?? call.address;
	return `${call.program ?? 'a program'}: ${call.call}${about === undefined ? '' : ` of ${about}`} failed with ${call.errno}`;
}

function snapshotEvidence({ lastGood, differences, suspects, ports }: Known): readonly Evidence[] {
	if (lastGood === undefined) return [];
	const facts: Evidence[] = [];
	const address = suspects[0]?.call.address;
	const port = address === undefined ? undefined : /\d+$/.exec(address)?.[0];
	if (port !== undefined && ports.before.has(port) !== ports.now.has(port)) {
		const what = ports.now.has(port)
			? `something listens on port ${port} now, and nothing did in #${lastGood.runNumber}`
			: `nothing listens on port ${port} now, and something did in #${lastGood.runNumber}`;
		facts.push({ from: 'snapshot', what });
	}
	const telling = differences.filter(({ weight }) => weight >= shown.leastWeight).slice(0, shown.most);
	facts.push(
		...telling.map((difference) => ({
			from: 'snapshot' as const,
			what: `since #${lastGood.runNumber}: ${tellDifference(difference)}`,
		})),
	);
	const more = differences.length - telling.length;
	const since = `since #${lastGood.runNumber}`;
	if (facts.length > 0 && more > 0) {
		facts.push({
			from: 'snapshot',
			what: `and ${more} less telling ${more === 1 ? 'difference' : 'differences'} ${since}`,
		});
	}
	if (facts.length > 0) return facts;
	const what = more > 0 ? 'nothing telling of what was' : 'nothing';
	return [{ from: 'snapshot', what: `${what} recorded of the environment has changed ${since}` }];
}
