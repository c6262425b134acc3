// Installs the exact dependencies when they are missing or stale. Runs on any Node >= 20, before anything of ours is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = `${root}node_modules/.footbridge-setup`;
const wanted = createHash('sha256')
	.update(readFileSync(`${root}package-lock.json`))
	.update(`${process.platform}-${process.arch}`)
	.digest('hex');

if (!isCurrent()) install();

function isCurrent() {
	return existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted && existsSync(`${root}node_modules/.bin/node`);
}

function install() {
	process.stderr.write('Setting up: installing the exact dependencies (Node 26 among them) ...\n');
	const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
	const done = spawnSync(npm, ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
		cwd: root,
		stdio: ['ignore', 2, 2],
	});
	if (done.status !== 0) fail('npm ci failed', 'see the lines above; the npm registry must be reachable');
	if (!existsSync(`${root}node_modules/.bin/node`)) {
		fail(
			`there is no Node 26 package for ${process.platform}-${process.arch}`,
			'install Node 26 yourself and link it as node_modules/.bin/node',
		);
	}
	writeFileSync(stamp, wanted);
}

function fail(what, next) {
	process.stderr.write(`✕ FB0001 ${what}\n  next   ${next}\n`);
	process.exit(3);
}
