import { whyForeign } from './job/trust.ts';
import type { Trigger } from './plan.ts';
import type { Problem } from './result.ts';

/** Where a secret or a variable is for: every project, one, or one environment of it. */
export type Scope =
	| { readonly of: 'server' }
	| { readonly of: 'project'; readonly project: string }
	| { readonly of: 'environment'; readonly project: string; readonly environment: string };

/** A scope as one word, as rows, streams and encryption have it. A `/` in a name cannot make it another scope's. */
export function scopeKey(scope: Scope): string {
	if (scope.of === 'server') return 'server';
	const names = scope.of === 'project' ? [scope.project] : [scope.project, scope.environment];
	return [scope.of, ...names.map(encodeURIComponent)].join('/');
}

/** The scope of a project, or of an environment of it; without a project the server's. */
export function scopeOf(project: string | undefined, environment: string | undefined): Scope {
	if (project === undefined) return { of: 'server' };
	return environment === undefined ? { of: 'project', project } : { of: 'environment', project, environment };
}

/** The project that a scope's word names. */
export function projectOfScope(key: string): string | undefined {
	const [of, project] = key.split('/');
	return of === 'server' || project === undefined ? undefined : decodeURIComponent(project);
}

/** The scopes whose values a job of a project gets, the later over the earlier. */
export function scopesFor(project: string, environment: string | undefined): readonly Scope[] {
	const wide: readonly Scope[] = [{ of: 'server' }, { of: 'project', project }];
	return environment === undefined ? wide : [...wide, { of: 'environment', project, environment }];
}

/** A name as it is kept: workflows find it in any case. */
export function settingName(text: string): string {
	return text.trim().toUpperCase();
}

const largestValueBytes = 64 * 1024;

/** What is wrong with a secret or variable of this name and value; undefined: nothing. */
export function wrongSetting(name: string, value: string): Problem | undefined {
	const why = /^[A-Z_][A-Z0-9_]{0,99}$/.test(name)
		? name.startsWith('GITHUB_')
			? 'names that begin with GITHUB_ are set by Footbridge'
			: undefined
		: 'a name has letters, digits and _, at most 100, and begins with none of the digits';
	if (why !== undefined) return { code: 'FB6060', what: `${name.slice(0, 100)} cannot be the name`, why };
	if (value === '') return { code: 'FB6061', what: `${name} has no value`, next: 'pipe the value in' };
	if (value.length > largestValueBytes || value.includes('\0'))
		return {
			code: 'FB6061',
			what: `the value of ${name} cannot be kept`,
			why: 'it is longer than 64 KiB, or has a zero byte',
		};
	return undefined;
}

/** What is known of a job when it asks for the stored secrets of its scopes. */
export interface SecretAsker {
	readonly trigger: Pick<Trigger, 'event' | 'payload' | 'ref' | 'worktreeOf'>;
	/** Name of the environment that the job is for. */
	readonly environment?: string;
	/** Branches that alone may use that environment; absent: any. */
	readonly branches?: readonly string[];
	/** The commit is, or was, what its ref points to: a bare commit may be anybody's. */
	readonly isOnRef: boolean;
}

/** Why a job gets no stored secret at all; undefined when it may have those of the server and its project. */
export function whyNoSecrets({ trigger }: SecretAsker): string | undefined {
	return whyForeign(trigger);
}

/** Why a job does not get the secrets of its environment; undefined when it may. */
export function whyNoEnvironmentSecrets({ trigger, environment, branches, isOnRef }: SecretAsker): string | undefined {
	if (environment === undefined || branches === undefined) return undefined;
	const branch = trigger.ref.replace(/^refs\/heads\//, '');
	const only = `only ${branches.join(', ')} may use the environment ${environment}`;
	if (!trigger.ref.startsWith('refs/heads/') || !branches.includes(branch))
		return `${only}, and this is ${trigger.ref}`;
	if (trigger.worktreeOf !== undefined) return `${only}, and this is an uncommitted work tree`;
	return isOnRef ? undefined : `${only}, and the commit was not pushed to it`;
}
