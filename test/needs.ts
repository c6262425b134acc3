import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

/** What a test may need of the machine, and how to find out. */
const probes = {
	root: () => process.getuid?.() === 0,
	linux: () => process.platform === 'linux',
	overlay: () => process.getuid?.() === 0 && works('unshare', '--mount', '--pid', '--fork', 'true'),
	strace: () => works('strace', '-o', '/dev/null', 'true'),
	chromium: () => chromiumPath() !== undefined,
	sudo: () => works('sudo', '-n', 'true'),
	cgroup: () => existsSync('/sys/fs/cgroup/memory') || controllers().includes('memory'),
	python: () => works('python3', '--version'),
} as const;

type Need = keyof typeof probes;

/** The `skip` option of a test that needs these: false, or the names of what is missing. In CI nothing may be skipped. */
export function needs(...wanted: readonly Need[]): { skip: string | false } {
	const missing = wanted.filter((need) => !probes[need]());
	if (missing.length === 0) return { skip: false };
	const reason = `needs ${missing.join(', ')}`;
	if (process.env['CI'] !== undefined) throw new Error(`${reason}, and in CI nothing is skipped`);
	return { skip: reason };
}

/** Debian's and other usual places of Chromium. */
export function chromiumPath(): string | undefined {
	return ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path));
}

/** What version 2 of control groups has. */
function controllers(): string {
	const file = '/sys/fs/cgroup/cgroup.controllers';
	return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function works(command: string, ...args: readonly string[]): boolean {
	try {
		execFileSync(command, args, { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}
