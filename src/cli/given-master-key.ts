import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The master key from outside the data folder: FOOTBRIDGE_MASTER_KEY, or the credential `footbridge-master-key` of the service manager. */
export function givenMasterKey(): string | undefined {
	const given = process.env['FOOTBRIDGE_MASTER_KEY'];
	// Jobs and services are started with what is in the environment.
	delete process.env['FOOTBRIDGE_MASTER_KEY'];
	if (given !== undefined && given !== '') return given;
	const folder = process.env['CREDENTIALS_DIRECTORY'];
	if (folder === undefined) return undefined;
	try {
		return readFileSync(join(folder, 'footbridge-master-key'), 'utf8');
	} catch {
		return undefined;
	}
}
