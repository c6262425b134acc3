import type { Evidence } from '#core/finding.ts';
import type { Job } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import { CommandLine } from '../command-line.tsx';
import { placeHash } from './place.ts';
import { PlaceLink } from './place-link.tsx';

const verdicts = {
	code: ['The code is at fault', 'failed'],
	environment: ['The environment is at fault', 'warning'],
	flaky: ['Flaky: it fails only sometimes', 'warning'],
	platform: ['Footbridge itself is at fault', 'warning'],
	unknown: ['The cause is not known', 'quiet'],
} as const;

const sources: { readonly [from in Evidence['from']]: string } = {
	fact: 'fact',
	snapshot: 'compared with the last good run',
	trace: 'traced again',
	rerun: 'run again',
	'last-good-commit': 'last good commit, today',
	log: 'log',
};

/** Why a job failed: who is at fault, how sure that is, what shows it, and what to do. */
export function FindingCard({ job }: { readonly job: Job }) {
	const { finding } = job;
	if (finding === undefined) {
		return (
			<section className="panel finding tone-running" aria-label={`Diagnosis of ${job.name}`} role="status">
				<h2>Finding out why {job.name} failed …</h2>
				<p className="soft">The failed step is run again, and the last good commit in today’s environment.</p>
			</section>
		);
	}
	const [verdict, tone] = verdicts[finding.verdict];
	return (
		<section className={`panel finding tone-${tone}`} aria-label={`Finding for ${job.name}`}>
			<p className="verdict">
				<strong>{verdict}</strong>
				<span className="soft dots">
					<span>{finding.certainty === 'proved' ? 'proved by experiment' : 'suspected'}</span>
					<span>
						{job.name}, {finding.class}
					</span>
					<span>found in {formatDuration(finding.durationMs)}</span>
				</span>
			</p>
			<h2 className="cause">{finding.cause}</h2>
			{finding.commit === undefined ? null : (
				<p>
					Came with <span className="mono">{finding.commit.sha.slice(0, 7)}</span> {finding.commit.subject}
				</p>
			)}
			{finding.evidence.length === 0 ? null : (
				<ul className="evidence">
					{finding.evidence.map((evidence) => (
						<li key={`${evidence.from} ${evidence.what}`}>
							<span className="from">{sources[evidence.from]}</span>
							<span>{evidence.what}</span>
						</li>
					))}
				</ul>
			)}
			<p className="next-step">
				<strong>Next:</strong> {finding.next}
			</p>
			{finding.command === undefined ? null : <CommandLine command={finding.command} />}
			{finding.logLine === undefined ? null : (
				<p>
					<PlaceLink hash={placeHash(job.key, { from: finding.logLine })}>
						See line {finding.logLine.toLocaleString()} of the log
					</PlaceLink>
				</p>
			)}
		</section>
	);
}
