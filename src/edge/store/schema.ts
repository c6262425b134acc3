import { type Kysely, sql } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import type { ProjectionRows } from '#core/projection.ts';
import { ProblemError } from '#core/result.ts';
import { accessAndSettings } from './migration-access.ts';
import type { RegisterRows } from './register.ts';

/** The tables as Kysely sees them. Booleans are 0 and 1. */
export interface Schema extends RegisterRows {
	readonly event: EventTable;
	readonly project: ProjectionRows['project'];
	readonly run: Omit<ProjectionRows['run'], 'worktree'> & { readonly worktree: number };
	readonly deployment: ProjectionRows['deployment'];
	readonly incident: ProjectionRows['incident'];
	readonly audit: ProjectionRows['audit'];
	readonly counter: { readonly name: string; readonly value: number };
	readonly sample: {
		readonly series: string;
		readonly minute: number;
		readonly good: number;
		readonly bad: number;
		readonly sumMs: number;
	};
}

export interface EventTable {
	readonly seq: number;
	readonly stream: string;
	/** Place in its stream, from 1. */
	readonly position: number;
	readonly at: string;
	readonly by: string;
	readonly kind: string;
	/** The whole event as JSON. */
	readonly body: string;
}

/** Brings a database to this version's schema and says whether it had to; throws FB7002 when a newer version has written it. */
export async function migrate(database: Kysely<Schema>, file: string): Promise<{ readonly isChanged: boolean }> {
	const migrator = new Migrator({ db: database, provider: { getMigrations: async () => migrations } });
	const known = new Set(Object.keys(migrations));
	const foreign = (await applied(database)).filter((name) => !known.has(name));
	if (foreign.length > 0) {
		throw new ProblemError({
			code: 'FB7002',
			what: 'The database was written by a newer version of Footbridge',
			why: `it has had the changes ${foreign.join(', ')}, which this version does not know`,
			where: file,
			next: 'start the newer version, or restore the backup that was made before the upgrade',
		});
	}
	const { error, results = [] } = await migrator.migrateToLatest();
	if (error !== undefined) throw error;
	return { isChanged: results.length > 0 };
}

async function applied(database: Kysely<Schema>): Promise<readonly string[]> {
	const tables = await sql<{
		name: string;
	}>`select name from sqlite_master where type = 'table' and name = 'kysely_migration'`.execute(database);
	if (tables.rows.length === 0) return [];
	return (await sql<{ name: string }>`select name from kysely_migration order by name`.execute(database)).rows.map(
		(row) => row.name,
	);
}

/** In this order, each once; one that was released is never edited. */
const migrations: { readonly [name: string]: Migration } = {
	'001-log-and-projections': { up: logAndProjections },
	'002-access-and-settings': { up: accessAndSettings },
};

async function logAndProjections(database: Kysely<unknown>): Promise<void> {
	const statements = [
		sql`create table event (
			seq integer primary key,
			stream text not null,
			position integer not null,
			at text not null,
			by text not null,
			kind text not null,
			body text not null,
			unique (stream, position)
		) strict`,
		sql`create table counter (name text primary key, value integer not null) strict, without rowid`,
		sql`create table sample (
			series text not null,
			minute integer not null,
			good integer not null,
			bad integer not null,
			"sumMs" real not null,
			primary key (series, minute)
		) strict, without rowid`,
		sql`create table project (project text primary key, path text not null, "defaultBranch" text not null) strict`,
		sql`create table run (
			run text primary key,
			seq integer not null unique,
			project text not null,
			number integer not null,
			workflow text not null,
			name text not null,
			event text not null,
			ref text not null,
			sha text not null,
			worktree integer not null,
			subject text not null,
			status text not null,
			"queuedAt" text not null,
			"startedAt" text,
			"finishedAt" text,
			cause text
		) strict`,
		sql`create index run_by_project on run (project, seq)`,
		sql`create index run_by_status on run (status, seq)`,
		sql`create table deployment (
			deployment text primary key,
			seq integer not null unique,
			project text not null,
			environment text not null,
			number integer not null,
			purpose text not null,
			sha text not null,
			subject text not null,
			status text not null,
			"requestedAt" text not null,
			"finishedAt" text,
			reason text
		) strict`,
		sql`create index deployment_by_environment on deployment (project, environment, seq)`,
		sql`create table incident (
			incident text primary key,
			seq integer not null unique,
			project text not null,
			environment text not null,
			number integer not null,
			what text not null,
			"impactStart" text not null,
			"impactEnd" text
		) strict`,
		sql`create index incident_by_environment on incident (project, environment, seq)`,
	];
	for (const statement of statements) await statement.execute(database);
}
