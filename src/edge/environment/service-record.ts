import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Service } from '#core/compose/application.ts';
import type { Instance } from '#core/event.ts';
import type { Reach, Version } from './environment.ts';

/** What a service of a version was started as: the version tells it to every Footbridge that comes after. */
export interface ServiceRecord {
	readonly instance: Instance;
	readonly reach: Reach;
}

/** Undefined when it was never started, or Footbridge was killed at that moment. */
export async function readRecord(version: Version, service: Service): Promise<ServiceRecord | undefined> {
	return read(recordFile(version.directory, service.name));
}

/** Of all services of the version in a directory. */
export async function recordsIn(directory: string): Promise<readonly ServiceRecord[]> {
	const names = (await readdir(join(directory, 'log')).catch(() => [])).filter((name) => name.endsWith('.json'));
	const records = await Promise.all(names.map((name) => read(join(directory, 'log', name))));
	return records.filter((record) => record !== undefined);
}

async function read(file: string): Promise<ServiceRecord | undefined> {
	try {
		const record = JSON.parse(await readFile(file, 'utf8')) as Partial<ServiceRecord>;
		return record.instance === undefined ? undefined : { instance: record.instance, reach: record.reach ?? {} };
	} catch {
		return undefined;
	}
}

/** The file is old or new, never half. */
export async function writeRecord(version: Version, service: Service, record: ServiceRecord): Promise<void> {
	const file = recordFile(version.directory, service.name);
	await writeFile(`${file}.new`, JSON.stringify(record));
	await rename(`${file}.new`, file);
}

const recordFile = (directory: string, service: string): string => join(directory, 'log', `${service}.json`);
