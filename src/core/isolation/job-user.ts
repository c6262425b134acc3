/** The user that a job of a disposable room is. */
export interface JobUser {
	readonly uid: number;
	readonly gid: number;
}

const name = 'runner';
const firstId = 1001;

/** The job's user: the machine's `runner` when it has one, else the first free id from 1001. */
export function jobUser(passwd: string): JobUser {
	const users = passwd.split('\n').map((line) => line.split(':'));
	const existing = users.find(([user]) => user === name);
	if (existing !== undefined) return { uid: Number(existing[2]), gid: Number(existing[3]) };
	const taken = new Set(users.map((fields) => Number(fields[2])));
	let uid = firstId;
	while (taken.has(uid)) uid += 1;
	return { uid, gid: uid };
}

/** Files of /etc as the room has them: the machine's, with the job's user in them. Keys are names in /etc, values text and mode. */
export function accountFiles(
	user: JobUser,
	machine: { readonly passwd: string; readonly group: string; readonly shadow: string },
): { readonly [name: string]: { readonly text: string; readonly mode: number } } {
	const isKnown = machine.passwd.split('\n').some((line) => line.startsWith(`${name}:`));
	const files = { 'sudoers.d/footbridge': { text: `${name} ALL=(ALL:ALL) NOPASSWD: ALL\n`, mode: 0o440 } };
	if (isKnown) return files;
	return {
		...files,
		passwd: {
			text: withLine(machine.passwd, `${name}:x:${user.uid}:${user.gid}:job:/home/runner:/bin/bash`),
			mode: 0o644,
		},
		group: { text: withLine(machine.group, `${name}:x:${user.gid}:`), mode: 0o644 },
		shadow: { text: withLine(machine.shadow, `${name}:*:19000:0:99999:7:::`), mode: 0o640 },
	};
}

function withLine(text: string, line: string): string {
	return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`;
}
