import type { ContainerCreateOptions, HealthConfig, HostConfig } from 'dockerode';
import type { Container, ContainerSettings, HealthCheck } from '#core/container/container.ts';
import type { Volume } from '#core/container/volume.ts';

/** What Docker's API is asked for to make a container. */
export function createRequest(container: Container): ContainerCreateOptions {
	const { image, env, labels, entrypoint, command, settings, network, hasInput = false } = container;
	const given = settings.entrypoint === undefined ? entrypoint : [settings.entrypoint];
	return {
		Image: image,
		Env: [...settings.env, ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
		Labels: { ...Object.fromEntries(settings.labels.map((label) => splitLabel(label))), ...labels },
		...(given === undefined ? {} : { Entrypoint: [...given] }),
		...(command === undefined ? {} : { Cmd: [...command] }),
		...defined({ User: settings.user, WorkingDir: settings.workdir, Hostname: settings.hostname }),
		...defined({ StopSignal: settings.stopSignal }),
		Tty: false,
		OpenStdin: hasInput,
		StdinOnce: hasInput,
		AttachStdin: hasInput,
		AttachStdout: true,
		AttachStderr: true,
		...(settings.health === undefined ? {} : { Healthcheck: healthOf(settings.health) }),
		ExposedPorts: Object.fromEntries(container.ports.map((port) => [`${port.container}/${port.protocol}`, {}])),
		HostConfig: hostConfig(container),
		...(network === undefined || settings.network !== undefined
			? {}
			: {
					NetworkingConfig: {
						EndpointsConfig: { [network.name]: { Aliases: [...network.aliases, ...settings.aliases] } },
					},
				}),
	};
}

function splitLabel(label: string): readonly [string, string] {
	const at = label.indexOf('=');
	return at < 0 ? [label, ''] : [label.slice(0, at), label.slice(at + 1)];
}

function hostConfig({ volumes, ports, network, settings, isFleeting = false }: Container): HostConfig {
	const bindings: { [port: string]: { HostIp: string; HostPort: string }[] } = {};
	for (const { container, protocol, host } of ports) {
		bindings[`${container}/${protocol}`] ??= [];
		bindings[`${container}/${protocol}`]?.push({
			HostIp: '127.0.0.1',
			HostPort: host === undefined ? '' : String(host),
		});
	}
	const joined = settings.network ?? network?.name;
	return {
		Mounts: volumes.map(mountOf),
		PortBindings: bindings,
		...(joined === undefined ? {} : { NetworkMode: joined }),
		AutoRemove: isFleeting,
		...limitsOf(settings),
		...powersOf(settings),
		...(Object.keys(settings.tmpfs).length === 0 ? {} : { Tmpfs: { ...settings.tmpfs } }),
		...lists({
			ExtraHosts: settings.hosts,
			Dns: settings.dns,
			DnsSearch: settings.dnsSearch,
			GroupAdd: settings.groups,
			CapDrop: settings.capDrop,
		}),
		...defined({ ReadonlyRootfs: settings.isReadOnly, Init: settings.hasInit }),
	};
}

function limitsOf(settings: ContainerSettings): HostConfig {
	const { cpus, ulimits } = settings;
	return {
		...defined({
			Memory: settings.memoryBytes,
			MemorySwap: settings.memorySwapBytes,
			MemoryReservation: settings.memoryReservationBytes,
			ShmSize: settings.shmBytes,
			NanoCpus: cpus === undefined ? undefined : Math.round(cpus * 1e9),
			CpuShares: settings.cpuShares,
			CpusetCpus: settings.cpuset,
			PidsLimit: settings.processes,
		}),
		...(ulimits.length === 0
			? {}
			: { Ulimits: ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })) }),
	};
}

/** What reaches beyond the container. Whoever calls has seen to it that it is allowed. */
function powersOf(settings: ContainerSettings): HostConfig {
	const { devices, sysctls } = settings;
	return {
		...defined({
			Privileged: settings.isPrivileged,
			PidMode: settings.pid,
			IpcMode: settings.ipc,
			UTSMode: settings.uts,
			UsernsMode: settings.userns,
		}),
		...lists({ CapAdd: settings.capAdd, SecurityOpt: settings.securityOpt }),
		...(devices.length === 0 ? {} : { Devices: devices.map(deviceOf) }),
		...(sysctls.length === 0 ? {} : { Sysctls: Object.fromEntries(sysctls.map((text) => splitLabel(text))) }),
	};
}

function deviceOf(text: string) {
	const [outside = '', inside = outside, permissions = 'rwm'] = text.split(':');
	return { PathOnHost: outside, PathInContainer: inside, CgroupPermissions: permissions };
}

function mountOf({ kind, source, target, isReadOnly }: Volume): NonNullable<HostConfig['Mounts']>[number] {
	return {
		Type: kind === 'folder' ? 'bind' : 'volume',
		Source: source,
		Target: target,
		ReadOnly: isReadOnly,
	};
}

function healthOf(health: HealthCheck | false): HealthConfig {
	if (health === false) return { Test: ['NONE'] };
	const nanoseconds = (ms: number | undefined) => (ms === undefined ? undefined : ms * 1e6);
	return {
		...(health.command === undefined ? {} : { Test: ['CMD-SHELL', health.command] }),
		...defined({
			Interval: nanoseconds(health.intervalMs),
			Timeout: nanoseconds(health.timeoutMs),
			StartPeriod: nanoseconds(health.startPeriodMs),
			Retries: health.retries,
		}),
	};
}

type Defined<T> = { [key in keyof T]?: Exclude<T[key], undefined> };

function defined<T extends object>(parts: T): Defined<T> {
	return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function lists(parts: { readonly [name: string]: readonly string[] }): HostConfig {
	const said = Object.entries(parts).filter(([, values]) => values.length > 0);
	return Object.fromEntries(said.map(([name, values]) => [name, [...values]]));
}
