/**
 * Installs the tools that Footbridge is compared with, outside of the repository.
 * Run: node bench/peers.ts; needs npm for gitlab-ci-local and Go for act, and does without what is missing.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Where they are, also `FOOTBRIDGE_BENCH_PEERS`. */
export const peersFolder = process.env['FOOTBRIDGE_BENCH_PEERS'] ?? join(tmpdir(), 'footbridge-bench-peers');

/** A tool that is there. */
export interface Peer {
	readonly program: string;
	readonly version: string;
}

/** Runs GitHub Actions workflows on the machine itself with `-P <label>=-self-hosted`. */
export function act(): Peer | undefined {
	return peer(join(peersFolder, 'bin/act'));
}

/** Runs GitLab pipelines; its shell executor gives all lines of a job to one bash. */
export function gitlabCiLocal(): Peer | undefined {
	return peer(join(peersFolder, 'node_modules/.bin/gitlab-ci-local'));
}

function peer(program: string): Peer | undefined {
	if (!existsSync(program)) return undefined;
	const said = execFileSync(program, ['--version'], { encoding: 'utf8', env: nodeFirst() });
	return { program, version: said.replace(/^act version/, '').trim() };
}

/** The environment in which `node` is the one that runs this: everybody gets the same. */
export function nodeFirst(): NodeJS.ProcessEnv {
	return { ...process.env, PATH: `${dirname(process.execPath)}:${process.env['PATH']}` };
}

function install(): void {
	mkdirSync(peersFolder, { recursive: true });
	spawnSync('npm', ['install', '--no-save', '--prefix', peersFolder, 'gitlab-ci-local'], { stdio: 'inherit' });
	const env = { ...process.env, GOBIN: join(peersFolder, 'bin') };
	spawnSync('go', ['install', 'github.com/nektos/act@latest'], { stdio: 'inherit', env });
	for (const [name, found] of Object.entries({ act: act(), 'gitlab-ci-local': gitlabCiLocal() }))
		console.log(found === undefined ? `${name} is not there` : `${found.program} ${found.version}`);
}

if (import.meta.main) install();
