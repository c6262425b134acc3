import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { everywhere } from '#core/access/access.ts';
import { MakeLink, MemberItem, NewPerson, PersonItem, SetRole } from '#core/api-access.ts';
import type { PersonRow } from '#edge/store/register.ts';
import type { Access } from './access/access.ts';
import { cannotBe } from './access/refusal.ts';
import { callerIn } from './authorise.ts';
import { found } from './problems.ts';
import { type Api, jsonBody, jsonRoute } from './route.ts';
import { baseOf } from './session-routes.ts';

const hour = 60 * 60_000;
const inviteMs = 7 * 24 * hour;
const signInMs = hour;
const setUpMs = 24 * hour;

/** Who there is, and what each may do. */
export function peopleRoutes(api: Api, access: Access): void {
	const { people, links, url } = access;
	const linkTo = (c: Context, page: string, code: string) =>
		`${url === undefined ? baseOf(c, url) : new URL(url).origin}/${page}#${code}`;
	const invite = async (c: Context, person: string) =>
		linkTo(c, 'invite', await links.make('password', person, inviteMs));
	const known = async (name: string): Promise<PersonRow> =>
		found((await people.find(name)) ?? (await people.named(name)), `there is no account ${name}`);
	const personParam = z.object({ person: z.string().openapi({ description: 'Its id, or its name' }) });

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/people',
			summary: 'The accounts',
			request: {},
			answer: z.object({ items: z.array(PersonItem).readonly() }),
		}),
		async (c) => {
			const [rows, roles] = [await people.list(), await people.roles()];
			const items = rows.map(({ person, name, state, madeAt, password, issuer }) => ({
				...{ person, name: name ?? '', state, madeAt },
				isInvited: password === null && issuer === null,
				isByProvider: issuer !== null,
				grants: roles
					.filter((role) => role.person === person)
					.map(({ project, role, source }) => ({ project, role, source })),
			}));
			return c.json({ items: items.toSorted((a, b) => (a.name < b.name ? -1 : 1)) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/people',
			summary: 'Add an account; without a password it gets a link to set one, shown this once',
			request: { body: jsonBody(NewPerson) },
			answer: z.object({ person: z.string(), link: z.string().nullable() }),
		}),
		async (c) => {
			const { name, role, project, password } = c.req.valid('json');
			const grants = role === undefined ? [] : [{ project, role }];
			const given = password === undefined ? {} : { password };
			const { person } = await people.add(callerIn(c).by, { name, ...given, way: 'invited', grants });
			return c.json({ person, link: password === undefined ? await invite(c, person) : null }, 200);
		},
	);

	for (const [word, isDisabled] of [
		['disable', true],
		['enable', false],
	] as const) {
		api.openapi(
			jsonRoute({
				method: 'post',
				path: `/people/{person}/${word}`,
				summary: isDisabled ? 'Let somebody in no more' : 'Let somebody in again',
				request: { params: personParam },
				answer: z.object({}),
			}),
			async (c) => {
				const { person } = await known(c.req.param('person') ?? '');
				await people.setDisabled(callerIn(c).by, person, isDisabled);
				return c.json({}, 200);
			},
		);
	}

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/people/{person}/erase',
			summary: 'Forget who somebody was; what they did stays, without their name',
			request: { params: personParam },
			answer: z.object({}),
		}),
		async (c) => {
			await people.erase(callerIn(c).by, (await known(c.req.valid('param').person)).person);
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/people/{person}/invite',
			summary: 'Make a link to set a password, shown this once',
			request: { params: personParam },
			answer: z.object({ link: z.string() }),
		}),
		async (c) => {
			const { person } = await known(c.req.valid('param').person);
			const { by } = callerIn(c);
			await access.keeper.write({ by, stream: `access/${person}`, events: [{ kind: 'person-invited', person }] });
			return c.json({ link: await invite(c, person) }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'get',
			path: '/members',
			summary: 'Who may do what in a project; without one: everywhere',
			request: { query: z.object({ project: z.string().optional() }) },
			answer: z.object({ items: z.array(MemberItem).readonly() }),
		}),
		async (c) => {
			const { project = everywhere } = c.req.valid('query');
			const names = new Map((await people.list()).map(({ person, name }) => [person, name ?? '']));
			const items = (await people.roles())
				.filter((row) => row.project === everywhere || row.project === project)
				.map(({ person, role, source, ...row }) => ({
					...{ person, name: names.get(person) ?? '', role, source },
					isEverywhere: row.project === everywhere,
				}));
			return c.json({ items }, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/members',
			summary: 'Give somebody a role in a project, or everywhere, or take it away',
			request: { body: jsonBody(SetRole) },
			answer: z.object({}),
		}),
		async (c) => {
			const { person, role, project } = c.req.valid('json');
			// Its own word means everywhere: the address may not smuggle it in.
			if (project === everywhere) cannotBe({ code: 'FB6002', what: 'leave project out for everywhere' });
			await people.setRole(callerIn(c).by, (await known(person)).person, project ?? everywhere, role);
			return c.json({}, 200);
		},
	);

	api.openapi(
		jsonRoute({
			method: 'post',
			path: '/links',
			summary: 'Make a link that signs the owner of the machine in once, or makes the first admin',
			request: { body: jsonBody(MakeLink) },
			answer: z.object({ link: z.string() }),
		}),
		async (c) => {
			const { purpose } = c.req.valid('json');
			// What leads to all rights for ever is given to the owner of the machine alone.
			if (callerIn(c).way !== 'local') cannotBe(onlyLocal);
			const isSetUp = purpose === 'set-up';
			const code = await links.make(purpose, isSetUp ? null : 'local', isSetUp ? setUpMs : signInMs);
			return c.json({ link: linkTo(c, isSetUp ? 'set-up' : 'enter', code) }, 200);
		},
	);
}

const onlyLocal = {
	code: 'FB6041',
	what: 'such a link is made on the machine of the server alone',
	next: 'there: footbridge link',
};
