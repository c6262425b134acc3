/** The user that jobs are in a disposable room. */
export const runner = { name: 'runner', uid: 1001, gid: 1001, home: '/home/runner' } as const;

/** /etc/passwd with the runner in it, instead of whoever has its name or number on the machine. */
export function passwdWithRunner(passwd: string, shell: string): string {
	const others = lines(passwd).filter((line) => !isTaken(line));
	return text([...others, `${runner.name}:x:${runner.uid}:${runner.gid}:Runner:${runner.home}:${shell}`]);
}

/** /etc/group with the runner's group. */
export function groupWithRunner(group: string): string {
	return text([...lines(group).filter((line) => !isTaken(line)), `${runner.name}:x:${runner.gid}:`]);
}

/** /etc/shadow (or gshadow) without a single password: the job may be root in the room, and must not learn them. */
export function shadowWithoutPasswords(shadow: string): string {
	const others = lines(shadow)
		.map((line) => line.split(':'))
		.filter(([name]) => name !== runner.name)
		.map(([name = '', , ...rest]) => [name, '*', ...rest].join(':'));
	return text(others);
}

/** The line of /etc/shadow by which sudo takes the runner's account as valid. */
export const runnerShadow = `${runner.name}:*:19000:0:99999:7:::\n`;

/** /etc/sudoers of a room: the machine's own may ask for a terminal or a password. */
export const sudoers = [
	'Defaults env_reset, !requiretty, !use_pty, !fqdn',
	'Defaults secure_path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"',
	'root ALL=(ALL:ALL) ALL',
	`${runner.name} ALL=(ALL:ALL) NOPASSWD: ALL`,
	'',
].join('\n');

/** apt's settings of a room: nobody is there to say yes, as on GitHub's own runners. */
export const aptSettings = 'APT::Get::Assume-Yes "true";\nDpkg::Use-Pty "0";\n';

function isTaken(line: string): boolean {
	const [name, , id] = line.split(':');
	return name === runner.name || id === String(runner.uid);
}

function lines(content: string): readonly string[] {
	return content.split('\n').filter((line) => line !== '');
}

function text(all: readonly string[]): string {
	return all.map((line) => `${line}\n`).join('');
}
