import type { RepositoryFolder } from './repository-folder.ts';
import type { Detector, StarterStep } from './starter-job.ts';

type Manager = 'npm' | 'pnpm' | 'yarn' | 'bun';

/** The parts of a package.json that say how it is built and tested. */
interface Manifest {
	readonly scripts: { readonly [name: string]: string };
	readonly packageManager: string;
	readonly node: string;
	readonly hasDependencies: boolean;
}

/** A package.json: its package manager by lockfile, its scripts, its version of Node. */
export const detectNode: Detector = (folder) => {
	if (!folder.has('package.json')) return undefined;
	const manifest = manifestOf(folder.text('package.json'));
	if (manifest === undefined) return undefined;
	const { manager, version, lockfile, because } = managerOf(folder, manifest);
	const scripts = wantedScripts.flatMap(({ names, title }) => {
		const name = names.find(
			(other) => manifest.scripts[other] !== undefined && !isEmptyScript(manifest.scripts[other]),
		);
		return name === undefined ? [] : [{ name, title }];
	});
	const tests = scripts.some(({ title }) => title === 'Test') ? [] : ownTests(folder);
	const asked = askedVersion(folder, manifest);
	const steps = [
		...(asked === undefined ? [] : [versionStep(asked)]),
		...(manager === 'npm' ? [] : [managerStep(manager, version)]),
		...(manifest.hasDependencies || lockfile !== undefined ? [installStep(manager, lockfile, version)] : []),
		...scripts.map(({ name, title }) => ({
			name: title,
			run: name === 'test' && manager !== 'bun' ? `${manager} test` : `${manager} run ${name}`,
		})),
		...tests,
	];
	const list = scripts.map(({ name }) => name).join(', ');
	return {
		language: 'Node',
		folder: folder.path,
		because: [
			'package.json',
			because,
			list === '' ? 'no scripts to check it' : `scripts ${list}`,
			...(asked === undefined ? [] : [`${asked.file}: Node ${asked.major}`]),
		],
		steps,
	};
};

const wantedScripts: readonly { readonly names: readonly string[]; readonly title: string }[] = [
	{ title: 'Lint', names: ['lint', 'lint:check', 'eslint'] },
	{ title: 'Format', names: ['format:check', 'check:format', 'prettier:check', 'check-format'] },
	{ title: 'Types', names: ['typecheck', 'type-check', 'check-types', 'types', 'tsc'] },
	{ title: 'Build', names: ['build'] },
	{ title: 'Test', names: ['test:ci', 'test'] },
];

/** What `npm init` writes is no test. */
function isEmptyScript(script: string | undefined): boolean {
	return script === undefined || /no test specified/.test(script);
}

/** Node's own test runner finds these without a script. */
function ownTests(folder: RepositoryFolder): readonly StarterStep[] {
	const files = folder.names(/^((test|tests)\/.+|.+[.-]test)\.[cm]?js$/);
	return files.length === 0
		? []
		: [{ name: 'Test', run: 'node --test', why: 'There is no test script: the runner of Node finds the tests.' }];
}

function manifestOf(text: string): Manifest | undefined {
	let parsed: unknown;
	try {
		parsed = JSON.parse(text.replace(/^\ufeff/, ''));
	} catch {
		return undefined;
	}
	const textAt = (value: unknown) => (typeof value === 'string' ? value : '');
	const scripts = Object.entries(recordAt(parsed, 'scripts')).filter(
		(entry): entry is [string, string] => typeof entry[1] === 'string',
	);
	return {
		scripts: Object.fromEntries(scripts),
		packageManager: textAt(recordOf(parsed)['packageManager']),
		node: textAt(recordAt(parsed, 'engines')['node']),
		hasDependencies:
			['dependencies', 'devDependencies', 'optionalDependencies'].some(
				(key) => Object.keys(recordAt(parsed, key)).length > 0,
			) || recordOf(parsed)['workspaces'] !== undefined,
	};
}

function recordOf(value: unknown): { readonly [key: string]: unknown } {
	return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

function recordAt(value: unknown, key: string): { readonly [key: string]: unknown } {
	return recordOf(recordOf(value)[key]);
}

const lockfiles: readonly (readonly [file: string, manager: Manager])[] = [
	['pnpm-lock.yaml', 'pnpm'],
	['yarn.lock', 'yarn'],
	['bun.lock', 'bun'],
	['bun.lockb', 'bun'],
	['package-lock.json', 'npm'],
	['npm-shrinkwrap.json', 'npm'],
];

function managerOf(folder: RepositoryFolder, { packageManager }: Manifest) {
	const [, named, version] = /^(npm|pnpm|yarn|bun)@(\d+\.\d+\.\d+)/.exec(packageManager) ?? [];
	const lock = lockfiles.find(([file, manager]) => folder.has(file) && (named === undefined || named === manager));
	const manager = lockfiles.find(([, other]) => other === named)?.[1] ?? lock?.[1] ?? 'npm';
	const because =
		named === undefined ? `${lock === undefined ? 'no lockfile' : lock[0]}: ${manager}` : `packageManager: ${manager}`;
	return { manager, version, lockfile: lock?.[0], because };
}

function managerStep(manager: Manager, version: string | undefined): StarterStep {
	// Yarn from 2 on is another package.
	const isModernYarn = manager === 'yarn' && version !== undefined && !version.startsWith('1.');
	const packageName = isModernYarn ? '@yarnpkg/cli-dist' : manager;
	const wanted = version === undefined ? packageName : `${packageName}@${version}`;
	const test = version === undefined ? `command -v ${manager}` : `[ "$(${manager} --version)" = ${version} ]`;
	return {
		name: `Install ${manager}`,
		why: 'Only where the machine does not have it.',
		run: [
			`if ! ${test}; then`,
			`  npm install --global --prefix "$HOME/.local" ${wanted}`,
			'  echo "$HOME/.local/bin" >> "$GITHUB_PATH"',
			'fi',
		].join('\n'),
	};
}

function installStep(manager: Manager, lockfile: string | undefined, version: string | undefined): StarterStep {
	const isModernYarn = manager === 'yarn' && version !== undefined && !version.startsWith('1.');
	const locked: { readonly [name in Manager]: string } = {
		npm: 'npm ci',
		pnpm: 'pnpm install --frozen-lockfile',
		yarn: isModernYarn ? 'yarn install --immutable' : 'yarn install --frozen-lockfile',
		bun: 'bun install --frozen-lockfile',
	};
	if (lockfile === undefined)
		return {
			name: 'Install dependencies',
			run: `${manager} install`,
			why: 'Commit a lockfile, so that every run gets the same versions.',
		};
	return { name: 'Install dependencies', run: locked[manager], why: `Exactly what ${lockfile} names.` };
}

interface AskedVersion {
	readonly file: string;
	readonly major: string;
	/** `>=20`: a later one is right, too. */
	readonly isLeast: boolean;
}

function askedVersion(folder: RepositoryFolder, { node }: Manifest): AskedVersion | undefined {
	for (const file of ['.nvmrc', '.node-version']) {
		const major = /^v?(\d+)/.exec(folder.text(file).trim())?.[1];
		if (major !== undefined) return { file, major, isLeast: false };
	}
	const [, sign = '', major] = /^\s*(\^|~|>=?|=)?\s*v?(\d+)/.exec(node) ?? [];
	return major === undefined ? undefined : { file: 'engines.node', major, isLeast: sign.startsWith('>') };
}

function versionStep({ file, major, isLeast }: AskedVersion): StarterStep {
	const operator = isLeast ? '-lt' : '-ne';
	return {
		name: 'Node version',
		why: `${file} asks for Node ${major}${isLeast ? ' or later' : ''}. This takes the machine's own; on GitHub, actions/setup-node brings another one.`,
		run: [
			'node --version',
			`if [ "$(node -p 'process.versions.node.split(".")[0]')" ${operator} ${major} ]; then`,
			`  echo "::warning::${file} asks for Node ${major}, and this is $(node --version)"`,
			'fi',
		].join('\n'),
	};
}
