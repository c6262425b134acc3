import type { Problem } from '#core/result.ts';
import { nearestTo } from '#core/toolchain/newest.ts';

/** The problem of a registry that does not answer. */
export function unreachable(what: string, from: string, why: string): Problem {
	return {
		code: 'FB2090',
		what: `${what} cannot be fetched`,
		why: `${from} does not answer: ${why}`,
		next: 'look at the network, or name another registry: docs/toolchains.md',
	};
}

/** The problem of a version that there is not. */
export function noVersion(tool: string, version: string, offered: readonly string[]): Problem {
	const nearest = nearestTo(version, offered);
	return {
		code: 'FB2091',
		what: `There is no version ${version} of ${tool} for ${process.platform} on ${process.arch}`,
		...(nearest.length === 0 ? {} : { why: `the nearest are ${nearest.join(', ')}` }),
		next: 'ask for a version that there is',
	};
}

/** The problem of what is not what its registry says. */
export function notAsSaid(what: string, why: string): Problem {
	return {
		code: 'FB2092',
		what: `${what} was fetched and is not used`,
		why,
		next: 'try again; when it stays so, do not trust the registry or the way to it',
	};
}

/** The problem of a tool that nothing offers here. */
export function notOffered(tool: string, why: string): Problem {
	return {
		code: 'FB2093',
		what: `${tool} cannot be had here`,
		why,
		next: 'install it on this machine, or use an image that has it',
	};
}
