import { posix } from 'node:path';
import { bunVersionIn } from '#core/toolchain/bun-version.ts';
import { isVersion, newestIn } from '#core/toolchain/newest.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork } from './inputs.ts';
import { wordOf } from './setup-process.ts';
import { findTool, runPublished } from './setup-tool.ts';

const known = [
	...[
		'bun-version',
		'bun-version-file',
		'bun-download-url',
		'registries',
		'registry-url',
		'scope',
		'no-cache',
		'token',
	],
];
const published = ['bun-download-url', 'registries', 'registry-url'];

/** Does `oven-sh/setup-bun`. */
export async function setupBun(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const special = published.find((name) => inputs.text(name) !== '');
		if (special !== undefined) return await runPublished(job, caller, call, `\`${special}\` is asked for`);
		const asked = (await askedVersion(job, inputs)).replace(/^(?:bun-)?v(?=\d)/, '');
		if (/^canary$|^[0-9a-f]{40}$/.test(asked))
			return await runPublished(job, caller, call, `${asked} is no release of Bun`);
		const found = await findTool(job, {
			tool: 'bun',
			asked,
			pick: (versions) => newestIn(asked === 'latest' ? '*' : asked, versions),
			checksLatest: !isVersion(asked),
			machine: 'last',
		});
		if (found.at === 'not here') return await runPublished(job, caller, call, found.why);
		const { version, folder } = found.tool;
		const bin = `${folder}/bin`;
		job.path.unshift(bin);
		job.path.unshift(`${job.room.home}/.bun/bin`);
		const revision = await wordOf(job, { argv: [`${bin}/bun`, '--revision'], timeout: call.timeout });
		job.log.say(`Bun ${revision} @ ${folder}`);
		return doneWork({
			'bun-version': version,
			'bun-revision': revision,
			'bun-path': `${bin}/bun`,
			'bun-download-url': '',
			'cache-hit': String(found.from !== 'fetched'),
		});
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

async function askedVersion({ room }: RunningJob, inputs: BuiltInInputs): Promise<string> {
	const [version, file] = [inputs.text('bun-version'), inputs.text('bun-version-file')];
	if (version !== '') return version;
	for (const name of file === '' ? ['package.json'] : [file]) {
		const text = await room.get(posix.resolve(room.workspace, name), 1024 * 1024);
		if (text === undefined && file !== '') throw new Error(`The file ${file} does not exist`);
		const found = text === undefined ? undefined : bunVersionIn(name, text);
		if (found !== undefined) return found;
	}
	return 'latest';
}
