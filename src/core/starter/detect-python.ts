import type { RepositoryFolder } from './repository-folder.ts';
import type { Detector, StarterStep } from './starter-job.ts';

/** A pyproject.toml, requirements, setup.py, tox.ini or plain tests: installed by uv, poetry or pip, tested by pytest, tox or unittest. */
export const detectPython: Detector = (folder) => {
	const markers = [
		'pyproject.toml',
		'setup.py',
		'setup.cfg',
		'tox.ini',
		'Pipfile',
		'manage.py',
		...requirementsOf(folder),
	].filter((name) => folder.has(name));
	const tests = folder.names(/^((tests?|\w+)\/)?(test_\w+|\w+_test)\.py$/);
	if (markers.length === 0 && tests.length === 0) return undefined;
	// A pyproject.toml of a tool alone, as in a repository of another language, is no project.
	const isOnlyTool =
		markers.length === 1 &&
		markers[0] === 'pyproject.toml' &&
		!/^\[(project|build-system|tool\.(poetry|uv|pdm|hatch))/m.test(folder.text('pyproject.toml'));
	if (isOnlyTool && tests.length === 0) return undefined;
	const installer = installerOf(folder);
	const install = installer.steps(folder);
	const checks = checksOf(folder, installer.prefix, tests.length > 0);
	return {
		language: 'Python',
		folder: folder.path,
		because: [markers[0] ?? tests[0] ?? '', installer.because, checks.because].filter((text) => text !== ''),
		steps: [...install, ...checks.steps],
	};
};

interface Installer {
	readonly because: string;
	/** Before every command of the project. */
	readonly prefix: string;
	steps(folder: RepositoryFolder): readonly StarterStep[];
}

function installerOf(folder: RepositoryFolder): Installer {
	if (folder.has('uv.lock')) {
		const install = toolStep('uv');
		return {
			because: 'uv.lock: uv',
			prefix: 'uv run ',
			steps: () => [
				install,
				{ name: 'Install dependencies', run: 'uv sync --locked --all-extras', why: 'Exactly what uv.lock names.' },
			],
		};
	}
	if (folder.has('poetry.lock') || /^\[tool\.poetry\]/m.test(folder.text('pyproject.toml'))) {
		const because = folder.has('poetry.lock') ? 'poetry.lock: poetry' : 'pyproject.toml: poetry';
		return {
			because,
			prefix: 'poetry run ',
			steps: () => [toolStep('poetry'), { name: 'Install dependencies', run: 'poetry install --no-interaction' }],
		};
	}
	return { because: '', prefix: '', steps: pipSteps };
}

function toolStep(name: 'uv' | 'poetry'): StarterStep {
	return {
		name: `Install ${name}`,
		why: 'Only where the machine does not have it.',
		run: [
			`if ! command -v ${name}; then`,
			`  python3 -m venv "$HOME/.${name}-tool"`,
			`  "$HOME/.${name}-tool/bin/pip" install ${name}`,
			`  echo "$HOME/.${name}-tool/bin" >> "$GITHUB_PATH"`,
			'fi',
		].join('\n'),
	};
}

/** Into an environment of its own; nothing where the project needs nothing. */
function pipSteps(folder: RepositoryFolder): readonly StarterStep[] {
	const project = folder.text('pyproject.toml');
	const isPackage = /^\[(project|build-system)\]/m.test(project) || folder.has('setup.py');
	const extras = ['dev', 'test', 'tests', 'testing'].filter((name) =>
		new RegExp(`^${name}\\s*=`, 'm').test(sectionOf(project, 'project.optional-dependencies')),
	);
	const groups = ['dev', 'test'].filter((name) =>
		new RegExp(`^${name}\\s*=`, 'm').test(sectionOf(project, 'dependency-groups')),
	);
	const usesTox = folder.has('tox.ini');
	const installs = [
		...requirementsOf(folder).map((name) => `pip install -r ${name}`),
		...(isPackage ? [`pip install -e ${extras.length === 0 ? '.' : `'.[${extras.join(',')}]'`}`] : []),
		...groups.map((name) => `pip install --group ${name}`),
		...(usesTox ? ['pip install tox'] : []),
		...(!usesTox && usesPytest(folder) && !/\bpytest\b/.test(dependencyText(folder)) ? ['pip install pytest'] : []),
	];
	if (installs.length === 0) return [];
	return [
		{
			name: 'Make an environment',
			why: 'The later steps find python, pip and what is installed in it first.',
			run: ['python3 -m venv "$RUNNER_TEMP/venv"', 'echo "$RUNNER_TEMP/venv/bin" >> "$GITHUB_PATH"'].join('\n'),
		},
		{ name: 'Install dependencies', run: installs.join('\n') },
	];
}

function checksOf(
	folder: RepositoryFolder,
	prefix: string,
	hasTests: boolean,
): { readonly because: string; readonly steps: readonly StarterStep[] } {
	const dependencies = dependencyText(folder);
	const has = (name: string) => new RegExp(`\\b${name}\\b`).test(dependencies);
	const steps: StarterStep[] = [
		...(has('ruff') ? [{ name: 'Lint', run: `${prefix}ruff check .` }] : []),
		...(has('flake8') ? [{ name: 'Lint with flake8', run: `${prefix}flake8` }] : []),
		...(has('mypy') ? [{ name: 'Types', run: `${prefix}mypy .` }] : []),
	];
	if (folder.has('tox.ini'))
		return { because: 'tox.ini: tox', steps: [...steps, { name: 'Test', run: `${prefix}tox` }] };
	if (usesPytest(folder)) return { because: 'pytest', steps: [...steps, { name: 'Test', run: `${prefix}pytest` }] };
	if (folder.has('manage.py'))
		return { because: 'manage.py: Django', steps: [...steps, { name: 'Test', run: `${prefix}python manage.py test` }] };
	if (hasTests) {
		const where =
			folder.names(/^tests\/test_\w+\.py$/).length > 0 && !folder.has('tests/__init__.py') ? ' -s tests' : '';
		const python = prefix === '' ? 'python3' : `${prefix}python`;
		return {
			because: 'tests without pytest: unittest',
			steps: [...steps, { name: 'Test', run: `${python} -m unittest discover${where} -v` }],
		};
	}
	const why = 'There are no tests yet: this finds what cannot be read.';
	return {
		because: 'no tests',
		steps: [
			...steps,
			{ name: 'Compile', run: `${prefix === '' ? 'python3' : `${prefix}python`} -m compileall -q .`, why },
		],
	};
}

function usesPytest(folder: RepositoryFolder): boolean {
	const isConfigured = /^\[(tool\.pytest|pytest\]|tool:pytest)/m.test(
		`${folder.text('pyproject.toml')}\n${folder.text('setup.cfg')}\n${folder.text('tox.ini')}`,
	);
	return (
		folder.has('pytest.ini') ||
		folder.has('conftest.py') ||
		folder.has('tests/conftest.py') ||
		isConfigured ||
		/\bpytest\b/.test(dependencyText(folder))
	);
}

function requirementsOf(folder: RepositoryFolder): readonly string[] {
	return folder.names(/^((dev|test)-)?requirements([-_.](dev|test|tests|testing))?\.txt$/);
}

function dependencyText(folder: RepositoryFolder): string {
	return [...requirementsOf(folder), 'pyproject.toml', 'setup.cfg', 'setup.py', 'Pipfile']
		.map((name) => folder.text(name))
		.join('\n');
}

/** The lines of a section of a TOML file. */
function sectionOf(text: string, name: string): string {
	const lines = text.split('\n');
	const start = lines.findIndex((line) => line.trim() === `[${name}]`);
	if (start < 0) return '';
	const end = lines.findIndex((line, index) => index > start && /^\s*\[/.test(line) && !/^\s*\[[^\]]*$/.test(line));
	return lines.slice(start + 1, end < 0 ? undefined : end).join('\n');
}
