import type { Tier } from '#core/event.ts';
import { ok, type Problem, type Result } from '#core/result.ts';

/** What the choice of a tier is made from. */
export interface TierFacts {
	/** The tier that the caller insists on. */
	readonly asked?: Tier;
	/** The tiers that are built in; `why` says, in one sentence, why one does not work on this machine. */
	readonly available: readonly { readonly tier: Tier; readonly why?: string }[];
}

/** A tier and the sentence that the first line of a job's log tells about it. */
export interface TierChoice {
	readonly tier: Tier;
	readonly reason: string;
}

/**
 * The one rule of where a job runs: the tier that was asked for, or FB2060 when it does not work here; else `disposable` where it
 * works, else `host`.
 */
export function chooseTier({ asked, available }: TierFacts): Result<TierChoice, Problem> {
	const works = (tier: Tier) => available.some((other) => other.tier === tier && other.why === undefined);
	const whyNot = (tier: Tier) => available.find((other) => other.tier === tier)?.why ?? 'it is not built in';
	if (asked !== undefined) {
		if (!works(asked)) return { ok: false, error: notHere(asked, whyNot(asked), available) };
		return ok({ tier: asked, reason: `${tiers[asked]}: chosen because it was asked for` });
	}
	if (works('disposable')) {
		const reason = `${tiers.disposable}: chosen because Footbridge runs as root on Linux`;
		return ok({ tier: 'disposable', reason });
	}
	if (works('host')) {
		const reason = `${tiers.host}: chosen because the disposable tier does not work here (${whyNot('disposable')})`;
		return ok({ tier: 'host', reason });
	}
	return { ok: false, error: notHere('host', whyNot('host'), available) };
}

const tiers: { readonly [tier in Tier]: string } = {
	disposable: 'disposable copy of this machine (overlay), sudo where the machine has it, shared network',
	sandbox: 'sandbox (another user, own mounts and processes), no sudo',
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
