import type { RunnerConfiguration } from './configuration.ts';
import type { Entry, YamlFile } from './yaml-file.ts';

const keys = ['in', 'memory', 'cpus', 'processes', 'network'];
const tiers = ['host', 'sandbox', 'disposable', 'container'] as const;

/** Reads `runners` of `footbridge.yaml`: what a label of `runs-on` stands for on this machine. */
export function runnersOf(file: YamlFile, entry: Entry | undefined): readonly RunnerConfiguration[] {
	return [...file.entries(entry?.value, '`runners`')].map(([label, { value }]) => {
		const word = file.isText(value) ? file.text(value, `runner ${label}`) : undefined;
		if (word === 'skip') return { label, skip: true };
		if (word !== undefined) return { label, skip: false, ...tierOf(file, value, word, label) };
		return { label, skip: false, ...settingsOf(file, value, label) };
	});
}

function settingsOf(file: YamlFile, value: Entry['value'], label: string): Omit<RunnerConfiguration, 'label' | 'skip'> {
	const what = `runner ${label}`;
	const entries = file.entries(value, what);
	file.onlyKeys(entries, keys, what);
	const text = (key: string): string | undefined => {
		const entry = entries.get(key);
		return entry === undefined ? undefined : file.text(entry.value, `${key} of ${what}`);
	};
	const number = (key: string, read: (text: string) => number | undefined, example: string): number | undefined => {
		const written = text(key);
		if (written === undefined) return undefined;
		const found = read(written);
		if (found === undefined || !(found > 0))
			file.refuse(entries.get(key)?.value, `${key} of ${what} is ${written}`, { next: `write it as ${example}` });
		return found;
	};
	const memoryBytes = number('memory', bytesOf, '4GiB');
	const cpus = number('cpus', Number, '1.5');
	const processes = number('processes', (written) => (/^\d+$/.test(written) ? Number(written) : undefined), '4096');
	const network = text('network');
	if (network !== undefined && network !== 'shared' && network !== 'private') {
		file.refuse(entries.get('network')?.value, `network of ${what} is ${network}`, { next: 'use shared or private' });
	}
	const limits = {
		...(memoryBytes === undefined ? {} : { memoryBytes }),
		...(cpus === undefined ? {} : { cpus }),
		...(processes === undefined ? {} : { processes }),
	};
	return {
		...tierOf(file, entries.get('in')?.value ?? null, text('in'), label),
		...(Object.keys(limits).length === 0 ? {} : { limits }),
		...(network === 'private' ? { network } : {}),
	};
}

function tierOf(
	file: YamlFile,
	node: Entry['value'],
	word: string | undefined,
	label: string,
): Pick<RunnerConfiguration, 'tier'> {
	if (word === undefined) return {};
	const tier = tiers.find((known) => known === word);
	if (tier !== undefined) return { tier };
	file.refuse(node, `runner ${label} is ${word}`, {
		next: `use one of ${tiers.join(', ')}, skip, or a mapping with ${keys.join(', ')}`,
	});
	return {};
}

const units: { readonly [unit: string]: number } = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3, t: 1024 ** 4 };

/** Bytes of `512MiB`, `4g`, `1048576`; units count in 1024. */
function bytesOf(text: string): number | undefined {
	const [, number, unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
	return number === undefined ? undefined : Math.round(Number(number) * (units[unit.toLowerCase()] ?? 1));
}
