import type { PlannedStep, Template } from '../plan.ts';

/** An `action.yml` as plain data. */
export interface Action {
	readonly name: string;
	readonly inputs: { readonly [name: string]: ActionInput };
	readonly runs: CompositeRuns | NodeRuns | ContainerRuns;
}

/** An input as the action declares it. */
export interface ActionInput {
	/** Evaluated when nothing is given; absent: empty. */
	readonly default?: Template;
	readonly required: boolean;
	/** What to say to whoever still gives it. */
	readonly deprecation?: string;
}

/** A list of steps. */
export interface CompositeRuns {
	readonly using: 'composite';
	readonly steps: readonly PlannedStep[];
	readonly outputs: { readonly [name: string]: Template };
}

/** Programs for Node, by their paths from the action's folder. */
export interface NodeRuns {
	readonly using: 'node';
	/** The version of Node that it was written for: 20. */
	readonly version: number;
	readonly main: string;
	/** Before the job's first step. */
	readonly pre?: string;
	/** Source of the condition of `pre`. */
	readonly preIf: string;
	/** After the job's last step. */
	readonly post?: string;
	/** Source of the condition of `post`. */
	readonly postIf: string;
}

/** A program in a container. */
export interface ContainerRuns {
	readonly using: 'docker';
	/** `Dockerfile`, or `docker://<image>`. */
	readonly image: string;
	readonly entrypoint?: string;
	readonly args: Template;
	readonly env: Template;
	readonly preEntrypoint?: string;
	readonly preIf: string;
	readonly postEntrypoint?: string;
	readonly postIf: string;
}

/** The variable by which a program gets an input. */
export function inputVariable(name: string): string {
	return `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
}
