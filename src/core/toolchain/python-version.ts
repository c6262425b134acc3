import { parse as parseToml } from 'smol-toml';
import { fieldOf, textOf } from './fields.ts';
import { isVersion, newestIn } from './newest.ts';

/** Why a version of Python is none that can be had here; undefined for one of CPython with its lock. */
export function whyNoPython(asked: string): string | undefined {
	if (/^(pypy|graalpy)/i.test(asked)) return `${asked} is not CPython`;
	if (/^\d+\.\d+(?:\.\d+)?t(?:-dev)?$/.test(asked)) return `${asked} is a build without the global lock`;
	return undefined;
}

/** The version that `python-version` names among those that there are. */
export function pickPython(
	asked: string,
	versions: readonly string[],
	{ allowsPrereleases = false }: { readonly allowsPrereleases?: boolean } = {},
): string | undefined {
	const range = asked
		.trim()
		.replace(/^(\d+)\.(\d+)-dev$/, '~$1.$2.0-0')
		.replaceAll(/(\d+\.\d+\.\d+)((?:a|b|rc)\d*)/g, '$1-$2');
	return (
		newestIn(range, versions) ??
		(allowsPrereleases && /^\d+\.\d+$/.test(range) ? newestIn(`~${range}.0-0`, versions) : undefined)
	);
}

/** The versions that `.python-version`, `.tool-versions`, `pyproject.toml` or `Pipfile` names. */
export function pythonVersionsIn(file: string, text: string): readonly string[] {
	if (file.endsWith('.toml')) return ofPyproject(text);
	if (file.endsWith('Pipfile')) return ofPipfile(text);
	if (file.endsWith('.tool-versions')) return listed(/^\s*python\s+([^#\n]+)/m.exec(text)?.[1] ?? '');
	return text
		.split(/\r?\n/)
		.map((line) => line.trim())
		.filter((line) => line !== '' && !line.startsWith('#'));
}

function ofPyproject(text: string): readonly string[] {
	const project = tomlOf(text);
	const asked =
		textOf(fieldOf(project, 'project', 'requires-python')) ??
		textOf(fieldOf(project, 'tool', 'poetry', 'dependencies', 'python'));
	return asked === undefined ? [] : [rangeOf(asked)];
}

function ofPipfile(text: string): readonly string[] {
	const requires = fieldOf(tomlOf(text), 'requires');
	const asked = textOf(fieldOf(requires, 'python_full_version')) ?? textOf(fieldOf(requires, 'python_version'));
	return asked === undefined ? [] : [asked];
}

/** Commas separate what must all hold, and `==` is what semver writes `=`. */
function rangeOf(specifier: string): string {
	return specifier
		.split(',')
		.map((part) => part.trim())
		.filter((part) => part !== '' && !part.startsWith('!='))
		.map((part) =>
			part
				.replace(/^===?/, '=')
				.replace(/^~=\s*(\d+)\.\d+$/, (whole, major) => `>=${whole.slice(2).trim()} <${Number(major) + 1}`)
				.replace(/^~=/, '~'),
		)
		.join(' ');
}

function listed(text: string): readonly string[] {
	return text
		.trim()
		.split(/\s+/)
		.filter((version) => version !== '' && (isVersion(version) || /\d/.test(version)));
}

function tomlOf(text: string): unknown {
	try {
		return parseToml(text);
	} catch {
		return undefined;
	}
}
