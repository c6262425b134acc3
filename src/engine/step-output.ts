import { posix } from 'node:path';
import type { Annotation } from '#core/event.ts';
import { commandReader } from '#core/job/command-reader.ts';
import { isDebug } from '#core/job/contexts.ts';
import { type OutputLine, outputLines } from '#core/job/output-lines.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { RunningJob } from './running-job.ts';

/** What a process prints on its way to the log: lines, workflow commands carried out, secrets hidden. */
export interface StepOutput {
	take(chunk: Uint8Array): void;
	/** The process has ended: resolves when its problem matchers have looked through all of it. */
	end(): Promise<void>;
	readonly annotations: readonly Annotation[];
	/** From `::set-output::`. */
	readonly outputs: { readonly [name: string]: string };
	/** Why the step fails whatever its exit code is. */
	readonly failure: string | undefined;
}

/** More of them nobody reads, and an event must stay small; the log has them all. */
const mostAnnotations = 50;

/** Opens the output of one process. */
export function openStepOutput(job: RunningJob): StepOutput {
	const lines = outputLines();
	const reader = commandReader({ workspace: job.room.workspace, isDebug: isDebug(job.request) });
	const stream = job.log.stream();
	const matched = job.matchers.stream();
	const annotations: Annotation[] = [];
	const outputs: { [name: string]: string } = {};
	let failure: string | undefined;

	const show = (text: string): number => {
		const [first = '', ...others] = text.split('\n');
		const line = stream.push(first, true);
		for (const other of others) stream.push(other, true);
		return line;
	};
	const obey = (line: string): void => {
		const effect = reader.read(line);
		if (effect.mask !== undefined && !job.masker.add(effect.mask)) {
			show('Warning: a mask must have at least 4 characters; this one is not used, because it would hide the log.');
		}
		if (effect.output !== undefined) outputs[effect.output.name] = effect.output.value;
		failure ??= effect.failure;
		if (effect.addMatcher !== undefined) job.matchers.add(matcherFile(job, effect.addMatcher), effect.addMatcher);
		if (effect.removeMatcher !== undefined) job.matchers.remove(effect.removeMatcher);
		const logLine = effect.show === undefined ? job.log.line + 1 : show(effect.show);
		if (effect.show === line) matched.line(line, logLine);
		if (effect.annotation !== undefined && annotations.length < mostAnnotations)
			annotations.push({ ...effect.annotation, logLine });
	};
	const accept = (all: readonly OutputLine[]): void => {
		for (const { text, isStart, isEnd } of all) {
			if (isStart && isEnd) obey(text);
			else stream.push(text, isEnd);
		}
	};

	return {
		take: (chunk) => accept(lines.push(chunk)),
		async end() {
			accept(lines.end());
			stream.end();
			const found = await matched.settle();
			for (const warning of found.warnings) job.log.say(`Warning: ${warning}`);
			annotations.push(...found.annotations.slice(0, mostAnnotations - annotations.length));
			annotations.sort((a, b) => a.logLine - b.logLine);
		},
		annotations,
		outputs,
		get failure() {
			return failure;
		},
	};
}

const matcherLimit = 64 * 1024;

/** Read as the job sees it: the path is the job's word. */
async function matcherFile(job: RunningJob, path: string): Promise<Result<string>> {
	const refuse = (why: string) => failed({ code: 'FB2070', what: `The problem matcher ${path} cannot be used`, why });
	try {
		const text = await job.room.get(posix.resolve(job.room.workspace, path), matcherLimit + 1);
		if (text === undefined) return refuse('there is no such file');
		return Buffer.byteLength(text) > matcherLimit ? refuse('it is larger than 64 KiB') : ok(text);
	} catch {
		return refuse('it must be a regular file of at most 64 KiB, and no link may lead to it');
	}
}
