import type { Problem } from '#core/result.ts';

/** FB2103 */
export function engineRefused(what: string, why: string): Problem {
	return {
		code: 'FB2103',
		what: `The container engine does not ${what}`,
		why,
		next: 'docker info says whether the engine works here',
	};
}

/** FB2104 */
export function notPulled(name: string, registry: string, why: string): Problem {
	const isDenied = /denied|unauthori[sz]ed|authentication|credentials|forbidden/i.test(why);
	const isMissing = /not found|manifest unknown|does not exist|name unknown/i.test(why);
	return {
		code: 'FB2104',
		what: `The image ${name} cannot be pulled from ${registry}`,
		why,
		next: isDenied
			? 'give it `credentials` with a user name and a password that may read it, and compare its name'
			: isMissing
				? 'compare its name and its tag with what the registry has'
				: `look whether this machine reaches ${registry}: docker pull ${name}`,
	};
}

/** FB2105 */
export function notBuilt(why: string): Problem {
	return { code: 'FB2105', what: 'The image of the action cannot be built', why, next: 'what the build said is above' };
}

/** What the engine said, or what kept it from being asked. */
export function messageOf(error: unknown): string {
	const { json, message, reason, code } = error as {
		json?: { message?: string };
		message?: string;
		reason?: string;
		code?: string;
	};
	const said = json?.message ?? (message === undefined || message === '' ? (reason ?? code) : message);
	return (said ?? String(error)).replace(/^\(HTTP code \d+\) [^-]*- /, '').trim();
}

/** The thing is not there, ends already, or does not run. */
export function isMissing(error: unknown): boolean {
	const { statusCode } = error as { statusCode?: number };
	return statusCode === 404 || statusCode === 409 || statusCode === 304;
}
