import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { openFootbridge } from '#cli/wire.ts';
import type { LogLines, StartedRuns } from '#core/api.ts';
import { isEnded, type Run } from '#core/run.ts';

/** Footbridge whole, as the command line has it, on a data folder and a repository of its own; spoken to through its API only. */
export interface FootbridgeWorld {
	readonly data: string;
	readonly repository: string;
	/** Writes files and commits them; answers with the commit. A file that begins with `#!` may be run. */
	commit(files: { readonly [path: string]: string }, message: string): string;
	/** Starts the workflows of a revision and waits for their end, findings included. */
	run(at?: string, more?: { readonly [field: string]: unknown }): Promise<Run>;
	log(run: Run, job: string): Promise<readonly string[]>;
	call(method: string, path: string, body?: unknown): Promise<unknown>;
	[Symbol.asyncDispose](): Promise<void>;
}

export async function footbridgeWorld(): Promise<FootbridgeWorld> {
	const folder = mkdtempSync(join(tmpdir(), 'footbridge-world-'));
	const repository = join(folder, 'shop');
	const data = join(folder, 'data');
	mkdirSync(repository);
	const git = (...args: string[]) =>
		execFileSync('git', ['-C', repository, '-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], {
			encoding: 'utf8',
		}).trim();
	git('init', '-q', '-b', 'main');
	const footbridge = await openFootbridge({ data });
	const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
		const answer = await footbridge.fetch(`/api/v1${path}`, {
			method,
			headers: { 'content-type': 'application/json' },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await answer.text();
		assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
		return JSON.parse(text);
	};
	let isAdded = false;
	return {
		data,
		repository,
		call,
		commit: (files, message) => {
			for (const [path, text] of Object.entries(files)) {
				const file = join(repository, path);
				mkdirSync(dirname(file), { recursive: true });
				writeFileSync(file, text);
				if (text.startsWith('#!')) chmodSync(file, 0o755);
			}
			git('add', '-A');
			git('commit', '-q', '-m', message);
			return git('rev-parse', 'HEAD');
		},
		run: async (at = 'HEAD', more = {}) => {
			if (!isAdded) await call('POST', '/projects', { path: repository });
			isAdded = true;
			const { runs } = (await call('POST', '/runs', { project: 'shop', at, ...more })) as StartedRuns;
			for (;;) {
				const run = (await call('GET', `/runs/${runs[0]}`)) as Run;
				if (
					isEnded(run.status) &&
					run.jobs.every((job) => job.status !== 'failed' || job.diagnosis === 'done' || job.attempt === 0)
				)
					return run;
				await new Promise((resolve) => setTimeout(resolve, 30));
			}
		},
		log: async (run, job) => {
			const { lines } = (await call(
				'GET',
				`/runs/${run.id}/jobs/${encodeURIComponent(job)}/log?from=1&limit=1000`,
			)) as LogLines;
			return lines.map(({ text }) => text);
		},
		[Symbol.asyncDispose]: async () => {
			await footbridge.close();
			rmSync(folder, { recursive: true, force: true });
		},
	};
}
