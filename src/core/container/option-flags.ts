import { durationMs } from '../duration.ts';
import { type ContainerSettings, type HealthCheck, plainSettings } from './container.ts';

/** Settings under way. */
export type SettingsDraft = { -readonly [key in keyof ContainerSettings]: ContainerSettings[key] };

/** A flag of `docker create` that `options` may have. */
export interface Flag {
	/** False: it stands alone. */
	readonly takesValue: boolean;
	/** Answers false when the value is none for this flag. */
	readonly set: (draft: SettingsDraft, value: string) => boolean;
	/** It reaches beyond the container: it must be allowed. A value can be harmless. */
	readonly isPower?: (value: string) => boolean;
}

const always = () => true;

/** Flags that say a text. */
function text(key: KeysOf<string>): Flag {
	return {
		takesValue: true,
		set: (draft, value) => {
			draft[key] = value;
			return value !== '';
		},
	};
}

/** Flags that may be there several times. */
function list(key: KeysOf<readonly string[]>): Flag {
	return {
		takesValue: true,
		set: (draft, value) => {
			draft[key] = [...draft[key], value];
			return value !== '';
		},
	};
}

function number(key: KeysOf<number>, read: (value: string) => number | undefined): Flag {
	return {
		takesValue: true,
		set: (draft, value) => {
			const found = read(value);
			if (found !== undefined) draft[key] = found;
			return found !== undefined;
		},
	};
}

function mark(key: KeysOf<boolean>): Flag {
	return {
		takesValue: false,
		set: (draft, value) => {
			draft[key] = value !== 'false';
			return ['', 'true', 'false'].includes(value);
		},
	};
}

function health(read: (value: string) => HealthCheck | undefined): Flag {
	return {
		takesValue: true,
		set: (draft, value) => {
			const found = read(value);
			if (found !== undefined) draft.health = { ...(draft.health === false ? {} : draft.health), ...found };
			return found !== undefined;
		},
	};
}

/** It is taken, and changes nothing here. */
function nothing(takesValue: boolean): Flag {
	return { takesValue, set: always };
}

function power(flag: Flag, isPower: (value: string) => boolean = always): Flag {
	return { ...flag, isPower };
}

/** The settings that are of one type. */
type KeysOf<T> = {
	[key in keyof ContainerSettings]-?: [T] extends [Exclude<ContainerSettings[key], undefined>]
		? [Exclude<ContainerSettings[key], undefined>] extends [T]
			? key
			: never
		: never;
}[keyof ContainerSettings];

const duration = (key: 'intervalMs' | 'timeoutMs' | 'startPeriodMs') =>
	health((value) => {
		const found = durationMs(value);
		return found === undefined ? undefined : { [key]: found };
	});

/** All that Footbridge knows; a flag that is not here is refused. */
export const flags: { readonly [name: string]: Flag } = {
	'--health-cmd': health((command) => (command === '' ? undefined : { command })),
	'--health-interval': duration('intervalMs'),
	'--health-timeout': duration('timeoutMs'),
	'--health-start-period': duration('startPeriodMs'),
	'--health-retries': health((value) => (/^\d+$/.test(value) ? { retries: Number(value) } : undefined)),
	'--no-healthcheck': {
		takesValue: false,
		set: (draft) => {
			draft.health = false;
			return true;
		},
	},
	'--user': text('user'),
	'--workdir': text('workdir'),
	'--hostname': text('hostname'),
	'--entrypoint': text('entrypoint'),
	'--name': list('aliases'),
	'--network-alias': list('aliases'),
	'--net-alias': list('aliases'),
	'--env': list('env'),
	'--label': list('labels'),
	'--volume': list('volumes'),
	'--publish': list('ports'),
	'--memory': number('memoryBytes', bytesOf),
	'--memory-swap': number('memorySwapBytes', (value) => (value === '-1' ? -1 : bytesOf(value))),
	'--memory-reservation': number('memoryReservationBytes', bytesOf),
	'--shm-size': number('shmBytes', bytesOf),
	'--cpus': number('cpus', (value) => (/^\d*\.?\d+$/.test(value) ? Number(value) : undefined)),
	'--cpu-shares': number('cpuShares', wholeOf),
	'--cpuset-cpus': text('cpuset'),
	'--pids-limit': number('processes', (value) => (value === '-1' ? -1 : wholeOf(value))),
	'--ulimit': {
		takesValue: true,
		set: (draft, value) => {
			const [, name = '', soft = '', hard = soft] = /^([a-z]+)=(-?\d+)(?::(-?\d+))?$/.exec(value) ?? [];
			draft.ulimits = [...draft.ulimits, { name, soft: Number(soft), hard: Number(hard) }];
			return name !== '';
		},
	},
	'--tmpfs': {
		takesValue: true,
		set: (draft, value) => {
			const [path = '', options = ''] = value.split(/:(.*)/s);
			draft.tmpfs = { ...draft.tmpfs, [path]: options };
			return path.startsWith('/');
		},
	},
	'--add-host': list('hosts'),
	'--dns': list('dns'),
	'--dns-search': list('dnsSearch'),
	'--group-add': list('groups'),
	'--cap-drop': list('capDrop'),
	'--read-only': mark('isReadOnly'),
	'--init': mark('hasInit'),
	'--stop-signal': text('stopSignal'),
	'--platform': text('platform'),
	'--interactive': nothing(false),
	'--tty': nothing(false),
	'--rm': nothing(false),
	'--expose': nothing(true),
	'--stop-timeout': nothing(true),
	'--pull': nothing(true),
	'--privileged': power(mark('isPrivileged'), (value) => value !== 'false'),
	'--cap-add': power(list('capAdd')),
	'--device': power(list('devices')),
	'--security-opt': power(list('securityOpt'), (value) => !/^no-new-privileges(?:[:=]true)?$/.test(value)),
	'--sysctl': power(list('sysctls')),
	'--pid': power(text('pid')),
	'--ipc': power(text('ipc'), (value) => value !== 'private' && value !== 'none'),
	'--uts': power(text('uts')),
	'--userns': power(text('userns')),
	'--network': power(text('network')),
	'--net': power(text('network')),
};

/** The long names of short flags. */
export const shortFlags: { readonly [name: string]: string } = {
	'-u': '--user',
	'-w': '--workdir',
	'-h': '--hostname',
	'-e': '--env',
	'-l': '--label',
	'-v': '--volume',
	'-p': '--publish',
	'-m': '--memory',
	'-c': '--cpu-shares',
	'-i': '--interactive',
	'-t': '--tty',
};

/** Settings that nothing was said of yet. */
export function settingsDraft(): SettingsDraft {
	return { ...plainSettings };
}

function wholeOf(text: string): number | undefined {
	return /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Bytes of `512m`, `2g`, `1048576`; units count in 1024. */
function bytesOf(text: string): number | undefined {
	const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)([bkmgt]?)b?$/i.exec(text) ?? [];
	return amount === undefined
		? undefined
		: Math.round(Number(amount) * 1024 ** Math.max(0, 'bkmgt'.indexOf(unit.toLowerCase() || 'b')));
}
