import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import { lt } from 'semver';
import { ok } from '#core/result.ts';
import { goSemver, goVersionIn, pickGo } from '#core/toolchain/go-version.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, messageOf, warned } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { askInRoom, wordOf } from './setup-process.ts';
import { findTool, isOwnArchitecture, runPublished } from './setup-tool.ts';

const known = [
	...['go-version', 'go-version-file', 'check-latest', 'token', 'cache', 'cache-dependency-path', 'architecture'],
	'go-download-base-url',
];

/** Does `actions/setup-go`. */
export async function setupGo(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const { timeout } = call;
	const annotations: Work['annotations'][number][] = [];
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		if (inputs.text('go-version') !== '' && inputs.text('go-version-file') !== '') {
			const message = 'Both go-version and go-version-file inputs are specified, only go-version will be used';
			annotations.push(warned(job, message));
		}
		const asked = await askedVersion(job, call, inputs);
		job.env['GOTOOLCHAIN'] = 'local';
		job.log.say(`Setup go version spec ${asked}`);
		if (asked === '')
			job.log.say('Warning: go-version input was not specified. The action will try to use pre-installed version.');
		else {
			const why = whyPublished(inputs) ?? (await addGo(job, asked, inputs.flag('check-latest')));
			if (why !== undefined) return await runPublished(job, caller, call, why);
		}
		const env = await goEnvironment(job, timeout);
		const folder = `${env.get('GOPATH') ?? `${job.room.home}/go`}/bin`;
		await wordOf(job, { argv: ['mkdir', '-p', folder], timeout });
		job.path.unshift(folder);
		const version = (env.get('GOVERSION') ?? '').replace(/^go/, '');
		const outputs: { [name: string]: string } = { 'go-version': version };
		if (inputs.flag('cache', true)) {
			try {
				outputs['cache-hit'] = String(await restored(job, caller, { call, inputs, version, env }));
			} catch (error) {
				if (timeout.aborted || job.stop.signal.aborted) throw error;
				annotations.push(warned(job, `Restore cache failed: ${messageOf(error)}`));
			}
		}
		job.matchers.add(async () => ok(matcher), 'go.json');
		job.log.say(`go version go${version} ${env.get('GOOS')}/${env.get('GOARCH')}`);
		return doneWork(outputs, annotations);
	} catch (error) {
		return failedWork(job, timeout, error);
	}
}

/** Empty when the step asks for none. */
async function askedVersion(job: RunningJob, { env }: ActionStep, inputs: BuiltInInputs): Promise<string> {
	const [asked, file] = [inputs.text('go-version'), inputs.text('go-version-file')];
	if (asked !== '' || file === '') return asked;
	const text = await job.room.get(posix.resolve(job.room.workspace, file), 1024 * 1024);
	if (text === undefined) throw new Error(`The specified go version file at: ${file} does not exist`);
	return goVersionIn(file, text, env['GOTOOLCHAIN'] === 'local');
}

function whyPublished(inputs: BuiltInInputs): string | undefined {
	if (inputs.text('go-download-base-url') !== '') return 'the step names a place of its own to download Go from';
	const architecture = inputs.text('architecture');
	return isOwnArchitecture(architecture) ? undefined : `${architecture} is not the architecture of this machine`;
}

/** Why it could not; undefined when Go is in the PATH. */
async function addGo(job: RunningJob, asked: string, checksLatest: boolean): Promise<string | undefined> {
	const found = await findTool(job, {
		tool: 'go',
		asked,
		pick: (versions) => pickGo(asked, versions),
		// What these mean changes with time.
		checksLatest: checksLatest || asked === 'stable' || asked === 'oldstable',
		machine: 'first',
	});
	if (found.at === 'not here') return found.why;
	const { tool, from } = found;
	if (asked === 'stable' || asked === 'oldstable') job.log.say(`${asked} version resolved as ${tool.version}`);
	if (from !== 'fetched') job.log.say(`Found in cache @ ${tool.folder}`);
	job.path.unshift(`${tool.folder}/bin`);
	job.log.say('Added go to the path');
	if (lt(goSemver(tool.version) ?? '1.9.0', '1.9.0')) job.env['GOROOT'] = tool.folder;
	job.log.say(`Successfully set up Go version ${asked}`);
	return undefined;
}

async function goEnvironment(job: RunningJob, timeout: AbortSignal): Promise<ReadonlyMap<string, string>> {
	const { exitCode, output } = await askInRoom(job, { argv: ['go', 'env', '-json'], timeout });
	if (exitCode !== 0) throw new Error(output.trim() || 'go env failed');
	return new Map(Object.entries(JSON.parse(output) as { readonly [name: string]: string }));
}

interface Restoring {
	readonly call: ActionStep;
	readonly inputs: BuiltInInputs;
	readonly version: string;
	readonly env: ReadonlyMap<string, string>;
}

async function restored(job: RunningJob, caller: Frame, { call, inputs, version, env }: Restoring): Promise<boolean> {
	const named = inputs.lines('cache-dependency-path');
	const patterns = named.length > 0 ? named : [await dependencyFile(job)];
	const image = runnerOs(job) === 'Linux' ? `${job.env['ImageOS'] ?? 'footbridge'}-` : '';
	const key = `setup-go-${runnerOs(job)}-${process.arch}-${image}go-${version}-${await hashOfFiles(job, patterns)}`;
	const paths = ['GOMODCACHE', 'GOCACHE'].flatMap((name) => env.get(name) ?? []);
	const cache = { key, paths, missing: 'Cache is not found', saved: 'Cache saved with the key' };
	return (await restoreDependencies(job, caller, { call, cache })) !== undefined;
}

/** As of version 6 the original looks at `go.mod`, and at `go.sum` before. */
async function dependencyFile({ room }: RunningJob): Promise<string> {
	const names = await readdir(room.hostPath(room.workspace));
	const found = ['go.sum', 'go.mod'].find((name) => names.includes(name));
	if (found !== undefined) return found;
	throw new Error(`Dependencies file is not found in ${room.workspace}. Supported file pattern: go.mod`);
}

const matcher = JSON.stringify({
	problemMatcher: [
		{
			owner: 'go',
			pattern: [{ regexp: '^\\s*(\\S.*\\.go):(?:(\\d+):(\\d+):)? (.*)$', file: 1, line: 2, column: 3, message: 4 }],
		},
	],
});
