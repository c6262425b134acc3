/** A port of a container, and where this machine has it. */
export interface PortMapping {
	readonly container: number;
	readonly protocol: 'tcp' | 'udp' | 'sctp';
	/** Absent: any that is free. */
	readonly host?: number;
}

/**
 * Reads `80`, `8080:80`, `8080:80/udp`, `127.0.0.1:8080:80` and ranges as `docker run -p` does; undefined when it is none of these.
 * An address is read and not kept: a port of a job is published on this machine's loopback and nowhere else.
 */
export function portMappings(text: string): readonly PortMapping[] | undefined {
	const pattern =
		/^(?:(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]|localhost):)?(?:([\d-]*):)?([\d-]+)(?:\/(tcp|udp|sctp))?$/;
	const [whole, host = '', container = '', protocol = 'tcp'] = pattern.exec(text.trim()) ?? [];
	if (whole === undefined) return undefined;
	const inside = range(container);
	const outside = host === '' ? [] : range(host);
	if (inside === undefined || outside === undefined) return undefined;
	if (outside.length > 0 && outside.length !== inside.length) return undefined;
	return inside.map((port, index) => ({
		container: port,
		protocol: protocol as PortMapping['protocol'],
		...(outside[index] === undefined ? {} : { host: outside[index] }),
	}));
}

function range(text: string): readonly number[] | undefined {
	const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text) ?? [];
	const [from, to] = [Number(first), Number(last)];
	if (!(from >= 1 && to >= from && to <= 65_535 && to - from < mostPorts)) return undefined;
	return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

const mostPorts = 1000;
