import { posix } from 'node:path';
import { isVersion, newestIn } from '#core/toolchain/newest.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { findTool, runPublished } from './setup-tool.ts';

const known = ['deno-version', 'deno-version-file', 'deno-binary-name', 'cache', 'cache-hash'];

/** Does `denoland/setup-deno`. */
export async function setupDeno(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const asked = (await askedVersion(job, inputs)).replace(/^v(?=\d)/, '');
		const name = inputs.text('deno-binary-name') || 'deno';
		const why =
			name !== 'deno'
				? 'another name for the program is asked for'
				: /^(?:canary|rc|lts|[0-9a-f]{40})$/.test(asked)
					? `${asked} is no release of Deno that has a number`
					: undefined;
		if (why !== undefined) return await runPublished(job, caller, call, why);
		const found = await findTool(job, {
			tool: 'deno',
			asked,
			pick: (versions) => newestIn(asked === 'latest' ? '*' : asked, versions),
			checksLatest: !isVersion(asked),
			machine: 'last',
		});
		if (found.at === 'not here') return await runPublished(job, caller, call, found.why);
		const { version, folder } = found.tool;
		job.log.say(`Installing Deno ${version}.`);
		job.path.unshift(`${folder}/bin`, `${job.room.home}/.deno/bin`);
		job.env['DENO_INSTALL_ROOT'] = `${job.room.home}/.deno`;
		job.log.say('Installation complete.');
		const outputs = { 'deno-version': version, 'release-channel': 'stable' };
		if (!inputs.flag('cache') && inputs.text('cache-hash') === '') return doneWork(outputs);
		return doneWork({ ...outputs, 'cache-hit': await denoCache(job, caller, { call, inputs }) });
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

async function askedVersion({ room }: RunningJob, inputs: BuiltInInputs): Promise<string> {
	const [version, file] = [inputs.text('deno-version'), inputs.text('deno-version-file')];
	if (version !== '' || file === '') return version || '2.x';
	const text = await room.get(posix.resolve(room.workspace, file), 1024 * 1024);
	if (text === undefined) throw new Error(`The file ${file} does not exist`);
	return /^deno\s+(\S+)/m.exec(text)?.[1] ?? text.trim();
}

async function denoCache(
	job: RunningJob,
	caller: Frame,
	{ call, inputs }: { readonly call: ActionStep; readonly inputs: BuiltInInputs },
): Promise<string> {
	const folder = job.env['DENO_DIR'] ?? `${job.room.home}/.cache/deno`;
	job.env['DENO_DIR'] = folder;
	const hash = inputs.text('cache-hash') || (await hashOfFiles(job, ['**/deno.lock']).catch(() => 'none'));
	const prefix = `deno-cache-${runnerOs(job)}-${process.arch}-`;
	const cache = {
		...{ key: `${prefix}${hash}`, restoreKeys: [prefix], paths: [folder] },
		...{ missing: 'No cache found for this key.', saved: 'Cache saved with the key' },
	};
	return String((await restoreDependencies(job, caller, { call, cache })) !== undefined);
}
