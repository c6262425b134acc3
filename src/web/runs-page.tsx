import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { projectsQuery, type RunFilters, runsQuery } from './fetching.ts';
import { FirstSteps, Waiting } from './notices.tsx';
import { RunRows } from './run-rows.tsx';
import { lookOf } from './status.tsx';
import { useTitle } from './title.ts';

const statuses = ['queued', 'running', 'passed', 'failed', 'cancelled'];

/** All runs, with filters that live in the address. */
export function RunsPage() {
	const filters = useSearch({ from: '/runs' });
	const projects = useQuery(projectsQuery).data ?? [];
	const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(runsQuery(filters));
	useTitle('Runs');
	const isFiltered = Object.keys(filters).length > 0;
	const runs = data?.pages.flatMap((page) => page.items);
	return (
		<div className="page">
			<h1>Runs</h1>
			<Filters filters={filters} projects={projects.map(({ project }) => project)} />
			{runs === undefined ? <Waiting error={error} what="runs" /> : null}
			{runs?.length === 0 && isFiltered ? <p className="notice panel">No run fits these filters.</p> : null}
			{runs?.length === 0 && !isFiltered ? <FirstSteps hasProject={projects.length > 0} /> : null}
			{runs === undefined || runs.length === 0 ? null : <RunRows runs={runs} withProject={projects.length > 1} />}
			{hasNextPage ? (
				<button
					type="button"
					className="button more"
					disabled={isFetchingNextPage}
					onClick={() => void fetchNextPage()}
				>
					Older runs
				</button>
			) : null}
		</div>
	);
}

function Filters({ filters, projects }: { readonly filters: RunFilters; readonly projects: readonly string[] }) {
	const navigate = useNavigate({ from: '/runs' });
	const set = (name: keyof RunFilters, value: string) => {
		const { [name]: _, ...others } = filters;
		void navigate({ search: value === '' ? others : { ...others, [name]: value }, replace: true });
	};
	return (
		<search className="filters">
			<label className="labelled">
				Project
				<select
					className="field"
					value={filters.project ?? ''}
					onChange={(event) => set('project', event.target.value)}
				>
					<option value="">all</option>
					{projects.map((project) => (
						<option key={project}>{project}</option>
					))}
				</select>
			</label>
			<label className="labelled">
				Status
				<select className="field" value={filters.status ?? ''} onChange={(event) => set('status', event.target.value)}>
					<option value="">any</option>
					{statuses.map((status) => (
						<option key={status} value={status}>
							{lookOf(status).glyph} {status}
						</option>
					))}
				</select>
			</label>
			<label className="labelled">
				Branch
				<input
					// A new key after the address changed by other means: the field shows what is in force.
					key={filters.branch ?? ''}
					className="field"
					defaultValue={filters.branch ?? ''}
					placeholder="any"
					onBlur={(event) => set('branch', event.target.value.trim())}
					onKeyDown={(event) => event.key === 'Enter' && event.currentTarget.blur()}
				/>
			</label>
		</search>
	);
}
