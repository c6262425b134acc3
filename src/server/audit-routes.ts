import { createRoute, z } from '@hono/zod-openapi';
import { AuditLine } from '#core/api-access.ts';
import { type AuditItem, auditColumns, auditCsv } from '#core/audit.ts';
import type { Store } from '#edge/store/store.ts';
import type { Access } from './access/access.ts';
import { type Api, given, jsonRoute, pageOf, pageQuery, toPage } from './route.ts';

/** The audit trail: who did what. Names are looked up when it is read, so that an erased one is gone from it. */
export function auditRoutes(api: Api, { people }: Access, store: Pick<Store, 'audit'>): void {
	const names = async (): Promise<(id: string) => string> => {
		const known = new Map((await people.list()).map(({ person, name }) => [person, name ?? '']));
		const others: { readonly [id: string]: string } = { local: 'owner of this machine', system: 'nobody known' };
		return (id) => known.get(id) ?? others[id] ?? 'erased person';
	};
	const named = (item: AuditItem, nameOf: (id: string) => string): AuditLine => ({
		...item,
		byName: nameOf(item.by),
		personName: item.person === null ? null : nameOf(item.person),
	});

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/audit',
			summary: 'Who did what, newest first',
			request: {
				query: z.object({ project: z.string().optional(), person: z.string().optional(), ...pageQuery }),
			},
			answer: pageOf(AuditLine),
		}),
		async (c) => {
			const { limit, ...wanted } = c.req.valid('query');
			const [rows, nameOf] = [await store.audit({ ...given(wanted), limit: limit + 1 }), await names()];
			const { items, next } = toPage(rows, limit);
			return c.json({ items: items.map((item) => named(item, nameOf)), next }, 200);
		},
	);

	const format = z.enum(['jsonl', 'csv']).default('jsonl');
	const route = createRoute({
		method: 'get',
		path: '/audit/export',
		summary: 'The whole trail, newest first, as JSON Lines or CSV; people are ids',
		request: { query: z.object({ project: z.string().optional(), format }) },
		responses: {
			200: {
				description: 'One line an act',
				content: { 'application/jsonl': { schema: z.string() }, 'text/csv': { schema: z.string() } },
			},
		},
	});
	api.openapi(route, (c) => {
		const { format, project } = c.req.valid('query');
		const isCsv = format === 'csv';
		const body = ReadableStream.from(lines(store, project, isCsv)).pipeThrough(new TextEncoderStream());
		return c.body(body, 200, {
			'Content-Type': isCsv ? 'text/csv; charset=utf-8' : 'application/jsonl',
			'Content-Disposition': `attachment; filename="audit.${format}"`,
		});
	});
}

const exportPage = 500;

/** Read page by page, as the client takes it. */
async function* lines(
	store: Pick<Store, 'audit'>,
	project: string | undefined,
	isCsv: boolean,
): AsyncGenerator<string> {
	if (isCsv) yield `${auditColumns.join(',')}\r\n`;
	let before: number | undefined;
	for (;;) {
		const page = await store.audit({ ...given({ project, before }), limit: exportPage });
		if (page.length > 0)
			yield page.map((item) => (isCsv ? `${auditCsv(item)}\r\n` : `${JSON.stringify(item)}\n`)).join('');
		before = page.at(-1)?.seq;
		if (page.length < exportPage || before === undefined) return;
	}
}
