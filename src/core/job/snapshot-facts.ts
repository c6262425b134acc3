/** What the parser must know beside the script's output. */
export interface SnapshotPlaces {
	/** Paths that differ from job to job, with the name that stands for each: `/rooms/x1/work` -> `$GITHUB_WORKSPACE`. */
	readonly symbols: readonly (readonly [path: string, symbol: string])[];
	/** Variables of the room, whose values become facts: hashed, except harmless ones. */
	readonly env: { readonly [name: string]: string };
}

type Facts = { [key: string]: string };
type Section = readonly string[];

/** Turns the output of `snapshotScript` into facts. Lines it does not know are left out, so that a cut output still gives what it has. */
export function parseSnapshot(output: string, places: SnapshotPlaces): { readonly [key: string]: string } {
	const sections = sectionsOf(output);
	const read = (name: string): Section => sections.get(name) ?? [];
	const symbolic = (text: string) =>
		places.symbols.reduce((result, [path, symbol]) => replacePath(result, path, symbol), text);
	const key = (text: string) => symbolic(text).replace(/^path\$/, 'path/$');
	const facts: Facts = {
		...basics(read('basics')),
		...one('cpus', read('cpu')[0]),
		...memoryFacts(read('memory')),
		...cgroupFacts(read('cgroup')),
		...limitFacts(read('limits')),
		...pathFacts(read('path')),
		...toolFacts(read('tools'), read('binaries')),
		...diskFacts(read('disk'), 'disk'),
		...diskFacts(read('inodes'), 'inodes'),
		...modeFacts([...read('modes'), ...read('cache')]),
		...portFacts(read('listening')),
		...one('file/etc/resolv.conf', read('resolver')[0]),
		...one('file/etc/hosts', read('resolver')[1]),
		...variableFacts(places.env),
	};
	return Object.fromEntries(
		Object.entries(facts)
			.map(([name, value]) => [key(name), symbolic(value)] as const)
			.sort(([a], [b]) => (a < b ? -1 : 1)),
	);
}

function sectionsOf(output: string): ReadonlyMap<string, Section> {
	const sections = new Map<string, string[]>();
	let current: string[] = [];
	sections.set('basics', current);
	for (const line of output.split('\n')) {
		const header = /^@@ (\w+)$/.exec(line);
		if (header?.[1] !== undefined) {
			current = [];
			sections.set(header[1], current);
		} else if (line !== '') current.push(line);
	}
	return sections;
}

function replacePath(text: string, path: string, symbol: string): string {
	return path === '' || path === '/' ? text : text.replaceAll(path, symbol);
}

function one(key: string, value: string | undefined): Facts {
	return value === undefined || value.trim() === '' ? {} : { [key]: value.trim() };
}

function basics(lines: Section): Facts {
	const raw = Object.fromEntries(
		lines.map((line) => line.split('\t', 2)).filter(([key, value]) => key && value),
	) as Facts;
	const { user, uname, ...rest } = raw;
	const [kernel = '', release = '', machine = ''] = (uname ?? '').split(' ');
	const [, uid, gid, , groups] = /^uid=(\S+) gid=(\S+)( groups=(\S+))?/.exec(user ?? '') ?? [];
	return {
		...rest,
		...one('user/uid', uid),
		...one('user/gid', gid),
		...one('user/groups', groups),
		...one('kernel', kernel),
		...one('kernel/release', release),
		...one('arch', machine),
	};
}

/** In GiB: the exact number differs after each boot. */
function memoryFacts(lines: Section): Facts {
	const facts: Facts = {};
	for (const line of lines) {
		const [, name, kib] = /^(\w+)Total:\s+(\d+) kB/.exec(line) ?? [];
		if (name === 'Mem') facts['memory'] = `${Math.round(Number(kib) / 1_048_576)} GiB`;
		if (name === 'Swap') facts['memory/swap'] = `${Math.round(Number(kib) / 1_048_576)} GiB`;
	}
	return facts;
}

function cgroupFacts([memory, cpu, pids]: Section): Facts {
	return { ...one('cgroup/memory.max', memory), ...one('cgroup/cpu.max', cpu), ...one('cgroup/pids.max', pids) };
}

/** `name (unit) value` and `name(unit) value`, as shells print them. */
function limitFacts(lines: Section): Facts {
	const facts: Facts = {};
	for (const line of lines) {
		const [, name, value] = /^([a-z-][a-z -]*?)\s*\(.*\)\s+(\S+)$/i.exec(line) ?? [];
		if (name !== undefined && value !== undefined) facts[`limit/${name.trim().replaceAll(' ', '-')}`] = value;
	}
	return facts;
}

function pathFacts(lines: Section): Facts {
	return one('PATH', lines[0]);
}

function toolFacts(found: Section, binaries: Section): Facts {
	const builds = new Map(binaries.map((line) => line.split('\t', 2) as [string, string]));
	const facts: Facts = {};
	for (const line of found) {
		const [tool, file] = line.split('\t', 2);
		if (tool === undefined || file === undefined) continue;
		const [size, changed] = (builds.get(file) ?? '').split(' ');
		facts[`tool/${tool}`] =
			size === undefined || size === '' ? file : `${file} ${size} bytes, changed ${changed ?? 'unknown'}`;
	}
	return facts;
}

/** `low` when a full disk is near: under 1 GiB (or 10,000 files), or under one in fifty. */
function diskFacts(lines: Section, kind: 'disk' | 'inodes'): Facts {
	const facts: Facts = {};
	const least = kind === 'disk' ? 1_048_576 : 10_000;
	for (const [index, line] of lines.slice(1).entries()) {
		const [, total, , free] = line.split(/\s+/);
		const name = ['workspace', 'temp', 'home'][index];
		if (name === undefined || !Number(total)) continue;
		const isLow = Number(free) < least || Number(free) < Number(total) / 50;
		facts[`${kind}/${name}`] = isLow ? 'low' : 'ok';
	}
	return facts;
}

const fileTypes: { readonly [type: string]: string } = {
	d: 'dir',
	f: 'file',
	l: 'link',
	directory: 'dir',
	'regular file': 'file',
	'symbolic link': 'link',
};

function modeFacts(lines: Section): Facts {
	const facts: Facts = {};
	for (const line of lines) {
		const [path, state] = line.split('\t', 2);
		const [, owner, mode, type] = /^(\S+) (\S+) (.+)$/.exec(state ?? '') ?? [];
		if (path === undefined || owner === undefined || type === undefined) continue;
		facts[`path${path.startsWith('/') ? '' : '/'}${path}`] = `${owner} ${mode} ${fileTypes[type] ?? type}`;
	}
	return facts;
}

/** Ports that servers listen on; above that the system hands out ports to anybody. */
const firstEphemeral = 32_768;

function portFacts(lines: Section): Facts {
	const facts: Facts = {};
	for (const line of lines) {
		const [, port] = /^\s*\d+: [0-9A-F]+:([0-9A-F]{4}) /.exec(line) ?? [];
		const number = Number.parseInt(port ?? '', 16);
		if (number > 0 && number < firstEphemeral) facts[`port/${number}`] = 'listening';
	}
	return facts;
}

/** Values that tell something and are nobody's secret. */
const shownVariables =
	/^(LANG|LC_\w+|TZ|SHELL|TERM|HOME|USER|LOGNAME|TMPDIR|CI|DEBIAN_FRONTEND|NODE_ENV|[A-Z]+_HOME|GOPATH|GOROOT|GOFLAGS)$/;

function variableFacts(env: { readonly [name: string]: string }): Facts {
	const facts: Facts = {};
	for (const [name, value] of Object.entries(env)) {
		// PATH is a fact of its own, and ours are different in each room.
		if (name === 'PATH' || name.startsWith('FOOTBRIDGE_')) continue;
		facts[`env/${name}`] = shownVariables.test(name) ? value : `hash ${hash(value)}`;
	}
	return facts;
}

/** FNV-1a of 32 bits: tells that a value changed, and is far too short to tell the value. */
function hash(text: string): string {
	let result = 0x811c9dc5;
	for (let i = 0; i < text.length; i++) result = Math.imul(result ^ text.charCodeAt(i), 0x01000193);
	return (result >>> 0).toString(16).padStart(8, '0');
}
