import type { Annotation } from '#core/event.ts';
import type { Job } from '#core/run.ts';
import { OutsideLink } from '../environment-card.tsx';
import { Panel, ProblemList } from '../notices.tsx';
import { placeHash } from './place.ts';
import { PlaceLink } from './place-link.tsx';

const looks = {
	error: { glyph: '✕', tone: 'failed' },
	warning: { glyph: '!', tone: 'warning' },
	notice: { glyph: 'i', tone: 'running' },
} as const;

/** What the job has to say besides its log: problems, annotations, summaries. */
export function JobNotes({ job }: { readonly job: Job }) {
	const annotations = job.steps.flatMap((step) => step.annotations);
	const summaries = job.steps.filter((step) => step.summary !== undefined && step.summary.trim() !== '');
	return (
		<>
			{job.problems.length === 0 ? null : (
				<Panel title="Problems">
					<ProblemList problems={job.problems} />
				</Panel>
			)}
			{annotations.length === 0 ? null : (
				<Panel title={`Annotations (${annotations.length})`}>
					<ul className="annotations">
						{annotations.map((annotation) => (
							<AnnotationRow
								key={`${annotation.logLine} ${annotation.level} ${annotation.message}`}
								annotation={annotation}
								job={job.key}
							/>
						))}
					</ul>
				</Panel>
			)}
			{summaries.map((step) => (
				<Panel key={step.index} title={`Summary of ${step.name}`}>
					{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
					<pre className="summary" tabIndex={0}>
						{step.summary}
					</pre>
				</Panel>
			))}
			{job.environmentUrl === undefined ? null : (
				<p className="soft">
					What it deployed: <OutsideLink url={job.environmentUrl} />
				</p>
			)}
			{job.tier === undefined ? null : (
				<p className="soft tier">
					Ran in tier <strong>{job.tier}</strong>
					{job.reason === undefined ? '' : `: ${job.reason}`}
				</p>
			)}
		</>
	);
}

function AnnotationRow({ annotation, job }: { readonly annotation: Annotation; readonly job: string }) {
	const { glyph, tone } = looks[annotation.level];
	const { file, line, column } = annotation;
	const where = file === undefined ? undefined : [file, line, column].filter((part) => part !== undefined).join(':');
	return (
		<li className={`tone-${tone}`}>
			<span className="glyph" aria-hidden="true">
				{glyph}
			</span>
			<div>
				<p>
					<span className="hidden-text">{annotation.level}: </span>
					{annotation.title === undefined ? null : <strong>{annotation.title}: </strong>}
					{annotation.message}
				</p>
				<p className="soft dots">
					{where === undefined ? null : <span className="mono">{where}</span>}
					<PlaceLink hash={placeHash(job, { from: annotation.logLine })}>
						line {annotation.logLine.toLocaleString()}
					</PlaceLink>
				</p>
			</div>
		</li>
	);
}
