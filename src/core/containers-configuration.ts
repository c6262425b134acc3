import { isSeq } from 'yaml';
import type { Entry, YamlFile } from './yaml-file.ts';

/** `containers` of `footbridge.yaml`: what containers of jobs may have. Only what the default branch says counts. */
export interface ContainersConfiguration {
	/** What reaches beyond them, as options: `--cap-add=SYS_PTRACE`, `--device`, `--volume=/srv/data`. */
	readonly allow: readonly string[];
}

/** What holds where nothing is said. */
export const usualContainers: ContainersConfiguration = { allow: [] };

/** Reads `containers` of `footbridge.yaml`. */
export function containersOf(file: YamlFile, entry: Entry | undefined): ContainersConfiguration {
	const what = '`containers`';
	const entries = file.entries(entry?.value, what);
	file.onlyKeys(entries, ['allow'], what);
	const list = entries.get('allow')?.value ?? null;
	if (list !== null && !isSeq(list))
		file.refuse(list, `allow of ${what} must be a list`, { next: "write: allow: ['--cap-add=SYS_PTRACE']" });
	const allow = (isSeq(list) ? file.items(list) : []).map((node) => {
		const text = file.text(node, `allow of ${what}`) ?? '';
		if (!/^--[a-z][a-z-]*(?:=\S+)?$/.test(text) || text === '--volume')
			file.refuse(node, `allow of ${what} has ${text}`, {
				next: 'write options of a container, such as --cap-add=SYS_PTRACE, --privileged or --volume=/srv/data',
			});
		return text;
	});
	return { allow };
}
