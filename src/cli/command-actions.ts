import { whyBad } from '#core/action/known-bad.ts';
import type { ActionLock } from '#core/action/lock.ts';
import { outsideService } from '#core/action/outside-service.ts';
import { isCommitName, repositoryOf } from '#core/action/uses-reference.ts';
import { isBuiltIn } from '#engine/built-in-actions.ts';
import { actionSettings } from './actions/settings.ts';
import { lockKey, type Used, usedActions } from './actions/used.ts';
import { type CommandContext, printJson } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { clean } from './line-fit.ts';
import { readLintFiles } from './lint/files.ts';
import type { Terminal } from './terminal.ts';
import { openActions } from './wire.ts';

/** A line of the list. */
interface Row {
	readonly uses: string;
	readonly kind: Used['kind'];
	/** Where it comes from: Footbridge itself, this machine, or a place that must be asked first. */
	readonly from: 'built in' | 'cached' | 'missing' | 'container';
	readonly commit: string | null;
	/** Whether `uses` names a commit, which nobody can move. */
	readonly pinned: boolean;
	/** What `footbridge.lock` says; null where there is none, or nothing to lock. */
	readonly locked: 'same' | 'moved' | 'no' | null;
	/** What it works for besides this machine, as far as that is known. */
	readonly outside: string | null;
	/** Why this version is known to be bad. */
	readonly bad: string | null;
	readonly where: readonly string[];
}

/** Lists the actions and workflows of others that the present folder's repository uses; asks no network. */
export async function actionsCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	const files = await readLintFiles(process.cwd());
	const { settings, lock } = await actionSettings(files.root);
	const actions = openActions({ data: context.data });
	const place = settings.from === undefined ? {} : { from: settings.from };
	const used = await usedActions(files, actions, (reference) =>
		actions.known({ ...place, repository: repositoryOf(reference), ref: reference.ref }),
	);
	const rows = used.map((one) => rowOf(one, lock, settings.builtins));
	if (options.json === true) printJson(context, { schema: 'footbridge.actions/1', actions: rows });
	else context.out.print(...rows.flatMap((row) => lines(row, context.out)), summary(rows));
	return rows.some(({ bad, locked }) => bad !== null || locked === 'moved')
		? exitCodes.failed.code
		: exitCodes.passed.code;
}

function rowOf({ uses, reference, kind, commit, where }: Used, lock: ActionLock | undefined, builtins: boolean): Row {
	if (reference.kind === 'image') {
		const pinned = /@sha256:[0-9a-f]{64}$/i.test(reference.image);
		return { uses, kind, from: 'container', commit: null, pinned, locked: null, outside: null, bad: null, where };
	}
	const isOwn = kind === 'action' && builtins && isBuiltIn(uses);
	const entry = lock?.get(lockKey(reference));
	const isMoved = entry !== undefined && commit !== undefined && entry.commit !== commit.sha;
	return {
		uses,
		kind,
		from: isOwn ? 'built in' : commit === undefined ? 'missing' : 'cached',
		commit: commit?.sha ?? null,
		pinned: isCommitName(reference.ref),
		locked: lock === undefined || isOwn ? null : entry === undefined ? 'no' : isMoved ? 'moved' : 'same',
		outside: outsideText(uses),
		bad: whyBad(repositoryOf(reference), reference.ref, commit?.sha ?? entry?.commit) ?? null,
		where,
	};
}

/** What it works for besides this machine. */
function outsideText(uses: string): string | null {
	const service = outsideService(uses);
	if (service === undefined) return null;
	return `${service.does} ${'host' in service ? `at ${service.host}` : 'on the forge'}`;
}

function lines(
	{ uses, from, commit, pinned, locked, outside, bad, where }: Row,
	{ paint }: Terminal,
): readonly string[] {
	const marks = [
		from === 'missing' ? 'not here yet' : from,
		...(commit === null || pinned ? [] : [commit.slice(0, 12)]),
		...(from === 'built in' ? [] : [pinned ? 'pinned' : 'not pinned']),
		...(locked === null ? [] : [{ same: 'locked', moved: 'MOVED since it was locked', no: 'not locked' }[locked]]),
	];
	const color = bad !== null || locked === 'moved' ? 'red' : undefined;
	const head = `${clean(uses)}  ${marks.join(', ')}`;
	return [
		color === undefined ? head : paint(color, head),
		...(outside === null ? [] : [`  ${outside}; where that is not reached, its steps are skipped and say so`]),
		...(bad === null ? [] : [paint('red', `  known to be bad: ${bad}`)]),
		paint('dim', `  ${clean(where.join(', '))}`),
	];
}

function summary(rows: readonly Row[]): string {
	if (rows.length === 0) return 'Nothing of others is used.';
	const count = (from: Row['from']) => rows.filter((row) => row.from === from).length;
	const counts = (['built in', 'cached', 'missing', 'container'] as const).flatMap((from) =>
		count(from) === 0 ? [] : [`${count(from)} ${from === 'missing' ? 'not here yet' : from}`],
	);
	return `${rows.length} in all: ${counts.join(', ')}`;
}
