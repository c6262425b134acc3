import { useQuery } from '@tanstack/react-query';
import { useParams, useRouterState } from '@tanstack/react-router';
import { useRef } from 'react';
import type { RunView } from '#core/api.ts';
import { isEnded } from '#core/run.ts';
import { runQuery } from '../fetching.ts';
import { Panel, ProblemList, Waiting } from '../notices.tsx';
import { branchOf, workflowName } from '../run-words.ts';
import { lookOf, StatusMark } from '../status.tsx';
import { Ago, Lasted } from '../time.tsx';
import { useTitle } from '../title.ts';
import { FindingCard } from './finding-card.tsx';
import { JobGraph } from './job-graph.tsx';
import { JobList } from './job-list.tsx';
import { JobNotes } from './job-notes.tsx';
import { LogView } from './log-view.tsx';
import { openingLine, parsePlace, shownJob } from './place.ts';
import { RunButtons } from './run-buttons.tsx';

/** One run: why it failed first, then its jobs, and the log of one of them. */
export function RunPage() {
	const { run: id } = useParams({ from: '/runs/$run' });
	const { data: run, error } = useQuery(runQuery(id));
	const hash = useRouterState({ select: (state) => state.location.hash });
	const look = run === undefined ? undefined : lookOf(run.status);
	useTitle(run === undefined ? 'Run' : `${look?.word} · ${workflowName(run.name)} #${run.number}`, look);
	const before = useRef<string>(undefined);
	if (run === undefined) return <Waiting error={error} what="the run" />;

	const place = parsePlace(hash);
	const job = shownJob(run, place.job, before.current);
	before.current = job?.key;
	const findings = run.jobs.filter((other) => other.finding !== undefined || other.diagnosis === 'running');
	return (
		<div className="page run-page">
			<RunHeader run={run} />
			{run.problems.length === 0 ? null : (
				<section className="panel finding tone-failed" aria-label="Problems">
					<h2>The workflow cannot run</h2>
					<ProblemList problems={run.problems} />
				</section>
			)}
			{findings.map((other) => (
				<FindingCard key={other.key} job={other} />
			))}
			{run.jobs.length < 2 ? null : (
				<Panel title="Jobs" className="graph-panel">
					<JobGraph jobs={run.jobs} selected={job?.key} />
				</Panel>
			)}
			{job === undefined ? null : (
				<div className="run-columns">
					<div className="section">
						<JobList jobs={run.jobs} selected={job} place={place} />
						<JobNotes job={job} />
					</div>
					<LogView
						key={`${job.key} ${job.attempt}`}
						log={{ run: run.id, job: job.key, attempt: Math.max(1, job.attempt) }}
						name={job.name}
						status={job.status}
						opensAt={openingLine(job)}
						marks={job.finding?.logLine}
						place={place.job === job.key ? place : {}}
						steps={job.steps}
						hasStarted={job.attempt > 0 || isEnded(job.status)}
						{...(job.why === undefined ? {} : { why: job.why })}
					/>
				</div>
			)}
		</div>
	);
}

function RunHeader({ run }: { readonly run: RunView }) {
	const isOver = isEnded(run.status);
	const about = run.title ?? run.commit.subject;
	return (
		<header className="page-head">
			<div className="section">
				<h1>
					{about === '' ? workflowName(run.name) : about}{' '}
					<span className="soft nowrap">
						{workflowName(run.name)} #{run.number}
						{run.attempt > 1 ? `, attempt ${run.attempt}` : ''}
					</span>
				</h1>
				<p className="dots run-facts">
					<StatusMark status={run.status} />
					<span>{run.project}</span>
					<span>{branchOf(run.trigger.ref)}</span>
					<span className="mono">
						{run.trigger.worktreeOf === undefined
							? run.trigger.sha.slice(0, 7)
							: `work tree on ${run.trigger.worktreeOf.slice(0, 7)}`}
					</span>
					<span>
						{run.trigger.event} <Ago at={run.queuedAt} />
					</span>
					{run.startedAt === undefined ? null : <Lasted from={run.startedAt} to={run.finishedAt} />}
				</p>
				{run.cancel === undefined ? null : (
					<p className="soft">{isOver ? `It was stopped: ${run.cancel}.` : `It is being stopped: ${run.cancel}.`}</p>
				)}
			</div>
			<RunButtons run={run} />
		</header>
	);
}
