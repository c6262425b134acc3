import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ActionLock, parseLock } from '#core/action/lock.ts';
import { type ActionsConfiguration, usualActions } from '#core/actions-configuration.ts';
import { parseConfiguration } from '#core/configuration-file.ts';
import { ProblemError, type Result } from '#core/result.ts';

/** What the files of a repository on the disk say about its actions. Throws the first problem of a file that cannot be read. */
export async function actionSettings(
	root: string,
): Promise<{ readonly settings: ActionsConfiguration; readonly lock: ActionLock | undefined }> {
	const [configuration, lock] = await Promise.all(
		['footbridge.yaml', 'footbridge.lock'].map((name) => readFile(join(root, name), 'utf8').catch(() => undefined)),
	);
	return {
		settings:
			configuration === undefined ? usualActions : value(parseConfiguration(configuration, 'footbridge.yaml')).actions,
		lock: lock === undefined ? undefined : value(parseLock(lock, 'footbridge.lock')),
	};
}

function value<T>(result: Result<T>): T {
	if (result.ok) return result.value;
	throw new ProblemError(result.error[0] ?? { code: 'FB1501', what: 'footbridge.yaml cannot be read' });
}
