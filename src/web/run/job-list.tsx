import type { Job, Step } from '#core/run.ts';
import { formatDuration } from '#core/time-text.ts';
import { StatusGlyph } from '../status.tsx';
import { Lasted } from '../time.tsx';
import { type Place, placeHash } from './place.ts';
import { PlaceLink } from './place-link.tsx';

interface JobListProps {
	readonly jobs: readonly Job[];
	readonly selected: Job;
	readonly place: Place;
}

/** The jobs, the shown one with its steps; each leads to its place in the log. */
export function JobList({ jobs, selected, place }: JobListProps) {
	return (
		<nav className="panel job-list" aria-label="Jobs and steps">
			<ul>
				{jobs.map((job) => (
					<li key={job.key}>
						<PlaceLink isRow hash={placeHash(job.key)} className="job-link" isCurrent={job.key === selected.key}>
							<StatusGlyph status={job.status} />
							<span className="cut">{job.name}</span>
							<span className="soft">
								{job.startedAt === undefined ? null : <Lasted from={job.startedAt} to={job.finishedAt} />}
							</span>
						</PlaceLink>
						{job.key === selected.key ? <Steps job={job} place={place} /> : null}
					</li>
				))}
			</ul>
		</nav>
	);
}

function Steps({ job, place }: { readonly job: Job; readonly place: Place }) {
	return (
		<>
			{job.why === undefined ? null : <p className="job-why soft">{job.why}</p>}
			<ol className="steps">
				{job.steps.map((step) => (
					<li key={step.index}>
						<PlaceLink
							isRow
							hash={placeHash(job.key, { step: step.index })}
							className="step-link"
							isCurrent={place.step === step.index}
						>
							<StatusGlyph status={step.status} />
							<span className="step-name">
								{step.name}
								{stepEnd(step)}
							</span>
							<span className="soft">
								<StepTime step={step} />
							</span>
						</PlaceLink>
					</li>
				))}
			</ol>
		</>
	);
}

function StepTime({ step }: { readonly step: Step }) {
	if (step.durationMs !== undefined) return step.status === 'skipped' ? null : formatDuration(step.durationMs);
	return step.startedAt === undefined ? null : <Lasted from={step.startedAt} to={undefined} />;
}

/** How it ended, when that is not what one expects. */
function stepEnd({ status, exitCode, signal, why }: Step) {
	if (status !== 'failed' && why === undefined) return null;
	const end = why ?? (signal === undefined ? `exit code ${exitCode ?? '?'}` : `killed by ${signal}`);
	return <span className="step-end soft">{end}</span>;
}
