import type { Context } from 'hono';
import type { EventOf } from '#core/event.ts';
import { invalid, missing, type RestRoute } from './rest-answers.ts';
import type { Session } from './sessions.ts';
import { jsonOf, type Toolkit, textIn } from './toolkit-context.ts';

type Check = EventOf<'check-reported'>;

/** Statuses and check runs: what a job says of its commit is part of the run's record. */
export function restChecks(route: RestRoute, { store }: Toolkit): void {
	/** The last word on each, oldest first. */
	const checksOf = async ({ job }: Session, sha: string): Promise<readonly Check[]> => {
		const checks = new Map<number, Check>();
		for (const { event } of await store.read(`run/${job.run}`))
			if (event.kind === 'check-reported' && event.sha === sha) checks.set(event.id, event);
		return [...checks.values()];
	};
	const report = async ({ job }: Session, check: Omit<Check, 'kind'>) => job.emit({ kind: 'check-reported', ...check });

	route('post', '/statuses/:sha', 'statuses', async (c, session) => {
		const body = (await jsonOf(c)) ?? {};
		const state = textIn(body, 'state') ?? '';
		const sha = c.req.param('sha') ?? '';
		if (!/^[0-9a-f]{40}$/.test(sha)) return invalid(c, 'no commit found for SHA');
		if (!['error', 'failure', 'pending', 'success'].includes(state)) return invalid(c, 'state is not a known one');
		const name = (textIn(body, 'context') ?? 'default').slice(0, 255);
		const check = {
			id: await store.nextNumber('check'),
			from: 'status',
			name,
			sha,
			status: state === 'pending' ? 'in_progress' : 'completed',
			...(state === 'pending' ? {} : { conclusion: state }),
			...texts(body, { title: 'description', url: 'target_url' }),
		} as const;
		await report(session, check);
		return c.json(statusJson(check), 201);
	});

	route('get', '/commits/:sha/statuses', 'statuses', async (c, session) =>
		c.json((await checksOf(session, c.req.param('sha') ?? '')).filter(isStatus).toReversed().map(statusJson)),
	);

	route('get', '/commits/:sha/status', 'statuses', async (c, session) => {
		const sha = c.req.param('sha') ?? '';
		const all = (await checksOf(session, sha)).filter(isStatus);
		const latest = [...new Map(all.map((check) => [check.name, check])).values()].map(statusJson);
		const has = (...states: readonly string[]) => latest.some(({ state }) => states.includes(state));
		const state = has('error', 'failure') ? 'failure' : has('pending') || latest.length === 0 ? 'pending' : 'success';
		return c.json({ state, sha, total_count: latest.length, statuses: latest });
	});

	route('post', '/check-runs', 'checks', async (c, session) => {
		const body = (await jsonOf(c)) ?? {};
		const [name, sha] = [textIn(body, 'name') ?? '', textIn(body, 'head_sha') ?? ''];
		if (name === '' || !/^[0-9a-f]{40}$/.test(sha)) return invalid(c, 'name and head_sha are required');
		const id = await store.nextNumber('check');
		return told(c, session, { id, from: 'check-run', name: name.slice(0, 255), sha, ...progress(body) }, 201);
	});

	route('patch', '/check-runs/:id', 'checks', async (c, session) => {
		const old = await checkRun(session, c.req.param('id') ?? '');
		if (old === undefined) return missing(c, session);
		const { kind: _, ...before } = old;
		return told(c, session, { ...before, ...progress((await jsonOf(c)) ?? {}, old) }, 200);
	});

	route('get', '/check-runs/:id', 'checks', async (c, session) => {
		const check = await checkRun(session, c.req.param('id') ?? '');
		return check === undefined ? missing(c, session) : c.json(checkJson(check));
	});

	route('get', '/commits/:sha/check-runs', 'checks', async (c, session) => {
		const runs = (await checksOf(session, c.req.param('sha') ?? '')).filter((check) => !isStatus(check));
		return c.json({ total_count: runs.length, check_runs: runs.map(checkJson) });
	});

	async function told(c: Context, session: Session, check: Omit<Check, 'kind'>, status: 200 | 201): Promise<Response> {
		await report(session, check);
		return c.json(checkJson(check), status);
	}

	async function checkRun({ job }: Session, id: string): Promise<Check | undefined> {
		const events = (await store.read(`run/${job.run}`)).map(({ event }) => event);
		return events.findLast(
			(event) => event.kind === 'check-reported' && event.from === 'check-run' && String(event.id) === id,
		) as Check | undefined;
	}
}

const isStatus = ({ from }: Check): boolean => from === 'status';

/** Texts of a body under our names, cut to what an event may hold. */
function texts<Name extends string>(
	body: { readonly [name: string]: unknown },
	names: { readonly [name in Name]: string },
): { readonly [name in Name]?: string } {
	const entries = Object.entries<string>(names).flatMap(([own, theirs]) => {
		const text = textIn(body, theirs);
		return text === undefined || text === '' ? [] : [[own, text.slice(0, 65_535)]];
	});
	return Object.fromEntries(entries) as { readonly [name in Name]?: string };
}

function progress(body: { readonly [name: string]: unknown }, old?: Check) {
	const conclusion = textIn(body, 'conclusion') ?? old?.conclusion;
	const output = body['output'];
	const told = typeof output === 'object' && output !== null ? (output as { readonly [name: string]: unknown }) : {};
	return {
		status: conclusion === undefined ? (textIn(body, 'status') ?? old?.status ?? 'queued') : 'completed',
		...(conclusion === undefined ? {} : { conclusion: conclusion.slice(0, 40) }),
		...texts(told, { title: 'title', summary: 'summary' }),
		...texts(body, { url: 'details_url' }),
	};
}

function statusJson({ id, name, conclusion, title, url }: Omit<Check, 'kind'>) {
	return {
		id,
		state: conclusion ?? 'pending',
		context: name,
		description: title ?? null,
		target_url: url ?? null,
	};
}

function checkJson({ id, name, sha, status, conclusion, title, summary, url }: Omit<Check, 'kind'>) {
	return {
		id,
		name,
		head_sha: sha,
		status,
		conclusion: conclusion ?? null,
		details_url: url ?? null,
		html_url: url ?? '',
		output: { title: title ?? null, summary: summary ?? null, text: null, annotations_count: 0 },
	};
}
