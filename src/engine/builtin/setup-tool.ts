import { nearestTo } from '#core/toolchain/newest.ts';
import type { HereTool, Tool } from '#edge/toolchain/toolchain.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';

/** A version of a tool that a step asks for. */
export interface ToolWanted {
	readonly tool: Tool;
	/** As the step says it. */
	readonly asked: string;
	/** The version that it means among these. */
	readonly pick: (versions: readonly string[]) => string | undefined;
	/** The newest that there is, whatever is here. */
	readonly checksLatest?: boolean;
	/**
	 * When what the machine itself has is used: `first` where the job need not write into it, `last` when nothing else can be had,
	 * `copied` when the job gets a copy of it.
	 */
	readonly machine: 'first' | 'last' | 'copied';
}

/** A tool that is here, or why it cannot be. */
export type FoundTool =
	| { readonly at: 'here'; readonly tool: HereTool; readonly from: 'kept' | 'machine' | 'fetched' }
	| { readonly at: 'not here'; readonly why: string };

/** Finds a version: among those that were fetched before, on the machine, at the registry. */
export async function findTool(job: RunningJob, wanted: ToolWanted): Promise<FoundTool> {
	const { toolchains } = job.ports;
	const { tool, asked, pick, checksLatest = false, machine } = wanted;
	const among = (tools: readonly HereTool[]) => {
		const version = pick(tools.map((one) => one.version));
		return tools.find((one) => one.version === version);
	};
	const kept = among(await toolchains.kept(tool));
	if (kept !== undefined && !checksLatest) return { at: 'here', tool: kept, from: 'kept' };
	const standing = among(await toolchains.onMachine(tool));
	if (standing !== undefined && machine === 'first' && !checksLatest)
		return { at: 'here', tool: standing, from: 'machine' };
	if (standing !== undefined && machine === 'copied' && !checksLatest) return fetched(job, tool, standing.version);
	const offered = await toolchains.offered(tool);
	const version = offered.ok ? pick(offered.value) : undefined;
	const found: FoundTool =
		version !== undefined
			? await fetched(job, tool, version)
			: { at: 'not here', why: offered.ok ? noneOf(asked, offered.value) : sentenceOf(offered.error) };
	if (found.at === 'here') return found;
	const instead = kept ?? standing;
	if (instead === undefined) return found;
	job.log.say(`Warning: ${found.why}; ${instead.version}, which is on this machine, is used`);
	if (machine === 'copied' && instead !== kept) return fetched(job, tool, instead.version);
	return { at: 'here', tool: instead, from: instead === kept ? 'kept' : 'machine' };
}

async function fetched({ ports: { toolchains }, log }: RunningJob, tool: Tool, version: string): Promise<FoundTool> {
	const isKept = (await toolchains.kept(tool)).some((one) => one.version === version);
	if (!isKept) log.say(`Attempting to download ${version}...`);
	const found = await toolchains.fetch(tool, version);
	if (!found.ok) return { at: 'not here', why: sentenceOf(found.error) };
	return { at: 'here', tool: found.value, from: isKept ? 'kept' : 'fetched' };
}

function noneOf(asked: string, offered: readonly string[]): string {
	const nearest = nearestTo(asked, offered);
	return `no version that can be had is ${asked}${nearest.length === 0 ? '' : ` (the nearest are ${nearest.join(', ')})`}`;
}

function sentenceOf(problems: readonly { readonly what: string; readonly why?: string }[]): string {
	return problems.map(({ what, why }) => (why === undefined ? what : `${what}: ${why}`)).join('; ');
}

/** Runs the published action, because Footbridge cannot do it itself; the log says why. */
export function runPublished(job: RunningJob, caller: Frame, call: ActionStep, why: string): Promise<Work> {
	job.log.say(`Footbridge cannot do this itself: ${why}`);
	job.log.say(`${call.uses} is run as it was published`);
	return job.runAction(job, caller, call);
}

/** Throws when the step asks for another architecture than this machine has. */
export function isOwnArchitecture(asked: string): boolean {
	const names: { readonly [name: string]: string } = { amd64: 'x64', x86_64: 'x64', aarch64: 'arm64' };
	const wanted = asked.toLowerCase();
	return wanted === '' || (names[wanted] ?? wanted) === process.arch;
}
