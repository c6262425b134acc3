import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { lint } from '../lint/lint.ts';
import { starterFor } from './starter.ts';

type Files = { readonly [path: string]: string };

interface Workflow {
	readonly jobs: {
		readonly [id: string]: {
			readonly name: string;
			readonly defaults?: { readonly run: { readonly 'working-directory': string } };
			readonly steps: readonly {
				readonly uses?: string;
				readonly name?: string;
				readonly run?: string;
				readonly with?: object;
			}[];
		};
	};
}

function workflowFor(files: Files): Workflow {
	const { text } = starterFor({ paths: Object.keys(files), texts: new Map(Object.entries(files)) });
	assert.ok(text !== undefined);
	const findings = [...lint(new Map([['.github/workflows/ci.yml', text]]))].flat();
	assert.deepEqual(findings, [], text);
	return parse(text) as Workflow;
}

/** The commands of a job, a line each. */
function commands(files: Files, job?: string): readonly string[] {
	const { jobs } = workflowFor(files);
	const id = job ?? Object.keys(jobs)[0] ?? '';
	assert.equal(Object.keys(jobs).length, job === undefined ? 1 : Object.keys(jobs).length, Object.keys(jobs).join());
	return jobs[id]!.steps.flatMap(({ run }) => (run === undefined ? [] : run.split('\n').filter((line) => line !== '')));
}

const manifest = (content: object) => JSON.stringify(content);

describe('starterFor', () => {
	test('takes the package manager of Node from the lockfile, and the scripts that are there, in the order of what fails fast', () => {
		const scripts = { test: 'vitest', build: 'tsc -b', lint: 'eslint .', typecheck: 'tsc', start: 'x' };
		const files = { 'package.json': manifest({ scripts, dependencies: { a: '1' } }), 'package-lock.json': '' };
		assert.deepEqual(commands(files), ['npm ci', 'npm run lint', 'npm run typecheck', 'npm run build', 'npm test']);
		const last = (lockfile: string) => commands({ 'package.json': files['package.json'], [lockfile]: '' }).slice(-6);
		assert.deepEqual(last('pnpm-lock.yaml').slice(1), [
			'pnpm install --frozen-lockfile',
			'pnpm run lint',
			'pnpm run typecheck',
			'pnpm run build',
			'pnpm test',
		]);
		assert.deepEqual(last('yarn.lock').at(1), 'yarn install --frozen-lockfile');
		assert.deepEqual(last('bun.lock').slice(1), [
			'bun install --frozen-lockfile',
			'bun run lint',
			'bun run typecheck',
			'bun run build',
			'bun run test',
		]);
	});

	test('lets packageManager decide, with its version', () => {
		const found = commands({
			'package.json': manifest({ packageManager: 'yarn@4.5.0', scripts: { test: 'x' } }),
			'yarn.lock': '',
			'package-lock.json': '',
		});
		assert.deepEqual(found.slice(0, 2), [
			'if ! [ "$(yarn --version)" = 4.5.0 ]; then',
			'  npm install --global --prefix "$HOME/.local" @yarnpkg/cli-dist@4.5.0',
		]);
		assert.ok(found.includes('yarn install --immutable'));
	});

	test('installs nothing where nothing is needed, and takes what npm init writes for no test', () => {
		const scripts = { test: 'echo "Error: no test specified" && exit 1' };
		assert.deepEqual(commands({ 'package.json': manifest({ scripts }), 'sum.test.js': '' }), ['node --test']);
		assert.equal(
			starterFor({ paths: ['package.json'], texts: new Map([['package.json', manifest({ scripts })]]) }).text,
			undefined,
		);
	});

	test('warns of another version of Node than the one that is asked for', () => {
		const files = { 'package.json': manifest({ scripts: { test: 'x' }, engines: { node: '>=20.1' } }) };
		assert.ok(commands(files).some((line) => line.includes('-lt 20 ]')));
		assert.ok(commands({ ...files, '.nvmrc': 'v22.3.0\n' }).some((line) => line.includes('-ne 22 ]')));
		assert.equal(
			commands({ ...files, '.nvmrc': 'lts/*' }).some((line) => line.includes('-lt 20 ]')),
			true,
		);
	});

	test('survives a package.json that is none, or full of wrong types', () => {
		for (const text of [
			'',
			'[]',
			'null',
			'{',
			'{"scripts": 3}',
			'{"scripts": {"test": {}}}',
			'{"engines": "x", "dependencies": []}',
			'{"scripts":{"__proto__":"x"}}',
		]) {
			assert.equal(
				starterFor({ paths: ['package.json'], texts: new Map([['package.json', text]]) }).text,
				undefined,
				text,
			);
		}
	});

	test('tests Python by what it finds: uv, poetry, tox, pytest with its extras, or unittest', () => {
		assert.deepEqual(
			commands({ 'pyproject.toml': '[project]\nname="x"\n[tool.pytest.ini_options]\n', 'uv.lock': '' }).slice(-2),
			['uv sync --locked --all-extras', 'uv run pytest'],
		);
		assert.deepEqual(
			commands({
				'pyproject.toml': '[tool.poetry]\nname="x"\n[tool.poetry.group.dev.dependencies]\npytest = "*"\nruff = "*"',
			}).slice(-3),
			['poetry install --no-interaction', 'poetry run ruff check .', 'poetry run pytest'],
		);
		assert.deepEqual(
			commands({
				'pyproject.toml': '[project]\nname="x"\n[project.optional-dependencies]\ntest = [\n  "pytest",\n]\n',
				'tests/conftest.py': '',
			}).slice(-2),
			["pip install -e '.[test]'", 'pytest'],
		);
		assert.deepEqual(commands({ 'requirements.txt': 'flask', 'requirements-dev.txt': 'mypy\npytest' }).slice(-4), [
			'pip install -r requirements.txt',
			'pip install -r requirements-dev.txt',
			'mypy .',
			'pytest',
		]);
		assert.deepEqual(commands({ 'tox.ini': '[tox]\n' }).slice(-2), ['pip install tox', 'tox']);
		assert.deepEqual(commands({ 'test_sum.py': '', 'sum.py': '' }), ['python3 -m unittest discover -v']);
		assert.deepEqual(commands({ 'tests/test_sum.py': '' }), ['python3 -m unittest discover -s tests -v']);
		assert.deepEqual(commands({ 'requirements.txt': '' }).slice(-1), ['python3 -m compileall -q .']);
	});

	test('knows Go, Rust, Java and C by their build files', () => {
		assert.deepEqual(commands({ 'go.mod': 'module x' }).slice(1), ['go vet ./...', 'go build ./...', 'go test ./...']);
		assert.match(commands({ 'go.work': 'use ./a' })[3] ?? '', /^go list .* go -C \{\} test/);
		assert.deepEqual(commands({ 'Cargo.toml': '[package]', 'Cargo.lock': '', 'rustfmt.toml': '' }), [
			'cargo fmt --all --check',
			'cargo build --workspace --all-targets --locked',
			'cargo test --workspace --locked',
		]);
		assert.deepEqual(commands({ 'pom.xml': '', mvnw: '' }), ['./mvnw --batch-mode --no-transfer-progress verify']);
		assert.deepEqual(commands({ 'build.gradle.kts': '' }), ['gradle --no-daemon build']);
		assert.deepEqual(
			commands({ 'CMakeLists.txt': 'enable_testing()' }).at(-1),
			'ctest --test-dir build --output-on-failure',
		);
		assert.deepEqual(commands({ 'CMakeLists.txt': '' }).length, 2);
		assert.deepEqual(commands({ 'meson.build': '' }).at(-1), 'meson test -C build --print-errorlogs');
		assert.deepEqual(commands({ 'configure.ac': '', 'Makefile.am': '' }).at(-1), 'make check');
		assert.deepEqual(commands({ Makefile: 'CC := gcc\nall: x\nx:\n\ttrue\ntest: x\n' }), ['make', 'make test']);
	});

	test('makes a job for each language, and for each folder one level down where the root has none', () => {
		const { jobs } = workflowFor({
			'web/package.json': manifest({ scripts: { test: 'x' } }),
			'admin-ui/package.json': manifest({ scripts: { test: 'x' } }),
			'api/go.mod': 'module x',
			'node_modules/x/package.json': manifest({ scripts: { test: 'x' } }),
			Makefile: 'test:\n\tmake -C web test\n',
		});
		assert.deepEqual(Object.keys(jobs), ['node-admin-ui', 'go', 'node-web']);
		assert.equal(jobs['node-web']?.defaults?.run['working-directory'], 'web');
		assert.equal(jobs['go']?.name, 'Go (api)');
	});

	test('leaves the parts of a workspace to its root', () => {
		const { jobs } = workflowFor({
			'package.json': manifest({ workspaces: ['a'], scripts: { test: 'x' } }),
			'a/package.json': manifest({ scripts: { test: 'y' } }),
			'Cargo.toml': '',
			'core/Cargo.toml': '',
		});
		assert.deepEqual(Object.keys(jobs), ['node', 'rust']);
	});

	test('writes folder names that YAML and ids do not take as they are', () => {
		const { jobs } = workflowFor({ 'my app: #1/go.mod': '', 'my-app---1/go.mod': '', 'yes/go.mod': '' });
		assert.deepEqual(
			Object.values(jobs)
				.map((job) => job.defaults?.run['working-directory'])
				.sort(),
			['my app: #1', 'my-app---1', 'yes'],
		);
		assert.equal(Object.keys(jobs).length, 3);
		for (const id of Object.keys(jobs)) assert.match(id, /^[A-Za-z_][\w-]*$/);
	});

	test('checks out submodules and large files where there are any', () => {
		const { jobs } = workflowFor({
			'go.mod': '',
			'.gitmodules': '[submodule "x"]',
			'.gitattributes': '*.bin filter=lfs',
		});
		assert.deepEqual(jobs['go']?.steps[0]?.with, { submodules: 'recursive', lfs: true });
	});
});
