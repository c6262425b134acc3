import { Link } from '@tanstack/react-router';
import type { RunItem } from '#core/api.ts';
import { branchOf, workflowName } from './run-words.ts';
import { StatusGlyph } from './status.tsx';
import { Ago, Lasted } from './time.tsx';

/** A list of runs: one row each, the whole row is the link. */
export function RunRows({ runs, withProject }: { readonly runs: readonly RunItem[]; readonly withProject: boolean }) {
	return (
		<ul className="panel rows">
			{runs.map((run) => (
				<li key={run.run} className="run-row">
					<StatusGlyph status={run.status} />
					<div className="run-what">
						<p className="cut">
							<Link data-row to="/runs/$run" params={{ run: run.run }} className="row-link">
								{run.subject === '' ? workflowName(run.name) : run.subject}
							</Link>
						</p>
						{run.cause === null ? null : <p className="run-cause cut">{run.cause}</p>}
					</div>
					<p className="run-name soft cut">
						{withProject ? `${run.project} / ` : ''}
						{workflowName(run.name)} <span className="nowrap">#{run.number}</span>
					</p>
					<p className="run-where soft cut">
						{branchOf(run.ref)} <span className="mono">{run.worktree ? 'work tree' : run.sha.slice(0, 7)}</span>
					</p>
					<p className="run-when soft">
						<Ago at={run.queuedAt} />
					</p>
					<p className="run-lasted">
						{run.startedAt === null ? (
							<span className="soft">–</span>
						) : (
							<Lasted from={run.startedAt} to={run.finishedAt} />
						)}
					</p>
				</li>
			))}
		</ul>
	);
}
