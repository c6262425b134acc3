import { type Kysely, sql } from 'kysely';

/** The audit trail, people with their roles, sessions, tokens and links, secrets and variables. */
export async function accessAndSettings(database: Kysely<unknown>): Promise<void> {
	const statements = [
		sql`create table audit (
			audit text primary key,
			seq integer not null unique,
			at text not null,
			by text not null,
			token text,
			did text not null,
			what text not null,
			person text,
			project text,
			run text,
			"from" text
		) strict`,
		sql`create index audit_by_project on audit (project, seq)`,
		sql`create table person (
			person text primary key,
			name text unique,
			password text,
			issuer text,
			subject text,
			state text not null,
			"madeAt" integer not null,
			unique (issuer, subject)
		) strict`,
		sql`create table role (
			person text not null,
			project text not null,
			source text not null,
			role text not null,
			primary key (person, project, source)
		) strict, without rowid`,
		sql`create table session (
			session text primary key,
			hash text not null unique,
			proof text not null,
			person text not null,
			way text not null,
			device text not null,
			"madeAt" integer not null,
			"usedAt" integer not null,
			"expiresAt" integer not null
		) strict`,
		sql`create table token (
			token text primary key,
			hash text not null unique,
			person text not null,
			name text not null,
			scopes text not null,
			projects text,
			"madeAt" integer not null,
			"usedAt" integer,
			"expiresAt" integer
		) strict`,
		sql`create table link (
			hash text primary key,
			purpose text not null,
			person text,
			"expiresAt" integer not null
		) strict`,
		sql`create table secret (
			scope text not null,
			name text not null,
			sealed text not null,
			"setAt" integer not null,
			"setBy" text not null,
			primary key (scope, name)
		) strict, without rowid`,
		sql`create table variable (
			scope text not null,
			name text not null,
			value text not null,
			"setAt" integer not null,
			"setBy" text not null,
			primary key (scope, name)
		) strict, without rowid`,
	];
	for (const statement of statements) await statement.execute(database);
}
