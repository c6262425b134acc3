import { resolve } from 'node:path';
import type { Project } from '#core/api.ts';
import { type CommandContext, withClient } from './command.ts';

/** Adds a repository on this machine. */
export async function projectAddCommand(path: string, context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const project = await client.post<Project>('/projects', { path: resolve(path) });
		context.out.print(`${project.project}  ${project.path}  (${project.defaultBranch})`);
		return 0;
	});
}

/** Lists the repositories that Footbridge looks after. */
export async function projectListCommand(context: CommandContext): Promise<number> {
	return withClient(context, async (client) => {
		const { items } = await client.get<{ readonly items: readonly Project[] }>('/projects');
		if (items.length === 0) context.out.print('There is no project yet.  footbridge project add <path>');
		for (const { project, path, defaultBranch } of items) context.out.print(`${project}  ${path}  (${defaultBranch})`);
		return 0;
	});
}
