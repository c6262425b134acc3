import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { becomingOrdinary } from './ordinary-user.ts';

/** What a test may need of the machine, and how to find out. */
const probes = {
	root: () => process.getuid?.() === 0,
	linux: () => process.platform === 'linux',
	overlay: () => process.getuid?.() === 0 && works('unshare', '--mount', '--pid', '--fork', 'true'),
	userns: () =>
		works(
			...(process.getuid?.() === 0 ? becomingOrdinary : []),
			'unshare',
			'--user',
			'--map-root-user',
			'--mount',
			'true',
		),
	strace: () => works('strace', '-o', '/dev/null', 'true'),
	chromium: () => chromiumPath() !== undefined,
	sudo: () => works('sudo', '-n', 'true'),
	cgroup: () => existsSync('/sys/fs/cgroup/memory') || controllers().includes('memory'),
	python: () => works('python3', '--version'),
	busybox: () => existsSync('/bin/busybox'),
	registry: () => works('docker-registry', '--version'),
	network: () => works('npm', 'view', 'ms@2.1.3', 'version'),
	rustup: () => works('rustup', '--version'),
	java: () => existsSync('/usr/lib/jvm') && works('java', '-version'),
	docker: () => works('docker', 'image', 'inspect', testImage),
} as const;

type Need = keyof typeof probes;

/** An image that the engine of the tests has: a small Debian with bash, perl and no git. */
export const testImage = 'base:1';

/** The `skip` option of a test that needs these: false, or the names of what is missing. In CI nothing may be skipped but what FOOTBRIDGE_TESTS_WITHOUT names. */
export function needs(...wanted: readonly Need[]): { skip: string | false } {
	const missing = wanted.filter((need) => !isHere(need));
	if (missing.length === 0) return { skip: false };
	const reason = `needs ${missing.join(', ')}`;
	const given = (process.env['FOOTBRIDGE_TESTS_WITHOUT'] ?? '').split(' ');
	const isGivenUp = missing.every((need) => given.includes(need));
	if (process.env['CI'] !== undefined && !isGivenUp) throw new Error(`${reason}, and in CI nothing is skipped`);
	return { skip: reason };
}

const answers = new Map<Need, boolean>();

/** Asked once: some probes take a second. */
function isHere(need: Need): boolean {
	const known = answers.get(need) ?? probes[need]();
	answers.set(need, known);
	return known;
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

function works(...[command = '', ...args]: readonly string[]): boolean {
	try {
		execFileSync(command, args, { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}
