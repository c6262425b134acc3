import type { Entry, YamlFile } from './yaml-file.ts';

/** `actions` of `footbridge.yaml`: where actions of other repositories come from, and what runs them. */
export interface ActionsConfiguration {
	/** URL, or absolute path of a folder of bare repositories; absent: the usual place. */
	readonly from?: string;
	/** False: what Footbridge does itself otherwise is done by the published action. */
	readonly builtins: boolean;
	/** `run`: actions are started also when the service outside that they work for is not reached. */
	readonly outside: 'ask' | 'run';
	/** Version of Node by the major version that an action asks for; the others run on Footbridge's own. */
	readonly node: { readonly [version: number]: string };
}

/** What holds where nothing is said. */
export const usualActions: ActionsConfiguration = { builtins: true, outside: 'ask', node: {} };

/** Reads `actions` of `footbridge.yaml`. */
export function actionsOf(file: YamlFile, entry: Entry | undefined): ActionsConfiguration {
	const what = '`actions`';
	const entries = file.entries(entry?.value, what);
	file.onlyKeys(entries, ['from', 'builtins', 'outside', 'node'], what);
	const from = textOf(file, entries.get('from'), 'from');
	if (from !== undefined && !/^(?:https?:\/\/[^/\s@]+(?:\/\S*)?|\/.*)$/.test(from))
		file.refuse(entries.get('from')?.value, `from of ${what} is ${from}`, {
			next: 'write a URL (https://...), or the absolute path of a folder of bare repositories',
		});
	const builtins = textOf(file, entries.get('builtins'), 'builtins') ?? 'on';
	if (!['on', 'off', 'true', 'false'].includes(builtins))
		file.refuse(entries.get('builtins')?.value, `builtins of ${what} is ${builtins}`, { next: 'write on or off' });
	const outside = textOf(file, entries.get('outside'), 'outside') ?? 'ask';
	if (outside !== 'ask' && outside !== 'run')
		file.refuse(entries.get('outside')?.value, `outside of ${what} is ${outside}`, { next: 'write ask or run' });
	const node = [...file.entries(entries.get('node')?.value, `node of ${what}`)].map(([version, { key, value }]) => {
		const asked = file.text(value, `node ${version}`) ?? '';
		const isGood = asked === 'pinned' || /^\d+\.\d+\.\d+$/.test(asked);
		if (!/^(?:12|16|20|24)$/.test(version) || !isGood)
			file.refuse(key, `node of ${what} has ${version}: ${asked}`, {
				next: 'write 12, 16, 20 or 24, and `pinned` or a version such as 20.19.1',
			});
		return [version, asked === 'pinned' ? version : asked] as const;
	});
	return {
		...(from === undefined ? {} : { from }),
		builtins: builtins === 'on' || builtins === 'true',
		outside: outside === 'run' ? 'run' : 'ask',
		node: Object.fromEntries(node),
	};
}

function textOf(file: YamlFile, entry: Entry | undefined, key: string): string | undefined {
	return entry === undefined ? undefined : file.text(entry.value, `${key} of \`actions\``);
}
