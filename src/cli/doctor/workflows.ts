import { type LintFiles, readLintFiles } from '#cli/lint/files.ts';
import { assign } from '#core/job/runs-on.ts';
import { openLintedFile } from '#core/lint/linted-file.ts';
import { type NeededTool, toolsNeeded } from '#core/lint/tools-needed.ts';
import { ProblemError } from '#core/result.ts';
import { type Check, installs } from './check.ts';
import { programPath } from './program-path.ts';

/** What the workflows of a folder's repository need and this machine lacks. `path` is the PATH that jobs have here. */
export async function workflowChecks(folder: string, path: string | undefined): Promise<readonly Check[]> {
	const files = await readLintFiles(folder).catch((error: unknown) => {
		if (error instanceof ProblemError) return undefined;
		throw error;
	});
	if (files === undefined)
		return [{ name: 'workflows', state: 'fine', says: 'there are none here', command: 'footbridge init' }];
	const needed = [...files.workflows, ...files.actions].flatMap(([name, text]) => {
		const file = openLintedFile(name, text);
		return file === undefined
			? []
			: toolsNeeded(file, (runsOn) => assign(runsOn, files.runners, process.platform).skip);
	});
	const missing = needed.filter((use) => use.kind === 'tool' && programPath(use.name, path) === undefined);
	const lacking = [...Map.groupBy(missing, ({ name }) => name)].map(([name, uses]) => lackOf(name, uses));
	const skipped = needed.filter(({ kind }) => kind === 'skip');
	return [summary(files, lacking.length), ...skippedCheck(skipped), ...lacking];
}

function summary({ workflows, actions }: LintFiles, lacking: number): Check {
	const count = workflows.size + actions.size;
	const says = `${count} ${count === 1 ? 'file' : 'files'}; ${lacking === 0 ? 'every program that they call is here' : `${lacking} of the programs that they call ${lacking === 1 ? 'is' : 'are'} not here`}`;
	return { name: 'workflows', state: 'fine', says };
}

function skippedCheck(skipped: readonly NeededTool[]): readonly Check[] {
	if (skipped.length === 0) return [];
	const first = skipped[0];
	const says = `${skipped.length} ${skipped.length === 1 ? 'job is' : 'jobs are'} skipped here: ${first?.name ?? ''} (${first?.where ?? ''})`;
	return [{ name: 'runs-on', state: 'good', says }];
}

function lackOf(name: string, uses: readonly NeededTool[]): Check {
	const where = uses[0]?.where ?? '';
	const callers = uses.length === 1 ? `${where} calls it` : `${where} and ${uses.length - 1} more call it`;
	const own = programPath(name);
	if (own !== undefined) {
		// A disposable job has the system's folders in PATH and cannot look into a home.
		const says = `is ${own}, which disposable jobs do not find: ${callers}`;
		return { name, state: 'good', says, command: 'footbridge run --in host' };
	}
	const command = howToInstall[name] ?? installs(debianNames[name] ?? name, brewNames[name] ?? name);
	return { name, state: 'good', says: `is not there: ${callers}`, command };
}

const debianNames: { readonly [tool: string]: string } = {
	node: 'nodejs',
	python: 'python-is-python3',
	pip: 'python3-pip',
	pip3: 'python3-pip',
	go: 'golang',
	gofmt: 'golang',
	java: 'default-jdk',
	javac: 'default-jdk',
	mvn: 'maven',
	'g++': 'g++',
	clang: 'clang',
	ninja: 'ninja-build',
	'docker-compose': 'docker-compose',
	docker: 'docker.io',
	psql: 'postgresql-client',
	mysql: 'default-mysql-client',
	'redis-cli': 'redis-tools',
	xvfb: 'xvfb',
	bundle: 'ruby-bundler',
	autoreconf: 'autoconf automake libtool',
};

const brewNames: { readonly [tool: string]: string } = {
	mvn: 'maven',
	java: 'openjdk',
	javac: 'openjdk',
	psql: 'libpq',
	'redis-cli': 'redis',
	'g++': 'gcc',
	autoreconf: 'autoconf automake libtool',
};

/** What no package manager of the system brings. */
const howToInstall: { readonly [tool: string]: string } = {
	pnpm: 'npm install --global pnpm',
	yarn: 'npm install --global yarn',
	bun: 'npm install --global bun',
	tsc: 'npm install --global typescript',
	uv: 'python3 -m pip install --user uv',
	poetry: 'python3 -m pip install --user poetry',
	tox: 'python3 -m pip install --user tox',
	ruff: 'python3 -m pip install --user ruff',
	pytest: 'python3 -m pip install --user pytest',
	cargo: 'curl --proto "=https" -sSf https://sh.rustup.rs | sh',
	rustc: 'curl --proto "=https" -sSf https://sh.rustup.rs | sh',
	rustup: 'curl --proto "=https" -sSf https://sh.rustup.rs | sh',
	pwsh: 'see https://learn.microsoft.com/powershell/scripting/install/installing-powershell',
	dotnet: 'see https://learn.microsoft.com/dotnet/core/install',
	kubectl: 'see https://kubernetes.io/docs/tasks/tools',
	helm: 'see https://helm.sh/docs/intro/install',
	terraform: 'see https://developer.hashicorp.com/terraform/install',
	deno: 'npm install --global deno',
};
