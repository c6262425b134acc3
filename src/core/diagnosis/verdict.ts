import type { Finding } from '../finding.ts';
import type { Known, Outcome } from './known.ts';
import { strongWeight } from './snapshot-difference.ts';
import { strongScore } from './suspect.ts';

export type Verdict = Pick<Finding, 'verdict' | 'certainty'>;

/**
 * Who broke. Experiments decide; without them the evidence gives a suspicion.
 *
 * again           | last good commit today | verdict
 * pass            | -                      | flaky, suspected
 * fail            | pass, the same commit  | flaky, proved
 * fail            | pass                   | code, proved
 * fail            | fail                   | environment, proved
 * fail            | fails in another step  | environment, suspected
 * fail            | fails in another way   | environment, suspected
 * fail            | fails, passes          | unknown
 * fail            | has no such step       | code, suspected
 * fail            | never passed, not run  | by the evidence, suspected
 * fails elsewhere | fail                   | environment, suspected
 * fails elsewhere | anything else          | unknown
 * not run         | -                      | by the evidence, suspected
 */
export function judge(known: Known): Verdict {
	const { again, lastGood } = known;
	const good = lastGood?.outcome;
	if (known.step === undefined) return { verdict: isPlatforms(known) ? 'platform' : 'unknown', certainty: 'suspected' };
	if (again.came === 'pass') return { verdict: 'flaky', certainty: 'suspected' };
	if (again.came !== 'fail') return byEvidence(known);
	if (again.elsewhere !== undefined) {
		return { verdict: good?.came === 'fail' ? 'environment' : 'unknown', certainty: 'suspected' };
	}
	switch (good?.came) {
		case 'pass':
			return { verdict: lastGood?.commit.sha === known.commit.sha ? 'flaky' : 'code', certainty: 'proved' };
		case 'fail':
			return { verdict: 'environment', certainty: isSameFailure(good) ? 'proved' : 'suspected' };
		case 'both':
			return { verdict: 'unknown', certainty: 'suspected' };
		case 'no-such-step':
			return { verdict: 'code', certainty: 'suspected' };
		default:
			return byEvidence(known);
	}
}

/** Whether an experiment failed as the job did: in the same step and in the same way. */
export function isSameFailure(outcome: Outcome | undefined): boolean {
	return outcome?.came === 'fail' && outcome.elsewhere === undefined && outcome.differently === undefined;
}

/** Problems of a room that Footbridge could not make, and its own bugs. */
function isPlatforms({ problems }: Known): boolean {
	return problems.some(({ code }) => /^FB(?:0000|2061|2062)$/.test(code));
}

function byEvidence(known: Known): Verdict {
	const { suspects, right, differences, lastGood, exitCode, signal, why, line } = known;
	const suspected = (verdict: Finding['verdict']): Verdict => ({ verdict, certainty: 'suspected' });
	// Nobody's machine lets a job write into its system: asking for that is a fault of the code.
	if (right !== undefined) return suspected(right.isSystems ? 'code' : 'environment');
	const [suspect] = suspects;
	const isStrong = suspect !== undefined && suspect.score >= strongScore && suspect.class !== 'missing-file';
	if (isStrong || exitCode === 137 || signal === 'SIGKILL') return suspected('environment');
	if (known.unknownHost !== undefined || known.lacksEngine === true) return suspected('environment');
	if (lastGood !== undefined && (differences[0]?.weight ?? 0) >= strongWeight) return suspected('environment');
	if (exitCode === undefined && signal === undefined && /timed out/.test(why ?? '')) return suspected('unknown');
	return suspected(line === undefined ? 'unknown' : 'code');
}
