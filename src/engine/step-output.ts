import { posix } from 'node:path';
import type { Annotation } from '#core/event.ts';
import { shortened } from '#core/job/command-annotation.ts';
import { commandReader } from '#core/job/command-reader.ts';
import { isDebug } from '#core/job/contexts.ts';
import { OutputLines } from '#core/job/output-lines.ts';
import { failed, ok, type Result } from '#core/result.ts';
import type { RunningJob } from './running-job.ts';

/** What a process prints on its way to the log: workflow commands carried out, secrets hidden. */
export interface StepOutput {
	/** Resolves when more may come, if that must be waited for. */
	take(chunk: Uint8Array): void | Promise<void>;
	/** The process has ended: resolves when its problem matchers have looked through all of it. */
	end(): Promise<void>;
	/** The most serious ones, in the order of the log, which has them all. */
	readonly annotations: readonly Annotation[];
	/** From `::set-output::`. */
	readonly outputs: { readonly [name: string]: string };
	/** From `::save-state::`. */
	readonly state: { readonly [name: string]: string };
	/** Why the step fails whatever its exit code is. */
	readonly failure: string | undefined;
}

/** In characters of names and values: more could not be kept with the run. */
const outputsLimit = 1_048_576;
const outputsRefused = `The outputs of a step must not have more than ${outputsLimit / 1024} KiB.`;

/** Opens the output of one process. */
export function openStepOutput(job: RunningJob): StepOutput {
	return new RunningStepOutput(job);
}

class RunningStepOutput implements StepOutput {
	readonly outputs: { [name: string]: string } = {};
	readonly state: { [name: string]: string } = {};
	annotations: readonly Annotation[] = [];
	failure: string | undefined;
	readonly #job: RunningJob;
	readonly #lines: OutputLines;
	readonly #reader;
	readonly #stream;
	readonly #matched;
	readonly #found = new FoundAnnotations();
	readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
	#outputsLength = 0;

	constructor(job: RunningJob) {
		this.#job = job;
		this.#reader = commandReader({ workspace: job.room.workspace, isDebug: isDebug(job.request) });
		this.#stream = job.log.stream();
		this.#matched = job.matchers.stream();
		this.#lines = new OutputLines({
			plain: (bytes) => this.#write(bytes),
			line: (text) => this.#obey(text),
			get wantsLines() {
				return job.matchers.isActive;
			},
		});
	}

	/** Handed over on its own. */
	readonly take = (chunk: Uint8Array): void | Promise<void> => {
		this.#lines.push(chunk);
		return this.#matched.behind;
	};

	async end(): Promise<void> {
		this.#lines.end();
		this.#stream.end();
		const { annotations, warnings } = await this.#matched.settle(this.#job.stop.signal);
		for (const annotation of annotations) this.#found.add({ ...annotation, message: shortened(annotation.message) });
		for (const message of warnings)
			this.#found.add({ level: 'warning', message, logLine: this.#job.log.say(`Warning: ${message}`) });
		this.annotations = this.#found.kept();
	}

	#write(bytes: Uint8Array): void {
		if (this.#stream.pushBytes !== undefined) {
			this.#stream.pushBytes(bytes);
			return;
		}
		const ended = this.#decoder.decode(bytes, { stream: true }).split('\n');
		for (const [index, text] of ended.entries()) {
			const isEnd = index < ended.length - 1;
			if (isEnd || text !== '') this.#stream.push(text, isEnd);
		}
	}

	/** The number of the first line. */
	#show(text: string): number {
		const [first = '', ...others] = text.split('\n');
		const line = this.#stream.push(first, true);
		for (const other of others) this.#stream.push(other, true);
		return line;
	}

	#obey(line: string): void {
		const { matchers, masker } = this.#job;
		const effect = this.#reader.read(line);
		if (effect.token !== undefined) masker.add(effect.token);
		if (effect.mask !== undefined && !masker.add(effect.mask))
			this.#show(
				'Warning: a mask must have at least 4 characters; this one is not used, because it would hide the log.',
			);
		if (effect.output !== undefined) this.#keep(this.outputs, effect.output);
		if (effect.state !== undefined) this.#keep(this.state, effect.state);
		this.failure ??= effect.failure;
		const { addMatcher, removeMatcher, removeMatchersOf } = effect;
		if (addMatcher !== undefined) matchers.add(() => matcherFile(this.#job, addMatcher), addMatcher);
		if (removeMatcher !== undefined) matchers.remove(removeMatcher);
		if (removeMatchersOf !== undefined)
			matchers.removeOf(() => matcherFile(this.#job, removeMatchersOf), removeMatchersOf);
		if (effect.show === undefined) return;
		const logLine = this.#show(effect.show);
		if (effect.show === line) this.#matched.line(line, logLine);
		if (effect.annotation !== undefined) this.#found.add({ ...effect.annotation, logLine });
	}

	#keep(values: { [name: string]: string }, { name, value }: { readonly name: string; readonly value: string }): void {
		this.#outputsLength += name.length + value.length;
		if (this.#outputsLength <= outputsLimit) {
			values[name] = value;
			return;
		}
		if (this.failure === undefined) this.#show(`Error: ${outputsRefused}`);
		this.failure ??= outputsRefused;
	}
}

/** More of them nobody reads, and an event must stay small. */
const mostAnnotations = 50;

class FoundAnnotations {
	readonly #byLevel: { readonly [level in Annotation['level']]: Annotation[] } = { error: [], warning: [], notice: [] };

	add(annotation: Annotation): void {
		const those = this.#byLevel[annotation.level];
		if (those.length < mostAnnotations) those.push(annotation);
	}

	kept(): readonly Annotation[] {
		const { error, warning, notice } = this.#byLevel;
		return [...error, ...warning, ...notice].slice(0, mostAnnotations).sort((a, b) => a.logLine - b.logLine);
	}
}

const matcherLimit = 64 * 1024;

/** Read as the job sees it: the path is the job's word. */
async function matcherFile(job: RunningJob, path: string): Promise<Result<string>> {
	const refuse = (why: string) =>
		failed({ code: 'FB2070', what: `The problem matcher ${shortened(path)} cannot be used`, why });
	try {
		const text = await job.room.get(posix.resolve(job.room.workspace, path), matcherLimit + 1);
		if (text === undefined) return refuse('there is no such file');
		return Buffer.byteLength(text) > matcherLimit ? refuse('it is larger than 64 KiB') : ok(text);
	} catch {
		return refuse('it must be a regular file of at most 64 KiB in a folder of the job, and no link may lead to it');
	}
}
