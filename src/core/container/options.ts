import { failed, ok, type Problem, type Result } from '../result.ts';
import type { ContainerSettings } from './container.ts';
import { type Flag, flags, settingsDraft, shortFlags } from './option-flags.ts';
import { volumeOf } from './volume.ts';
import { wordsOf } from './words.ts';

/** `options` of a container, read. */
export interface ContainerOptions {
	readonly settings: ContainerSettings;
	/** What in it reaches beyond the container, each as `--cap-add=SYS_PTRACE`. */
	readonly powers: readonly string[];
}

/** Reads `options`, which are flags of `docker create`. FB2100: a flag that Footbridge does not know, or one with a value that is none. */
export function containerOptions(line: string, where: string): Result<ContainerOptions> {
	const words = wordsOf(line);
	if (words === undefined) return refuse('a quote is left open', where);
	const draft = settingsDraft();
	const powers: string[] = [];
	for (let index = 0; index < words.length; index += 1) {
		const read = flagAt(words, index);
		if (read === undefined) return refuse(`${words[index]} is no option of a container that Footbridge knows`, where);
		const { name, flag, value } = read;
		if (value === undefined) return refuse(`${name} needs a value`, where);
		if (!flag.set(draft, value)) return refuse(`${name} cannot be '${value}'`, where);
		if (flag.isPower?.(value) === true) powers.push(flag.takesValue ? `${name}=${value}` : name);
		index = read.last;
	}
	return ok({ settings: draft, powers: [...powers, ...volumePowers(draft.volumes)] });
}

/** The folders of this machine among volumes, as powers. */
export function volumePowers(volumes: readonly string[]): readonly string[] {
	return volumes.flatMap((text) => {
		const volume = volumeOf(text);
		return volume?.kind === 'folder' ? [`--volume=${volume.source}`] : [];
	});
}

interface ReadFlag {
	readonly name: string;
	readonly flag: Flag;
	/** Undefined: it is missing. */
	readonly value: string | undefined;
	/** Index of the last word that belongs to it. */
	readonly last: number;
}

/** The flag at a word: `--name=value`, `--name value`, `-n value`, `-nvalue`. */
function flagAt(words: readonly string[], index: number): ReadFlag | undefined {
	const word = words[index] ?? '';
	const [, long = '', given] = /^(--[a-z-]+)(?:=([\s\S]*))?$/.exec(word) ?? [];
	const short = long === '' ? word.slice(0, 2) : '';
	const name = long === '' ? (shortFlags[short] ?? '') : long;
	const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
	if (flag === undefined) return undefined;
	const attached = long === '' ? (word.length > 2 ? word.slice(2).replace(/^=/, '') : undefined) : given;
	if (!flag.takesValue) {
		// -it
		if (long === '' && attached !== undefined && !/^[it]+$/.test(attached)) return undefined;
		return { name, flag, value: long === '' ? '' : (given ?? ''), last: index };
	}
	if (attached !== undefined) return { name, flag, value: attached, last: index };
	return { name, flag, value: words[index + 1], last: index + 1 };
}

function refuse(why: string, where: string): Result<never> {
	return failed({
		code: 'FB2100',
		what: 'The options of a container cannot be used',
		why,
		where,
		next: 'docs/containers.md lists the options that there are',
	});
}

/**
 * What of these powers nobody allowed: FB2101. They are allowed by the server's own settings, one by one or with every value
 * (`--cap-add`, a folder and all below it), and never for somebody else's code.
 */
export function powerProblems(
	powers: readonly string[],
	{
		allowed,
		whyForeign,
		where,
	}: { readonly allowed: readonly string[]; readonly whyForeign: string | undefined; readonly where: string },
): readonly Problem[] {
	const refused =
		whyForeign === undefined ? powers.filter((power) => !allowed.some((rule) => covers(rule, power))) : powers;
	return refused.map((power) => ({
		code: 'FB2101',
		what: `${power} is not allowed for a container of a job`,
		why:
			whyForeign === undefined
				? 'it reaches out of the container to this machine, and nobody has allowed it'
				: `it reaches out of the container to this machine, and ${whyForeign}`,
		where,
		next:
			whyForeign === undefined
				? `${instead[nameOf(power)] ?? ''}${allowing(power)}`
				: 'run it for a commit of your own; for a fork it is never allowed',
	}));
}

function allowing(power: string): string {
	return `allow it for this project in footbridge.yaml of the default branch: containers: { allow: ['${power}'] }`;
}

const instead: { readonly [name: string]: string } = {
	'--ipc': 'use --shm-size=2g instead, which is what browsers need of it; or ',
};

function covers(rule: string, power: string): boolean {
	if (rule === power || rule === nameOf(power)) return true;
	const isFolder = rule.startsWith('--volume=/') && power.startsWith('--volume=/');
	return isFolder && power.startsWith(`${rule.replace(/\/+$/, '')}/`);
}

function nameOf(power: string): string {
	return power.split('=', 1)[0] ?? power;
}
