import type { DeploymentItem, IncidentItem, Project, RunItem } from './api.ts';
import { type AuditItem, auditOf, isAccess } from './audit.ts';
import type { Event, Recorded } from './event.ts';
import { unreachable } from './result.ts';

/** The tables that lists are read from, by name, with their rows. Everything in them can be folded again from the log. */
export interface ProjectionRows {
	readonly project: Project;
	readonly run: RunItem;
	readonly deployment: DeploymentItem;
	readonly incident: IncidentItem;
	readonly audit: AuditRow;
}

/** A table's key has the table's name. */
export type AuditRow = AuditItem & { readonly audit: string };

export type ProjectionTable = keyof ProjectionRows;

/** What one event does to one row. `put` writes the whole row; `update` changes columns of the row with this id, and nothing when there is none. */
export type RowChange = { readonly [T in ProjectionTable]: PutRow<T> | UpdateRow<T> }[ProjectionTable];

interface PutRow<T extends ProjectionTable> {
	readonly do: 'put';
	readonly table: T;
	readonly id: string;
	readonly row: ProjectionRows[T];
}

interface UpdateRow<T extends ProjectionTable> {
	readonly do: 'update';
	readonly table: T;
	readonly id: string;
	readonly set: Partial<ProjectionRows[T]>;
	/** Written only where the column is still null: the first one stays. */
	readonly fill: Partial<ProjectionRows[T]>;
}

/** What an event changes in the lists; empty for most. Pure: the same log gives the same tables. */
export function project(recorded: Recorded): readonly RowChange[] {
	const act = auditOf(recorded);
	if (act === undefined) return listed(recorded);
	const audit = String(act.seq);
	return [...listed(recorded), { do: 'put', table: 'audit', id: audit, row: { audit, ...act } }];
}

function listed(recorded: Recorded): readonly RowChange[] {
	const { event, at, seq } = recorded;
	if (isAccess(event)) return [];
	const id = recorded.stream.slice(recorded.stream.indexOf('/') + 1);
	switch (event.kind) {
		case 'project-added': {
			const { project, path, defaultBranch } = event;
			return [{ do: 'put', table: 'project', id: project, row: { project, path, defaultBranch } }];
		}
		case 'run-queued':
		case 'run-refused':
			return [{ do: 'put', table: 'run', id, row: runRow(recorded, event, id) }];
		case 'job-started':
			return [{ do: 'update', table: 'run', id, set: { status: 'running' }, fill: { startedAt: at } }];
		case 'job-finished': {
			const problem = event.conclusion === 'failed' ? event.problems?.[0] : undefined;
			return problem === undefined ? [] : [{ do: 'update', table: 'run', id, set: {}, fill: { cause: problem.what } }];
		}
		case 'finding-made':
			return [{ do: 'update', table: 'run', id, set: {}, fill: { cause: event.finding.cause } }];
		case 'run-finished':
			return [{ do: 'update', table: 'run', id, set: { status: event.conclusion, finishedAt: at }, fill: {} }];
		case 'rerun-requested':
			return [{ do: 'update', table: 'run', id, set: { status: 'running', finishedAt: null, cause: null }, fill: {} }];
		case 'deployment-requested': {
			const { project, environment, number, purpose, sha } = event;
			const state = { status: 'running', requestedAt: at, finishedAt: null, reason: null };
			const row = {
				deployment: id,
				seq,
				project,
				environment,
				number,
				purpose,
				sha,
				subject: event.commit.subject,
				...state,
			};
			return [{ do: 'put', table: 'deployment', id, row }];
		}
		case 'deployment-finished': {
			const set = { status: event.outcome, finishedAt: at, reason: event.reason?.what ?? null };
			return [{ do: 'update', table: 'deployment', id, set, fill: {} }];
		}
		case 'deployment-superseded':
			return [{ do: 'update', table: 'deployment', id, set: { status: 'superseded' }, fill: {} }];
		case 'incident-opened': {
			const { project, environment, number, what, impactStart } = event;
			const row = { incident: id, seq, project, environment, number, what, impactStart, impactEnd: null };
			return [{ do: 'put', table: 'incident', id, row }];
		}
		case 'incident-resolved':
			return [{ do: 'update', table: 'incident', id, set: { impactEnd: event.impactEnd }, fill: {} }];
		case 'change-pushed':
		case 'snapshot-taken':
		case 'action-brought':
		case 'image-used':
		case 'step-started':
		case 'step-finished':
		case 'job-lost':
		case 'job-skipped':
		case 'cancel-requested':
		case 'turn-taken':
		case 'job-expanded':
		case 'workflow-called':
		case 'diagnosis-started':
		case 'check-reported':
		case 'artifact-uploaded':
		case 'artifact-removed':
		case 'cache-saved':
		case 'cache-used':
		case 'cache-removed':
		case 'version-prepared':
		case 'service-started':
		case 'service-checked':
		case 'traffic-switched':
		case 'traffic-verified':
		case 'deployment-failing':
		case 'version-drained':
		case 'version-stopped':
		case 'health-changed':
			return [];
		default:
			return unreachable(event);
	}
}

function runRow(
	{ at, seq }: Recorded,
	event: Extract<Event, { kind: 'run-queued' | 'run-refused' }>,
	run: string,
): RunItem {
	const isRefused = event.kind === 'run-refused';
	return {
		run,
		seq,
		project: event.project,
		number: event.number,
		workflow: isRefused ? event.workflow : event.plan.workflow,
		name: isRefused ? event.workflow : event.plan.name,
		event: event.trigger.event,
		ref: event.trigger.ref,
		sha: event.trigger.sha,
		worktree: event.trigger.worktreeOf !== undefined,
		subject: (isRefused ? undefined : event.title) ?? event.commit.subject,
		status: isRefused ? 'failed' : 'queued',
		queuedAt: at,
		startedAt: null,
		finishedAt: isRefused ? at : null,
		cause: isRefused ? (event.problems[0]?.what ?? null) : null,
	};
}
