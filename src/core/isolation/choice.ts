import type { Tier } from '#core/event.ts';
import { ok, type Problem, type Result } from '#core/result.ts';

/** What the choice of a tier is made from. */
export interface TierFacts {
	/** The tier that was insisted on, and by whom: "it was asked for". */
	readonly asked?: { readonly tier: Tier; readonly why: string };
	/** Whether the code may be anybody's: then the job never gets this machine as it is. */
	readonly isUntrusted?: boolean;
	/** The tiers that are built in; `why` says, in one sentence, why one does not work on this machine. */
	readonly available: readonly { readonly tier: Tier; readonly why?: string }[];
}

/** A tier and the sentence that the first line of a job's log tells about it. */
export interface TierChoice {
	readonly tier: Tier;
	readonly reason: string;
}

/**
 * The one rule of where a job runs: the tier that was asked for, or FB2060 when it does not work here; else the first that works
 * of `tierOrder`.
 */
export function chooseTier({ asked, isUntrusted = false, available }: TierFacts): Result<TierChoice, Problem> {
	const works = (tier: Tier) => available.some((other) => other.tier === tier && other.why === undefined);
	const whyNot = (tier: Tier) => available.find((other) => other.tier === tier)?.why ?? 'it is not built in';
	if (asked !== undefined) {
		if (isUntrusted && asked.tier === 'host') return { ok: false, error: notHere('host', untrusted, available) };
		if (!works(asked.tier)) return { ok: false, error: notHere(asked.tier, whyNot(asked.tier), available) };
		return ok({ tier: asked.tier, reason: `${tiers[asked.tier]}: chosen because ${asked.why}` });
	}
	const [first, second] = tierOrder(isUntrusted);
	if (works(first))
		return ok({
			tier: first,
			reason: `${tiers[first]}: chosen because ${isUntrusted ? untrusted : 'Footbridge runs as root on Linux'}`,
		});
	if (works(second)) {
		return ok({
			tier: second,
			reason: `${tiers[second]}: chosen because the ${first} tier does not work here (${whyNot(first)})${second === 'host' ? homeTools : ''}`,
		});
	}
	return { ok: false, error: notHere(second, whyNot(second), available) };
}

/**
 * The tiers that come into question where none was asked for. Code of the user's own gets `host` where no disposable copy can be made, and no
 * sandbox: an ordinary user's compilers and versions of Node are in the home as often as not, where a sandbox does not look. Anybody's code
 * gets `host` never.
 */
export function tierOrder(isUntrusted: boolean): readonly [Tier, Tier] {
	return isUntrusted ? ['sandbox', 'disposable'] : ['disposable', 'host'];
}

const homeTools = ', and a sandbox would not see the tools in your home';

const untrusted = "the event comes from a fork, whose code may be anybody's";

const tiers: { readonly [tier in Tier]: string } = {
	disposable: 'disposable copy of this machine (overlay), sudo where the machine has it',
	sandbox: 'sandbox (the programs of this machine, and no files or rights of its users), no sudo',
	container: 'container',
	host: 'host (no isolation: your user, your files, your network; only the work tree is a copy)',
};

function notHere(asked: Tier, why: string, available: TierFacts['available']): Problem {
	const others = available.filter((other) => other.why === undefined && other.tier !== asked).map(({ tier }) => tier);
	return {
		code: 'FB2060',
		what: `The job cannot run in the tier ${asked}`,
		why,
		next: others.length === 0 ? 'make one of the tiers work on this machine' : `ask for ${others.join(' or ')}`,
	};
}
