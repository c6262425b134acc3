import type { Annotation, Event } from '#core/event.ts';
import type { Masker } from '#core/job/masker.ts';
import type { Problem } from '#core/result.ts';
import type { JobEnd } from './job-request.ts';

/** Hides secrets in every text of a job's events that a program or a workflow wrote. Names and states of ours stay as they are. */
export function maskedEvents(emit: (event: Event) => Promise<void>, masker: Masker): (event: Event) => Promise<void> {
	const hide = (text: string) => masker.redact(text);
	return (event) => {
		switch (event.kind) {
			case 'step-started':
				return emit({ ...event, name: hide(event.name) });
			case 'step-finished':
				return emit({
					...event,
					name: hide(event.name),
					outputs: texts(event.outputs, hide),
					...(event.why === undefined ? {} : { why: hide(event.why) }),
					...(event.summary === undefined ? {} : { summary: hide(event.summary) }),
					...(event.annotations === undefined
						? {}
						: { annotations: event.annotations.map((one) => annotation(one, hide)) }),
				});
			case 'snapshot-taken':
				return emit({ ...event, snapshot: { ...event.snapshot, facts: texts(event.snapshot.facts, hide) } });
			default:
				return emit(event);
		}
	};
}

/** The same for how a job ended. Its outputs are not changed: one with a secret is not among them. */
export function maskedEnd(end: JobEnd, masker: Masker): JobEnd {
	return {
		...end,
		...(end.why === undefined ? {} : { why: masker.redact(end.why) }),
		...(end.problems === undefined ? {} : { problems: end.problems.map((problem) => maskedProblem(problem, masker)) }),
	};
}

function maskedProblem(problem: Problem, masker: Masker): Problem {
	const { code, ...told } = problem;
	const hidden = texts({ ...told }, (text) => masker.redact(text));
	return { ...problem, ...hidden, code };
}

function texts(
	values: { readonly [name: string]: string },
	hide: (text: string) => string,
): { readonly [name: string]: string } {
	return Object.fromEntries(Object.entries(values).map(([name, value]) => [hide(name), hide(value)]));
}

function annotation(one: Annotation, hide: (text: string) => string): Annotation {
	return {
		...one,
		message: hide(one.message),
		...(one.title === undefined ? {} : { title: hide(one.title) }),
		...(one.file === undefined ? {} : { file: hide(one.file) }),
	};
}
