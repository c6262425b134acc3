import { type Kysely, sql } from 'kysely';
import type { Schema } from './schema.ts';
import type { Store } from './store.ts';

/** The part of a store that lists are read with: keyset pages over the projection tables, newest first. */
export function sqliteLists(
	database: Kysely<Schema>,
): Pick<Store, 'projects' | 'runs' | 'deployments' | 'incidents' | 'audit'> {
	return {
		async projects() {
			const rows = await database.selectFrom('project').selectAll().orderBy(sql`rowid`, 'desc').execute();
			return rows.map((row) => ({ ...row }));
		},
		async runs({ project, projects, workflow, ref, sha, status, before, limit }) {
			const rows = await database
				.selectFrom('run')
				.selectAll()
				.$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
				.$if(projects !== undefined, (query) => query.where('project', 'in', projects ?? []))
				.$if(workflow !== undefined, (query) => query.where('workflow', '=', workflow ?? ''))
				.$if(ref !== undefined, (query) => query.where('ref', '=', ref ?? ''))
				.$if(sha !== undefined, (query) => query.where('sha', '=', sha ?? ''))
				.$if(status !== undefined, (query) => query.where('status', 'in', status ?? []))
				.$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
				.orderBy('seq', 'desc')
				.limit(limit)
				.execute();
			return rows.map((row) => ({ ...row, worktree: row.worktree === 1 }));
		},
		async deployments({ project, projects, environment, status, before, limit }) {
			const rows = await database
				.selectFrom('deployment')
				.selectAll()
				.$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
				.$if(projects !== undefined, (query) => query.where('project', 'in', projects ?? []))
				.$if(environment !== undefined, (query) => query.where('environment', '=', environment ?? ''))
				.$if(status !== undefined, (query) => query.where('status', 'in', status ?? []))
				.$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
				.orderBy('seq', 'desc')
				.limit(limit)
				.execute();
			return rows.map((row) => ({ ...row }));
		},
		async incidents({ project, projects, environment, isOpen, before, limit }) {
			const rows = await database
				.selectFrom('incident')
				.selectAll()
				.$if(project !== undefined, (query) => query.where('project', '=', project ?? ''))
				.$if(projects !== undefined, (query) => query.where('project', 'in', projects ?? []))
				.$if(environment !== undefined, (query) => query.where('environment', '=', environment ?? ''))
				.$if(isOpen === true, (query) => query.where('impactEnd', 'is', null))
				.$if(isOpen === false, (query) => query.where('impactEnd', 'is not', null))
				.$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
				.orderBy('seq', 'desc')
				.limit(limit)
				.execute();
			return rows.map((row) => ({ ...row }));
		},
		async audit({ project, person, before, limit }) {
			const rows = await database
				.selectFrom('audit')
				.selectAll()
				.$if(project !== undefined, (query) =>
					query.where(({ eb, or, selectFrom }) =>
						or([
							eb('project', '=', project ?? ''),
							eb(
								'run',
								'in',
								selectFrom('run')
									.select('run')
									.where('project', '=', project ?? ''),
							),
						]),
					),
				)
				.$if(person !== undefined, (query) =>
					query.where(({ eb, or }) => or([eb('by', '=', person ?? ''), eb('person', '=', person ?? '')])),
				)
				.$if(before !== undefined, (query) => query.where('seq', '<', before ?? 0))
				.orderBy('seq', 'desc')
				.limit(limit)
				.execute();
			return rows.map(({ audit: _, ...item }) => item);
		},
	};
}
