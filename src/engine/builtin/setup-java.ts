import { posix } from 'node:path';
import { isDistribution, javaSemver, javaVersionIn, pickJdk } from '#core/toolchain/java-version.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork, warned } from './inputs.ts';
import { hashOfFiles, restoreDependencies, runnerOs } from './setup-cache.ts';
import { isOwnArchitecture, runPublished } from './setup-tool.ts';

const known = [
	...['java-version', 'java-version-file', 'distribution', 'java-package', 'architecture', 'jdkFile', 'jdk-file'],
	...['check-latest', 'force-download', 'set-default', 'server-id', 'server-username', 'server-password'],
	...['server-username-env-var', 'server-password-env-var', 'settings-path', 'overwrite-settings', 'gpg-private-key'],
	...[
		'gpg-passphrase',
		'cache',
		'cache-dependency-path',
		'job-status',
		'token',
		'mvn-toolchain-id',
		'mvn-toolchain-vendor',
	],
	...['verify-signature', 'verify-signature-public-key', 'mvn-server-credentials', 'mvn-repositories'],
];
/** What only the published action does. */
const published = [
	...['jdkFile', 'jdk-file', 'gpg-private-key', 'mvn-toolchain-id', 'mvn-toolchain-vendor', 'mvn-server-credentials'],
	'mvn-repositories',
];

/** Does `actions/setup-java` with the JDKs that the machine has. */
export async function setupJava(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	const annotations: Work['annotations'][number][] = [];
	try {
		const inputs = new BuiltInInputs(job, call.inputs, known);
		const distribution = inputs.text('distribution').toLowerCase();
		const special = whyPublished(inputs, distribution);
		if (special !== undefined) return await runPublished(job, caller, call, special);
		const here = (await job.ports.toolchains.onMachine('java')).map(({ version, folder, brings }) => ({
			...{ version, folder },
			vendor: brings?.['vendor'] ?? '',
		}));
		const outputs: { [name: string]: string } = { distribution };
		for (const asked of await askedVersions(job, inputs)) {
			const found = pickJdk(asked, distribution, here);
			if (found === undefined) {
				const all = here.map(({ version, vendor }) => `${version} of ${vendor}`).join(', ');
				const why = `this machine has no JDK ${asked}${all === '' ? '' : `, it has ${all}`}`;
				return await runPublished(job, caller, call, why);
			}
			const { version, vendor, folder } = found.jdk;
			if (found.isOther)
				annotations.push(
					warned(job, `This machine has no JDK ${asked} of ${distribution}: ${version} of ${vendor} is used instead`),
				);
			const [major = ''] = javaSemver(version).split('.');
			job.env[`JAVA_HOME_${major}_${process.arch.toUpperCase()}`] = folder;
			if (inputs.flag('set-default', true)) {
				job.env['JAVA_HOME'] = folder;
				job.path.unshift(`${folder}/bin`);
			}
			for (const line of [
				'Java configuration:',
				`  Distribution: ${distribution}`,
				`  Version: ${version}`,
				`  Path: ${folder}`,
			])
				job.log.say(line);
			Object.assign(outputs, { version, path: folder });
		}
		await writeSettings(job, inputs);
		const cache = inputs.text('cache');
		if (cache !== '') outputs['cache-hit'] = await javaCache(job, caller, { call, inputs, cache });
		return doneWork(outputs, annotations);
	} catch (error) {
		return failedWork(job, call.timeout, error);
	}
}

function whyPublished(inputs: BuiltInInputs, distribution: string): string | undefined {
	const special = published.find((name) => inputs.text(name) !== '');
	if (special !== undefined) return `\`${special}\` is asked for`;
	if (!isDistribution(distribution))
		return `${distribution === '' ? 'no' : `the`} distribution ${distribution} is known here`;
	const kind = inputs.text('java-package') || 'jdk';
	if (kind !== 'jdk' && kind !== 'jre') return `a ${kind} is asked for`;
	if (inputs.flag('check-latest') || inputs.flag('force-download')) return 'the newest that there is is asked for';
	const architecture = inputs.text('architecture');
	return isOwnArchitecture(architecture) ? undefined : `${architecture} is not the architecture of this machine`;
}

async function askedVersions({ room }: RunningJob, inputs: BuiltInInputs): Promise<readonly string[]> {
	const versions = inputs.lines('java-version');
	if (versions.length > 0) return versions;
	const file = inputs.text('java-version-file');
	if (file === '') throw new Error('java-version or java-version-file input expected');
	const text = await room.get(posix.resolve(room.workspace, file), 1024 * 1024);
	const found = text === undefined ? undefined : javaVersionIn(file, text);
	if (found === undefined) throw new Error(`No supported version was found in file ${file}`);
	return [found];
}

/** Maven's settings, by which it finds its credentials in the environment. */
async function writeSettings({ room, log }: RunningJob, inputs: BuiltInInputs): Promise<void> {
	const folder = inputs.text('settings-path') || `${room.home}/.m2`;
	const file = posix.resolve(room.workspace, folder, 'settings.xml');
	const isAsked = inputs.text('server-id') !== '' || inputs.text('settings-path') !== '';
	// The home of the tier `host` is the user's own.
	if (room.tier === 'host' && !isAsked) return;
	if ((await room.get(file, 1024 * 1024)) !== undefined && !inputs.flag('overwrite-settings', true)) return;
	const either = (name: string, otherwise: string) =>
		xml(inputs.text(`${name}-env-var`) || inputs.text(name) || otherwise);
	log.say(`Writing to ${file}`);
	await room.put(
		file,
		`<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <interactiveMode>false</interactiveMode>
  <servers>
    <server>
      <id>${xml(inputs.text('server-id') || 'github')}</id>
      <username>\${env.${either('server-username', 'GITHUB_ACTOR')}}</username>
      <password>\${env.${either('server-password', 'GITHUB_TOKEN')}}</password>
    </server>
  </servers>
</settings>
`,
	);
}

function xml(text: string): string {
	return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const tools: { readonly [name: string]: { readonly paths: readonly string[]; readonly files: readonly string[] } } = {
	maven: { paths: ['.m2/repository'], files: ['**/pom.xml'] },
	gradle: {
		paths: ['.gradle/caches', '.gradle/wrapper'],
		files: ['**/*.gradle*', '**/gradle-wrapper.properties', 'buildSrc/**/Versions.kt', 'gradle/*.versions.toml'],
	},
	sbt: {
		paths: ['.ivy2/cache', '.sbt', '.cache/coursier'],
		files: ['**/*.sbt', '**/project/build.properties', '**/project/**.scala', '**/project/**.sbt'],
	},
};

interface Caching {
	readonly call: ActionStep;
	readonly inputs: BuiltInInputs;
	readonly cache: string;
}

async function javaCache(job: RunningJob, caller: Frame, { call, inputs, cache: name }: Caching): Promise<string> {
	const tool = tools[name];
	if (tool === undefined) throw new Error(`unknown package manager specified: ${name}`);
	const named = inputs.lines('cache-dependency-path');
	const patterns = named.length > 0 ? named : tool.files;
	const hash = await hashOfFiles(job, patterns).catch(() => undefined);
	if (hash === undefined)
		throw new Error(
			`No file in ${job.room.workspace} matched to [${patterns.join(',')}], make sure you have checked out the target repository`,
		);
	const key = `setup-java-${runnerOs(job)}-${process.arch}-${name}-${hash}`;
	const paths = tool.paths.map((path) => `${job.room.home}/${path}`);
	const cache = { key, paths, missing: `${name} cache is not found`, saved: 'Cache saved with the key' };
	return String((await restoreDependencies(job, caller, { call, cache })) === key);
}
