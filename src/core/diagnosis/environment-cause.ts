import type { Known, LostRight } from './known.ts';
import { octal } from './missing-right.ts';
import { tellDifference, toldWeight } from './snapshot-difference.ts';
import { type Suspect, strongScore } from './suspect.ts';
import { lineOf, shellWord, short, subject, type Told } from './wording.ts';

/** What a finding says when the environment is at fault: the right, the failed call, or the difference that names it best. */
export function environmentCause(known: Known): Told {
	const { right, suspects, differences, lastGood } = known;
	const [suspect] = suspects;
	if (suspect !== undefined && right !== undefined) return lostRight(known, suspect, right);
	const [difference] = differences;
	// A change that the log speaks of says more than a failed call that it does not speak of.
	const isOutdone = (difference?.weight ?? 0) >= toldWeight && (suspect?.score ?? 0) < strongScore + 3;
	const isNamed = suspect !== undefined && suspect.score >= strongScore && !isOutdone;
	if (isNamed && suspect.missing === undefined) return failedCall(known, suspect);
	if (isNamed && suspect.missing !== undefined) return missingName(known, suspect.missing);
	if (known.lacksEngine === true) return withoutEngine(known);
	if (known.unknownHost !== undefined) return hostWithoutAddress(known, known.unknownHost);
	if (known.exitCode === 137 || known.signal === 'SIGKILL') {
		return {
			class: 'memory',
			cause: `${subject(known)} was killed${sinceGood(known)}: the kernel does that when memory runs out`,
			next: 'give the machine more memory, or the step less to do at once',
		};
	}
	if (difference !== undefined && lastGood !== undefined) {
		const likeliest = differences.length === 1 ? '' : `, the likeliest of ${differences.length} changes`;
		return {
			class: 'changed-environment',
			cause: `${subject(known)} fails${sinceGood(known)}; since #${lastGood.runNumber} ${tellDifference(difference)}${likeliest}`,
			next: 'put it back as it was, or make the workflow state what it needs',
		};
	}
	return {
		class: 'unknown-environment',
		cause: `${subject(known)} fails${sinceGood(known)}, and nothing that was recorded of the environment has changed${lineOf(known)}`,
		next: 'look at what the step reaches outside of this machine: services, registries, certificates, the date',
	};
}

function withoutEngine(known: Known): Told {
	return {
		class: 'service-down',
		cause: `${subject(known)} needs a container engine${sinceGood(known)}, and none answers it`,
		next: 'start Docker or Podman on this machine and run the job with `--in host`, whose steps reach its socket (docs/containers.md)',
	};
}

function hostWithoutAddress(known: Known, host: string): Told {
	return {
		class: 'network',
		cause: `${subject(known)} could not find ${host}${sinceGood(known)}: this machine knows no address for that name`,
		next: 'look whether the name is right; if it is, check the DNS and the way out of this machine. This asks for the name again',
		command: `getent hosts ${shellWord(host)}`,
	};
}

function lostRight(known: Known, suspect: Suspect, right: LostRight): Told {
	const { state, toDo, machinePath, mend, isSystems } = right;
	const was = known.differences.find(({ fact }) => fact === `path${state.path}`)?.before;
	const before =
		was === undefined || known.lastGood === undefined
			? ''
			: `; in the last good run (#${known.lastGood.runNumber}) it was ${was.replace(/ (dir|file|link)$/, '')}`;
	const told = {
		class: 'permission',
		cause: `${suspect.call.program ?? 'a program'} of ${subject(known)} may not ${toDo}: it is ${state.owner}:${state.group} ${octal(state.mode)} (${suspect.call.errno} from ${suspect.call.call})${before}`,
	};
	if (isSystems) {
		return {
			...told,
			next: `${state.path} belongs to the system: have its administrator put it back as it was, or let the step use a folder of its own`,
		};
	}
	return {
		...told,
		next: 'give the right back on this machine and run it again',
		command: mend.map((words) => `${words.join(' ')} ${shellWord(machinePath)}`).join(' && '),
	};
}

function failedCall(known: Known, { call, class: kind }: Suspect): Told {
	const about = call.path ?? call.address ?? 'something it needs';
	const port = call.address === undefined ? undefined : /\d+$/.exec(call.address)?.[0];
	const who = `${call.program ?? 'a program'} of ${subject(known)}`;
	const says: { readonly [kind: string]: string } = {
		'disk-full': `could not write ${about}: its disk is full`,
		'read-only-file-system': `could not write ${about}: its file system is read-only`,
		'port-in-use': `could not listen on ${about}: another program has the port`,
		'service-down': `could not reach ${about}: nothing listens there`,
		network: `could not reach ${about}`,
		memory: 'got no memory',
		limit: 'reached a limit of this machine',
		permission: `was refused ${about}`,
		architecture: `could not run ${about}: it is for another kind of machine`,
		'missing-file': `did not find ${about}`,
	};
	const told = {
		class: kind,
		cause: `${who} ${says[kind] ?? `failed at ${about}`} (${call.errno} from ${call.call})`,
		next: nextFor[kind] ?? `find out why ${about} answers ${call.errno}`,
	};
	if (kind === 'port-in-use' && port !== undefined) return { ...told, command: `ss -ltnp 'sport = :${port}'` };
	if (kind === 'disk-full' && call.path !== undefined && known.right === undefined)
		return { ...told, command: 'df -h && df -i' };
	return told;
}

const nextFor: { readonly [kind: string]: string } = {
	'disk-full': 'free space on that disk; this shows how full each one is',
	'read-only-file-system': 'mount it writable, or write elsewhere',
	limit: 'raise the limit that the log speaks of: open files, processes or file size (ulimit -a shows them)',
	memory: 'give the machine more memory, or the step less to do at once',
	'port-in-use': 'end the program that has the port, or use another one; this shows who has it',
	'service-down': 'start the service that should listen there',
	network: 'check the network of this machine',
	permission: 'look for what refuses it beside the modes: attributes (lsattr), mount options, a security module',
	'missing-file': 'put the file back, or let the workflow make it',
};

function missingName(known: Known, missing: NonNullable<Suspect['missing']>): Told {
	const { name, kind, folders } = missing;
	const before = placeBefore(known, name);
	const then =
		before === undefined || known.lastGood === undefined
			? ''
			: `; in the last good run (#${known.lastGood.runNumber}) it was ${before}`;
	const what = kind === 'missing-tool' ? 'program' : 'library';
	return {
		class: kind,
		cause: `${subject(known)} needs the ${what} ${name}, which is in none of the ${folders} folders that were searched${then}`,
		next: `install ${name} on this machine, or let the workflow install it`,
	};
}

/** Where a program or library was in the last good run, when the snapshot knew it. */
function placeBefore({ differences }: Known, name: string): string | undefined {
	const gone = differences.filter(({ now }) => now === undefined);
	const file = gone.find(({ fact }) => fact.startsWith('path/') && fact.endsWith(`/${name}`));
	if (file !== undefined) return file.fact.slice('path'.length);
	return gone.find(({ fact }) => fact === `tool/${name}`)?.before?.split(' ')[0];
}

/** That the last good commit fails too, said where an experiment showed it. */
function sinceGood({ lastGood }: Known): string {
	return lastGood?.outcome.came === 'fail' ? ` today at the last good commit ${short(lastGood.commit)} too` : '';
}
