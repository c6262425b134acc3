/** Something that went wrong, told so that the reader can act: every field is a sentence or a place, never a stack trace. */
export interface Problem {
	/** Stable identifier, `FB` and four digits; the first two name the area (01 set-up, 10 workflow, 20 run, 30 deployment, 40 watch, 50 diagnosis, 60 server, 70 store). */
	readonly code: string;
	readonly what: string;
	readonly why?: string;
	/** `file:line:column`, a path, a service or a job. */
	readonly where?: string;
	/** What the reader does next; a command when there is one. */
	readonly next?: string;
}

/** An expected failure is a value; a bug is a throw. */
export type Result<T, E = readonly Problem[]> =
	| { readonly ok: true; readonly value: T }
	| { readonly ok: false; readonly error: E };

/** Wraps a success. */
export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Wraps one or more expected failures. */
export const failed = (
	...problems: readonly Problem[]
): { readonly ok: false; readonly error: readonly Problem[] } => ({
	ok: false,
	error: problems,
});

/** Carries a Problem through code that can only throw (callbacks of libraries, a port whose caller must stop). */
export class ProblemError extends Error {
	readonly problem: Problem;
	constructor(problem: Problem, options?: ErrorOptions) {
		super(problem.what, options);
		this.problem = problem;
	}
}

/** The Problem inside any thrown value; a bug becomes a problem that says so and keeps its message. */
export function problemOf(thrown: unknown): Problem {
	if (thrown instanceof ProblemError) return thrown.problem;
	const why = thrown instanceof Error ? thrown.message : String(thrown);
	return { code: 'FB0000', what: 'Footbridge itself failed', why, next: 'please report this with the log' };
}

/** Ends an exhaustive switch. */
export function unreachable(value: never): never {
	throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
