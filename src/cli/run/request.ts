import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import type { StartRuns } from '#core/api.ts';
import type { Tier } from '#core/event.ts';
import type { Json } from '#core/plan.ts';
import { type Problem, ProblemError } from '#core/result.ts';
import { secretValues } from './secret-values.ts';

/** What `run` and `watch` take. */
export interface RunOptions {
	/** `job` or `job:step`. */
	readonly job?: readonly string[];
	readonly at: string;
	readonly in?: Tier;
	readonly event: string;
	/** Path of a JSON file with the event's payload. */
	readonly eventFile?: string;
	/** `key=value`, as many as wanted. */
	readonly input?: readonly string[];
	readonly env?: readonly string[];
	readonly matrix?: readonly string[];
	/** Names only. */
	readonly secret?: readonly string[];
	/** Path of a file with `NAME=value` lines. */
	readonly secretsFile?: string;
	/** A revision, or true for where the branch left the default branch. */
	readonly changed?: string | true;
	readonly failFast?: boolean;
	readonly json?: boolean;
	readonly agent?: boolean;
}

/** The request that the options mean. Throws a ProblemError that says which option is wrong. */
export async function runRequest(
	project: string,
	workflow: string | undefined,
	options: RunOptions,
	surroundings: Parameters<typeof secretValues>[1],
): Promise<StartRuns> {
	const { job = [], eventFile, secretsFile, changed } = options;
	const named = job.map((name) => /^([^:]+):(.+)$/.exec(name));
	const until = Object.fromEntries(
		named.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])),
	);
	const [inputs, env, matrix] = (['input', 'env', 'matrix'] as const).map((key) => pairsOf(key, options[key] ?? []));
	const given = await secretValues(options.secret ?? [], surroundings);
	return {
		project,
		at: options.at,
		event: options.event,
		secrets: { ...(secretsFile === undefined ? {} : secretsOf(secretsFile)), ...given },
		...(workflow === undefined ? {} : { workflow }),
		...(job.length === 0 ? {} : { jobs: job.map((name, index) => named[index]?.[1] ?? name) }),
		...(Object.keys(until).length === 0 ? {} : { until }),
		...(options.in === undefined ? {} : { tier: options.in }),
		...(eventFile === undefined ? {} : { payload: payloadOf(eventFile) }),
		...(inputs === undefined ? {} : { inputs }),
		...(env === undefined ? {} : { env }),
		...(matrix === undefined ? {} : { matrix }),
		...(changed === undefined ? {} : { changedSince: changed === true ? '' : changed }),
		...(options.failFast === true ? { failFast: true } : {}),
	};
}

/** `key=value` texts as an object; undefined without any. */
function pairsOf(option: string, texts: readonly string[]): { readonly [key: string]: string } | undefined {
	if (texts.length === 0) return undefined;
	const pairs = texts.map((text) => {
		const equals = text.indexOf('=');
		const key = text.slice(0, equals);
		if (equals > 0 && !/[\s\0]/.test(key)) return [key, text.slice(equals + 1)] as const;
		throw wrong(`--${option} ${text} is not key=value`, `write --${option} <key>=<value>`);
	});
	return Object.fromEntries(pairs);
}

function payloadOf(path: string): { readonly [name: string]: Json } {
	let content: unknown;
	try {
		content = JSON.parse(readFileSync(path, 'utf8'));
	} catch (error) {
		throw wrong(`the event file ${path} cannot be read`, 'give a JSON file', error);
	}
	if (typeof content === 'object' && content !== null && !Array.isArray(content))
		return content as { readonly [name: string]: Json };
	throw wrong(`the event file ${path} holds no object`, 'give a JSON object: the payload of the event');
}

function secretsOf(path: string): { readonly [name: string]: string } {
	let text: string;
	try {
		text = readFileSync(path, 'utf8');
	} catch (error) {
		throw wrong(`the file of secrets ${path} cannot be read`, 'write NAME=value lines into it', error);
	}
	const entries = Object.entries(parseEnv(text)).flatMap(([name, value]) =>
		value === undefined || value === '' ? [] : [[name, value] as const],
	);
	if (entries.length === 0) throw wrong(`the file of secrets ${path} holds none`, 'write NAME=value lines into it');
	return Object.fromEntries(entries);
}

function wrong(what: string, next: string, error?: unknown): ProblemError {
	const why = error instanceof Error ? error.message : undefined;
	const problem: Problem = { code: 'FB0130', what, next, ...(why === undefined ? {} : { why }) };
	return new ProblemError(problem);
}
