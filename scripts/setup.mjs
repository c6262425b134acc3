// Installs the exact dependencies and builds the page, each when it is missing or stale. Runs on any Node >= 20, before anything of ours is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const bin = `${root}node_modules/.bin`;
const installed = {
	stamp: `${root}node_modules/.footbridge-setup`,
	wanted: digest(readFileSync(`${root}package-lock.json`), `${process.platform}-${process.arch}`),
	isThere: () => existsSync(`${bin}/node`),
};
const page = {
	stamp: `${root}dist/web/.footbridge-build`,
	wanted: digest(JSON.stringify(filesBelow(`${root}src/web`).concat(filesBelow(`${root}src/core`))), installed.wanted),
	isThere: () => existsSync(`${root}dist/web/index.html`),
};

if (isStale(installed)) install();
if (isStale(page)) build();

function install() {
	// Not `npm ci`: it gives up where the registry lacks a package of some other platform, which the lock file then cannot have.
	process.stderr.write('Setting up: installing the exact dependencies (Node 26 among them) ...\n');
	run(
		'npm',
		['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
		'npm install failed',
		'see the lines above; the npm registry must be reachable',
	);
	if (!installed.isThere()) {
		fail(
			`there is no Node 26 package for ${process.platform}-${process.arch}`,
			'install Node 26 yourself and link it as node_modules/.bin/node',
		);
	}
	writeFileSync(installed.stamp, installed.wanted);
}

function build() {
	process.stderr.write('Setting up: building the page ...\n');
	run(
		`${bin}/node`,
		[`${bin}/vite`, 'build', '--logLevel', 'warn', 'src/web'],
		'the page could not be built',
		'see the lines above',
	);
	writeFileSync(page.stamp, page.wanted);
}

function run(command, args, what, next) {
	const { status } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
	if (status !== 0) fail(what, next);
}

function isStale({ stamp, wanted, isThere }) {
	return !existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted || !isThere();
}

/** Path, size and time of every source file: enough to see a change, and a matter of milliseconds. */
function filesBelow(folder) {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => entry.isFile() && !entry.name.includes('.test.'))
		.map((entry) => {
			const path = `${entry.parentPath ?? entry.path}/${entry.name}`;
			const { size, mtimeMs } = statSync(path);
			return [path, size, mtimeMs];
		});
}

function digest(...parts) {
	const hash = createHash('sha256');
	for (const part of parts) hash.update(part);
	return hash.digest('hex');
}

function fail(what, next) {
	process.stderr.write(`✕ FB0001 ${what}\n  next   ${next}\n`);
	process.exit(3);
}
