import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Project } from '#core/api.ts';
import { ProblemError } from '#core/result.ts';
import type { Client } from './client.ts';
import type { CommandContext } from './command.ts';

/** The project of the present folder: its repository, else the one that it was cloned from; undefined when Footbridge knows neither. */
export async function findProject(client: Client, context: CommandContext): Promise<Project | undefined> {
	const { items } = await client.get<{ readonly items: readonly Project[] }>('/projects');
	if (context.project !== undefined) {
		const named = items.find((project) => project.project === context.project);
		if (named !== undefined) return named;
		throw new ProblemError({
			code: 'FB0101',
			what: `there is no project ${context.project}`,
			why:
				items.length === 0 ? 'no project was added yet' : `there are ${items.map((item) => item.project).join(', ')}`,
			next: 'footbridge project add <path>',
		});
	}
	for (const place of [await gitSays('rev-parse', '--show-toplevel'), await gitSays('remote', 'get-url', 'origin')]) {
		const path = realPath(place);
		const known = items.find((project) => path !== undefined && realPath(project.path) === path);
		if (known !== undefined) return known;
	}
	return items.length === 1 ? items[0] : undefined;
}

/** As `findProject`; the present folder's repository is added when Footbridge does not know it yet. */
export async function projectHere(client: Client, context: CommandContext): Promise<Project> {
	if (context.project !== undefined) {
		const project = await findProject(client, context);
		if (project !== undefined) return project;
	}
	return client.post<Project>('/projects', { path: process.cwd() });
}

async function gitSays(...args: readonly string[]): Promise<string | undefined> {
	try {
		return (await promisify(execFile)('git', args)).stdout.trim();
	} catch {
		return undefined;
	}
}

function realPath(path: string | undefined): string | undefined {
	try {
		return path === undefined || path === '' ? undefined : realpathSync(path);
	} catch {
		return undefined;
	}
}
