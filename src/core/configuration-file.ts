import { isSeq } from 'yaml';
import { actionsOf } from './actions-configuration.ts';
import type { Configuration, EnvironmentConfiguration, ObjectiveConfiguration } from './configuration.ts';
import { containersOf } from './containers-configuration.ts';
import { durationMs } from './duration.ts';
import { ok, type Result } from './result.ts';
import { runnersOf } from './runner-configuration.ts';
import { type Entry, YamlFile } from './yaml-file.ts';

const environmentKeys = ['lifetime', 'compose', 'service', 'port', 'deploys', 'branches', 'env', 'objective', 'probe'];

/** Reads `footbridge.yaml`. Every problem has its line; FB1501. */
export function parseConfiguration(text: string, path: string): Result<Configuration> {
	const file = new YamlFile(path, text, 'FB1501');
	const top = file.entries(file.root, path);
	file.onlyKeys(top, ['environments', 'runners', 'actions', 'containers', 'vars'], path);
	const environments = [...file.entries(top.get('environments')?.value, '`environments`')].map(([name, entry]) =>
		environmentOf(file, name, entry),
	);
	const runners = runnersOf(file, top.get('runners'));
	const actions = actionsOf(file, top.get('actions'));
	const containers = containersOf(file, top.get('containers'));
	const vars = variablesOf(file, top.get('vars'), { list: '`vars`', what: path });
	checkPorts(file, environments, top.get('environments'));
	if (file.problems.length > 0) return { ok: false, error: file.problems };
	return ok({ environments, runners, actions, containers, vars });
}

/** Each environment is reached at a port of its own. */
function checkPorts(file: YamlFile, environments: readonly EnvironmentConfiguration[], entry: Entry | undefined): void {
	const lasting = environments.filter(({ lifetime, port }) => lifetime === 'always' && port !== 0);
	for (const [index, { name, port }] of lasting.entries()) {
		const other = lasting.slice(0, index).find((before) => before.port === port);
		if (other === undefined) continue;
		const place = file.entries(file.entries(entry?.value, '').get(name)?.value, name).get('port')?.value;
		file.refuse(place, `port ${port} of environment ${name} is the port of environment ${other.name}`, {
			next: 'give each environment a port of its own',
		});
	}
}

function environmentOf(file: YamlFile, name: string, { key, value }: Entry): EnvironmentConfiguration {
	const what = `environment ${name}`;
	if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/.test(name))
		file.refuse(key, `${name} cannot be the name of an environment`, { next: 'use letters, digits, - and _' });
	const entries = file.entries(value, what);
	file.onlyKeys(entries, environmentKeys, what);
	const text = (setting: string): string | undefined => {
		const entry = entries.get(setting);
		return entry === undefined ? undefined : file.text(entry.value, `${setting} of ${what}`);
	};
	const lifetime = text('lifetime') ?? 'always';
	if (lifetime !== 'run' && lifetime !== 'always')
		file.refuse(entries.get('lifetime')?.value, `lifetime of ${what} is ${lifetime}`, { next: 'use run or always' });
	const service = text('service');
	const deploys = text('deploys');
	if (deploys !== undefined && lifetime === 'run')
		file.refuse(entries.get('deploys')?.key, `${what} is made for one run: nothing is deployed to it`, {
			next: 'remove `deploys`, or `lifetime: run`',
		});
	const branches = branchesOf(file, entries.get('branches'), what);
	return {
		name,
		lifetime: lifetime === 'run' ? 'run' : 'always',
		compose: text('compose') ?? 'compose.yaml',
		port: portOf(file, entries.get('port'), what),
		env: variablesOf(file, entries.get('env'), { list: `env of ${what}`, what }),
		objective: objectiveOf(file, entries.get('objective'), what),
		...probeOf(file, entries.get('probe'), what),
		...(service === undefined ? {} : { service }),
		...(deploys === undefined ? {} : { deploys }),
		...(branches === undefined ? {} : { branches }),
	};
}

function branchesOf(file: YamlFile, entry: Entry | undefined, what: string): readonly string[] | undefined {
	if (entry === undefined) return undefined;
	if (!isSeq(entry.value))
		return file.refuse(entry.value, `branches of ${what} must be a list`, { next: 'write: branches: [main]' });
	return file.items(entry.value).map((node) => file.text(node, `branches of ${what}`) ?? '');
}

function variablesOf(
	file: YamlFile,
	entry: Entry | undefined,
	{ list, what }: { readonly list: string; readonly what: string },
): { readonly [name: string]: string } {
	const variables = [...file.entries(entry?.value, list)].map(([name, { key, value }]) => {
		const text = file.text(value, name) ?? '';
		if (name === '' || /[=\0]/.test(name) || text.includes('\0'))
			file.refuse(key, `${name} of ${what} cannot be a variable`, { next: 'use letters, digits and _ in its name' });
		return [name, text] as const;
	});
	return Object.fromEntries(variables);
}

function portOf(file: YamlFile, entry: Entry | undefined, what: string): number {
	if (entry === undefined) return 0;
	const port = Number(file.text(entry.value, `port of ${what}`));
	if (!Number.isInteger(port) || port < 0 || port > 65_535)
		file.refuse(entry.value, `port of ${what} must be a number from 0 to 65535`);
	return port;
}

function objectiveOf(file: YamlFile, entry: Entry | undefined, what: string): ObjectiveConfiguration {
	const entries = file.entries(entry?.value, `objective of ${what}`);
	file.onlyKeys(entries, ['availability', 'window'], `objective of ${what}`);
	const availability = entries.get('availability');
	const percent = availability === undefined ? '99.5%' : (file.text(availability.value, 'availability') ?? '');
	const target = Number(percent.replace(/%$/, '')) / 100;
	if (!percent.endsWith('%') || !(target > 0 && target < 1)) {
		file.refuse(availability?.value, `availability of ${what} is ${percent}`, {
			next: 'write a percentage between 0 and 100, such as 99.5%',
		});
	}
	const window = entries.get('window');
	const days = (durationMs(window === undefined ? '28d' : (file.text(window.value, 'window') ?? '')) ?? 0) / 86_400_000;
	if (!(days >= 1 && days <= 366)) file.refuse(window?.value, `window of ${what} must be between 1d and 366d`);
	return { name: 'availability', target, windowDays: days };
}

function probeOf(
	file: YamlFile,
	entry: Entry | undefined,
	what: string,
): { readonly probePath: string; readonly probeIntervalMs: number } {
	const entries = file.entries(entry?.value, `probe of ${what}`);
	file.onlyKeys(entries, ['path', 'interval'], `probe of ${what}`);
	const path = entries.get('path');
	const probePath = path === undefined ? '/' : (file.text(path.value, 'path') ?? '/');
	if (!probePath.startsWith('/')) file.refuse(path?.value, `the probe's path of ${what} must begin with /`);
	const interval = entries.get('interval');
	const probeIntervalMs =
		durationMs(interval === undefined ? '15s' : (file.text(interval.value, 'interval') ?? '')) ?? 0;
	if (probeIntervalMs < 1000) file.refuse(interval?.value, `the probe's interval of ${what} must be at least 1s`);
	return { probePath, probeIntervalMs };
}
