import { actorOf, everywhere } from './access/access.ts';
import type { AccessEvent } from './access/access-event.ts';
import type { Event, Recorded } from './event.ts';
import { projectOfScope } from './secret.ts';

/** One line of the audit trail: somebody did something. People are ids, so that a name can be erased and the trail stays. */
export interface AuditItem {
	readonly seq: number;
	/** ISO 8601. */
	readonly at: string;
	/** Id of a person, `local` for the owner of the machine, `system` where nobody is known. */
	readonly by: string;
	/** Id of the token that was used. */
	readonly token: string | null;
	/** The event's kind. */
	readonly did: string;
	/** What happened, in words without names of people. */
	readonly what: string;
	/** Id of the person that it was done to. */
	readonly person: string | null;
	readonly project: string | null;
	/** Id of the run that it was done to. */
	readonly run: string | null;
	/** From where, where it is known. */
	readonly from: string | null;
}

/** The line of the trail that an event is; undefined for what nobody did, and for what is no act. */
export function auditOf({ seq, at, by, event, stream }: Recorded): AuditItem | undefined {
	const told = actOf(event, stream);
	const actor = actorOf(by);
	if (told === undefined || (actor === undefined && !told.isAlways)) return undefined;
	const { what, person = null, project = null, run = null, from = null } = told;
	return {
		...{ seq, at, by: actor?.person ?? 'system', token: actor?.token ?? null },
		...{ did: event.kind, what, person, project, run, from },
	};
}

interface Act {
	readonly what: string;
	readonly person?: string;
	readonly project?: string;
	readonly run?: string;
	readonly from?: string;
	/** Also when nobody is known to have done it. */
	readonly isAlways?: true;
}

/** What people do to runs and environments; everything else is an act of accounts and settings. */
function actOf(event: Event, stream: string): Act | undefined {
	const id = stream.slice(stream.indexOf('/') + 1);
	switch (event.kind) {
		case 'project-added':
			return { what: `added the project ${event.project}`, project: event.project };
		case 'run-queued':
			return { what: `started run ${event.number} of ${event.plan.workflow}`, project: event.project, run: id };
		case 'cancel-requested':
			return { what: 'cancelled a run', run: id };
		case 'rerun-requested':
			return { what: `let ${event.jobs.join(', ')} happen again`, run: id };
		case 'deployment-requested':
			return {
				what: `put ${event.sha.slice(0, 8)} into ${event.environment}, ${event.purpose} ${event.number}`,
				project: event.project,
			};
		default:
			return isAccess(event) ? accessAct(event) : undefined;
	}
}

const accessKinds: { readonly [kind in AccessEvent['kind']]: true } = {
	'person-added': true,
	'person-disabled': true,
	'person-enabled': true,
	'person-erased': true,
	'person-invited': true,
	'password-set': true,
	'role-set': true,
	'signed-in': true,
	'signed-out': true,
	'sign-in-failed': true,
	'token-made': true,
	'token-revoked': true,
	'provider-set': true,
	'provider-removed': true,
	'keys-rotated': true,
	'secret-set': true,
	'secret-removed': true,
	'variable-set': true,
	'variable-removed': true,
};

/** Whether an event is one of accounts, rights or settings. */
export function isAccess(event: Event): event is AccessEvent {
	return Object.hasOwn(accessKinds, event.kind);
}

const plainActs = {
	'person-disabled': 'disabled an account',
	'person-enabled': 'enabled an account',
	'person-erased': 'erased an account',
	'person-invited': 'made a link to set a password',
	'password-set': 'set a password',
} as const;

const signOuts = { this: 'signed out', others: 'ended all other sessions', all: 'ended all sessions' } as const;

function accessAct(event: AccessEvent): Act {
	switch (event.kind) {
		case 'person-added':
			return { what: `added an account (${event.way})`, person: event.person, isAlways: true };
		case 'person-disabled':
		case 'person-enabled':
		case 'person-erased':
		case 'person-invited':
		case 'password-set':
			return { what: plainActs[event.kind], person: event.person, isAlways: true };
		case 'role-set':
			return { what: roleText(event), person: event.person, ...inProject(event.project), isAlways: true };
		case 'signed-in':
			return { what: `signed in by ${event.way}`, person: event.person, from: event.from, isAlways: true };
		case 'signed-out':
			return { what: signOuts[event.sessions], person: event.person, isAlways: true };
		case 'sign-in-failed': {
			const who = event.person === undefined ? {} : { person: event.person };
			return { what: `a sign-in by ${event.way} failed: ${event.why}`, ...who, from: event.from, isAlways: true };
		}
		case 'token-made':
			return {
				what: `made the token ${event.token} (${event.scopes.join(', ')})`,
				person: event.person,
				isAlways: true,
			};
		case 'token-revoked':
			return { what: `revoked the token ${event.token}`, person: event.person, isAlways: true };
		case 'provider-set':
			return { what: `set the sign-in provider ${event.provider} to ${event.issuer}`, isAlways: true };
		case 'provider-removed':
			return { what: `removed the sign-in provider ${event.provider}`, isAlways: true };
		case 'keys-rotated':
			return { what: `changed the key of ${event.secrets} secrets`, isAlways: true };
		case 'secret-set':
		case 'secret-removed':
		case 'variable-set':
		case 'variable-removed': {
			const [thing, did] = event.kind.split('-');
			const project = projectOfScope(event.scope);
			return {
				what: `${did} the ${thing} ${event.name} of ${decodeURIComponent(event.scope)}`,
				...(project === undefined ? {} : { project }),
				isAlways: true,
			};
		}
	}
}

function roleText({ role, project, provider }: Extract<AccessEvent, { kind: 'role-set' }>): string {
	const where = project === everywhere ? 'everywhere' : `in ${project}`;
	const by = provider === undefined ? '' : `, as ${provider} says`;
	return role === undefined ? `took the role ${where} away${by}` : `gave the role ${role} ${where}${by}`;
}

const inProject = (project: string): Pick<Act, 'project'> => (project === everywhere ? {} : { project });

/** The columns of the trail as a table, in this order. */
export const auditColumns = ['seq', 'at', 'by', 'token', 'did', 'what', 'person', 'project', 'run', 'from'] as const;

/** A line of the trail as a row of a CSV table. A value that a spreadsheet would calculate stays text. */
export function auditCsv(item: AuditItem): string {
	return auditColumns.map((column) => cell(item[column])).join(',');
}

function cell(value: string | number | null): string {
	const text = value === null ? '' : String(value);
	const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
	return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
