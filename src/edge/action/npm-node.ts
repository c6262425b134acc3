import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failed, ok, type Result } from '#core/result.ts';
import type { Actions } from './action.ts';
import { noNode } from './action-problems.ts';

/** Versions of Node from npm, below `directory`; each is fetched once, and stays. */
export function npmNode(directory: string): Actions['node'] {
	const making = new Map<string, Promise<Result<string>>>();
	return (version) => {
		const known = making.get(version);
		if (known !== undefined) return known;
		const made = make(directory, version);
		making.set(version, made);
		// What failed may work the next time.
		void made.then((result) => {
			if (!result.ok) making.delete(version);
		});
		return made;
	};
}

async function make(directory: string, version: string): Promise<Result<string>> {
	if (!/^\d{1,3}(?:\.\d{1,3}\.\d{1,3})?$/.test(version))
		return failed(noNode(version, 'a version is a number such as 20, or three such as 20.19.1'));
	const place = join(directory, version);
	const bin = join(place, 'bin');
	if (existsSync(join(bin, 'node'))) return ok(bin);
	await mkdir(directory, { recursive: true });
	const temporary = await mkdtemp(join(directory, '.new-'));
	try {
		const name = `node-${process.platform}-${process.arch}`;
		const options = ['--no-save', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
		await promisify(execFile)('npm', ['install', ...options, '--prefix', temporary, `${name}@${version}`], {
			cwd: temporary,
			timeout: 300_000,
		});
		await rename(join(temporary, 'node_modules', name), place).catch((error: unknown) => {
			if (!existsSync(join(bin, 'node'))) throw error;
		});
		return ok(bin);
	} catch (error) {
		const why = error instanceof Error ? (error.message.split('\n').at(-1) ?? error.message) : String(error);
		return failed(noNode(version, why));
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}
