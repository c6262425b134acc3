import type { Commit } from '../event.ts';
import type { Finding } from '../finding.ts';
import type { Known } from './known.ts';

/** What a finding says beside its verdict. */
export type Told = Pick<Finding, 'class' | 'cause' | 'next'> & Partial<Pick<Finding, 'command' | 'commit'>>;

/** The sha as people write it. */
export const short = ({ sha }: Pick<Commit, 'sha'>): string => sha.slice(0, 8);

/** A name in a sentence. */
export const quoted = (text: string): string => `“${text}”`;

/** One word of a shell's command. */
export const shellWord = (path: string): string =>
	/^[\w/.@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;

/** The failed step, or the job when no step failed. */
export const subject = ({ step, job }: Known): string => quoted(step ?? job);

/** `: AssertionError ...`, or what the runner said when the log has nothing, or nothing. */
export function lineOf({ line, why, exitCode }: Known): string {
	const text = exitCode === undefined && why !== undefined ? why : line?.text;
	return text === undefined ? '' : `: ${text.length > 200 ? `${text.slice(0, 199)}…` : text}`;
}

/** What an exit code says by convention; undefined for one that only says "failed". */
export function meaningOf(exitCode: number): string | undefined {
	const meanings: { readonly [code: number]: string } = {
		124: 'out of time',
		126: 'found but may not be run',
		127: 'command not found',
		130: 'interrupted',
		134: 'aborted',
		137: 'killed, often for want of memory',
		139: 'segmentation fault',
		143: 'terminated',
	};
	return meanings[exitCode];
}
