import { posix } from 'node:path';
import { ok } from '#core/result.ts';
import { newestIn } from '#core/toolchain/newest.ts';
import { isNpmNamed, nodeRange, nodeVersionIn } from '#core/toolchain/node-version.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, warned } from './inputs.ts';
import { nodeCache } from './setup-node-cache.ts';
import { configureRegistry } from './setup-node-registry.ts';
import { askInRoom } from './setup-process.ts';
import { findTool, isOwnArchitecture, runPublished } from './setup-tool.ts';

const known = [
	...['always-auth', 'node-version', 'node-version-file', 'architecture', 'check-latest', 'registry-url', 'scope'],
	...['token', 'cache', 'package-manager-cache', 'cache-dependency-path', 'mirror', 'mirror-token'],
];
const fileLimit = 1024 * 1024;

/** Does `actions/setup-node`. */
export async function setupNode(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const annotations: Work['annotations'][number][] = [];
		const asked = await askedVersion(job, inputs, (message) => annotations.push(warned(job, message)));
		if (inputs.text('architecture') !== '' && asked === '')
			annotations.push(
				warned(
					job,
					'`architecture` is provided but `node-version` is missing: the version and the architecture of Node are not changed',
				),
			);
		let version: string | undefined;
		if (asked !== '') {
			const why = whyPublished(inputs);
			const done = why === undefined ? await addNode(job, asked, inputs.flag('check-latest')) : { why };
			if ('why' in done) return await runPublished(job, caller, call, done.why);
			version = done.version;
		}
		version ??= await versionInPath(job, call.timeout);
		await configureRegistry(job, call, inputs);
		const cached = await nodeCache(job, caller, { call, inputs, isNamed: await isNamed(job, inputs, call) });
		for (const [owner, text] of Object.entries(matchers)) job.matchers.add(async () => ok(text), `${owner}.json`);
		return doneWork({ 'node-version': version, ...cached }, annotations);
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

/** Empty when the step asks for none. */
async function askedVersion(job: RunningJob, inputs: BuiltInInputs, warn: (message: string) => void): Promise<string> {
	const [asked, file] = [inputs.text('node-version'), inputs.text('node-version-file')];
	if (asked !== '' && file !== '')
		warn('Both node-version and node-version-file inputs are specified, only node-version will be used');
	if (asked !== '' || file === '') return asked;
	let path = posix.join(job.room.workspace, file);
	for (let hops = 0; hops < 10; hops++) {
		const text = await job.room.get(path, fileLimit);
		if (text === undefined) throw new Error(`The specified node version file at: ${path} does not exist`);
		const found = nodeVersionIn(text);
		if ('from' in found) {
			path = posix.resolve(posix.dirname(path), found.from);
			job.log.say(`Resolving node version from ${path}`);
			continue;
		}
		if (found.version === undefined) warn(`Could not determine node version from ${path}. Falling back`);
		job.log.say(`Resolved ${file} as ${found.version ?? ''}`);
		return found.version ?? '';
	}
	throw new Error(`The files that ${file} leads to lead nowhere`);
}

function whyPublished(inputs: BuiltInInputs): string | undefined {
	if (inputs.text('mirror') !== '') return 'the step names a mirror of its own';
	const architecture = inputs.text('architecture');
	return isOwnArchitecture(architecture) ? undefined : `${architecture} is not the architecture of this machine`;
}

async function addNode(
	job: RunningJob,
	asked: string,
	checksLatest: boolean,
): Promise<{ readonly version: string } | { readonly why: string }> {
	const wanted = nodeRange(asked);
	if ('why' in wanted) return wanted;
	const { range } = wanted;
	const found = await findTool(job, {
		tool: 'node',
		asked,
		pick: (versions) => newestIn(range, versions),
		checksLatest: checksLatest || range === '*',
		// Where the job may not install packages for everybody: better than nothing.
		machine: 'last',
	});
	if (found.at === 'not here') return { why: found.why };
	const { tool, from } = found;
	job.log.say(`${from === 'fetched' ? 'Node was put' : 'Found in cache'} @ ${tool.folder}`);
	job.path.unshift(`${tool.folder}/bin`);
	const brought = Object.entries(tool.brings ?? {}).map(([name, version]) => `${name}: ${version}`);
	for (const line of ['##[group]Environment details', `node: v${tool.version}`, ...brought, '##[endgroup]'])
		job.log.say(line);
	return { version: `v${tool.version}` };
}

/** Of the Node that the job has by itself; empty when it has none. */
async function versionInPath(job: RunningJob, timeout: AbortSignal): Promise<string> {
	const { exitCode, output } = await askInRoom(job, { argv: ['node', '--version'], timeout });
	const version = exitCode === 0 ? output.trim() : '';
	job.log.say(`node: ${version}`);
	return version;
}

/** Since version 5 the cache of npm is kept where a manifest names npm. */
async function isNamed(job: RunningJob, inputs: BuiltInInputs, { uses }: ActionStep): Promise<boolean> {
	if (/@v[1-4](?:\.|$)/.test(uses) || inputs.text('package-manager-cache').toLowerCase() === 'false') return false;
	if (inputs.text('cache') !== '') return false;
	const manifest = await job.room.get(`${job.room.workspace}/package.json`, fileLimit).catch(() => undefined);
	return manifest !== undefined && isNpmNamed(manifest);
}

/** What the messages of the compilers and linters of this language look like. */
const matchers = {
	tsc: matcher('tsc', [
		{
			regexp: '^(\\S.*?)[(:](\\d+)[,:](\\d+)\\)?:?\\s+(?:-\\s+)?(error|warning|info)\\s+TS(\\d+)\\s*:\\s*(.*)$',
			...{ file: 1, line: 2, column: 3, severity: 4, code: 5, message: 6 },
		},
	]),
	'eslint-stylish': matcher('eslint-stylish', [
		{ regexp: '^\\s*(\\S.*)$', file: 1 },
		{
			regexp: '^\\s+(\\d+):(\\d+)\\s+(error|warning|info)\\s+(.*)\\s\\s+(.*)$',
			...{ line: 1, column: 2, severity: 3, message: 4, code: 5 },
			loop: true,
		},
	]),
	'eslint-compact': matcher('eslint-compact', [
		{
			regexp: '^(.+): line (\\d+), col (\\d+), (Error|Warning|Info) - (.+) \\((.+)\\)$',
			...{ file: 1, line: 2, column: 3, severity: 4, message: 5, code: 6 },
		},
	]),
};

function matcher(owner: string, pattern: readonly object[]): string {
	return JSON.stringify({ problemMatcher: [{ owner, pattern }] });
}
