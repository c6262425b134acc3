import { text } from 'node:stream/consumers';
import type { SettingItem } from '#core/api-access.ts';
import { ProblemError } from '#core/result.ts';
import type { Client } from './client.ts';
import { type CommandContext, printJson, withClient } from './command.ts';
import { findProject } from './project-here.ts';
import { rows } from './text-table.ts';

export type SettingKind = 'secret' | 'variable';

export interface SettingOptions {
	/** Of an environment of the project. */
	readonly environment?: string;
	/** Of the server: for every project. */
	readonly everywhere?: boolean;
	readonly json?: boolean;
}

/** Sets a secret, whose value is piped in, or a variable. */
export async function settingSetCommand(
	{ kind, name, value }: { readonly kind: SettingKind; readonly name: string; readonly value?: string | undefined },
	options: SettingOptions,
	context: CommandContext,
): Promise<number> {
	const given = value ?? (await pipedIn(kind, name));
	return withClient(context, async (client) => {
		const place = await placeOf(client, options, context);
		await client.post(`/${kind}s`, { ...place, name, value: given });
		context.out.print(`set the ${kind} ${name} of ${told(place)}`);
		return 0;
	});
}

/** Lists names of secrets, or variables. */
export async function settingListCommand(
	kind: SettingKind,
	options: SettingOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const place = await placeOf(client, options, context);
		const query = new URLSearchParams(place as Record<string, string>);
		const { items } = await client.get<{ readonly items: readonly SettingItem[] }>(`/${kind}s?${query}`);
		if (options.json) printJson(context, { items });
		else if (items.length === 0)
			context.out.print(`There is no ${kind} of ${told(place)}.  footbridge ${kind} set <name>`);
		else
			context.out.print(
				...rows(
					items.map(({ name, value, setAt }) => [name, value ?? `set ${new Date(setAt).toISOString().slice(0, 10)}`]),
				),
			);
		return 0;
	});
}

/** Removes a secret or a variable. */
export async function settingRemoveCommand(
	{ kind, name }: { readonly kind: SettingKind; readonly name: string },
	options: SettingOptions,
	context: CommandContext,
): Promise<number> {
	return withClient(context, async (client) => {
		const place = await placeOf(client, options, context);
		await client.post(`/${kind}s/remove`, { ...place, name });
		context.out.print(`removed the ${kind} ${name} of ${told(place)}`);
		return 0;
	});
}

/** Changes the key that all secrets are encrypted with. */
export async function secretRotateCommand(context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { secrets } = await client.post<{ readonly secrets: number }>('/secrets/rotate', {});
		context.out.print(`${secrets} ${secrets === 1 ? 'secret is' : 'secrets are'} under a new key`);
		return 0;
	});
}

interface SettingPlace {
	readonly project?: string;
	readonly environment?: string;
}

async function placeOf(
	client: Client,
	{ environment, everywhere }: SettingOptions,
	context: CommandContext,
): Promise<SettingPlace> {
	if (everywhere === true) return {};
	const project = await findProject(client, context);
	if (project === undefined) {
		const next = 'name one with --project, or use --everywhere';
		throw new ProblemError({ code: 'FB0101', what: 'this folder is of no project', next });
	}
	return { project: project.project, ...(environment === undefined ? {} : { environment }) };
}

function told({ project, environment }: SettingPlace): string {
	if (project === undefined) return 'every project';
	return environment === undefined ? project : `${project}/${environment}`;
}

/** One line break at the end is the shell's. A value on a command line could be read by every user of the machine. */
async function pipedIn(kind: SettingKind, name: string): Promise<string> {
	const value = process.stdin.isTTY ? '' : (await text(process.stdin)).replace(/\r?\n$/, '');
	if (value !== '') return value;
	const next = kind === 'secret' ? `footbridge secret set ${name} < file` : `footbridge variable set ${name} <value>`;
	throw new ProblemError({
		code: 'FB0106',
		what: `the ${kind} ${name} has no value`,
		why: 'nothing was piped in',
		next,
	});
}
