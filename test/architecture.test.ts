import assert from 'node:assert/strict';
import { globSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';

const root = join(import.meta.dirname, '..');
const src = join(root, 'src');

/** Who may import whom; `type x` allows types only. What is not here is forbidden. */
const mayImport: { readonly [folder: string]: readonly string[] } = {
	core: [],
	edge: ['core'],
	engine: ['core', 'type edge'],
	proxy: ['core'],
	server: ['core', 'engine', 'type edge'],
	web: ['core'],
	cli: ['core', 'edge', 'engine', 'server', 'proxy'],
};

/** Why, for the message. */
const reasons: { readonly [folder: string]: string } = {
	core: 'core decides, and knows nothing of what does',
	edge: 'an adapter knows the rules, never who drives it',
	engine: 'the engine drives ports: which implementation it has is the business of cli/wire.ts',
	web: 'the page has what the API gives, and the folds of core',
};

/** Packages that compute and do nothing else. */
const purePackages = [
	'@actions/expressions',
	'@actions/workflow-parser',
	'picomatch',
	'semver',
	'smol-toml',
	'yaml',
	'zod',
];

const longest = 400;

interface Import {
	readonly from: string;
	readonly line: number;
	readonly isType: boolean;
	readonly target: string;
}

describe('the house', () => {
	const imports = sources().flatMap((file) => importsOf(file, readFileSync(join(src, file), 'utf8')));

	test('is looked at: every source file, and a good number of imports', () => {
		assert.ok(sources().length > 100, `${sources().length} files`);
		assert.ok(imports.length > 300, `${imports.length} imports`);
	});

	test('keeps its direction: each folder imports only what the table allows', () => {
		assert.deepEqual(imports.flatMap(violation), []);
	});

	test('finds a planted violation of every kind', () => {
		const planted: readonly (readonly [string, string])[] = [
			['core/plan.ts', "import { x } from '#engine/engine.ts';"],
			['core/plan.ts', "import { readFile } from 'node:fs';"],
			['core/plan.ts', "const x = await import('node:fs');"],
			['core/workflow/x.ts', "import type { Clock } from '../../edge/clock/clock.ts';"],
			['engine/runs.ts', "import { systemClock } from '#edge/clock/system.ts';"],
			['edge/sandbox/host.ts', "import { gitSource } from '../source/git.ts';"],
			['edge/sandbox/host.ts', "import type { Clock } from '#edge/clock/clock.ts';"],
			['web/main.tsx', "import type { Engine } from '#engine/engine.ts';"],
			['server/server.ts', "export { httpProbe } from '#edge/probe/http.ts';"],
			['core/plan.ts', "import { readFile } from 'fs/promises';"],
			['core/plan.ts', "import { serve } from '@hono/node-server';"],
			['core/plan.ts', "import '#engine/engine.ts';"],
			['core/plan.ts', "import {\n\ta,\n\tb,\n} from\n\t'#web/main.tsx';"],
			['engine/runs.ts', "import { type Clock } from '#edge/clock/clock.ts';"],
			['edge/process.ts', "import { hostSandbox } from './sandbox/host.ts';"],
		];
		for (const [file, text] of planted)
			assert.equal(importsOf(file, text).flatMap(violation).length, 1, `${file}: ${text}`);
	});

	test('lets through what is allowed', () => {
		const allowed: readonly (readonly [string, string])[] = [
			['core/plan.ts', "import { parse } from 'yaml';"],
			['engine/runs.ts', "import type { Clock } from '#edge/clock/clock.ts';"],
			['edge/sandbox/host.ts', "import { isAlive } from '../process.ts';"],
			['web/main.tsx', "import { evolve } from '#core/run-fold.ts';"],
		];
		for (const [file, text] of allowed) assert.deepEqual(importsOf(file, text).flatMap(violation), []);
	});

	test('describes each port where its name says, with its life cycle', () => {
		const ports = readdirSync(join(src, 'edge'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
		assert.ok(ports.length >= 8, `${ports.length} ports`);
		for (const { name } of ports) {
			const text = readFileSync(join(src, 'edge', name, `${name}.ts`), 'utf8');
			assert.match(text, /\/\*\*[\s\S]+?\*\/\nexport interface/, `edge/${name}/${name}.ts`);
		}
	});

	test('has no file that makes a reader scroll for ever', () => {
		const long = sources()
			.filter((file) => !/\.test\.tsx?$/.test(file))
			.map((file) => ({ file, lines: readFileSync(join(src, file), 'utf8').split('\n').length }))
			.filter(({ lines }) => lines > longest);
		assert.deepEqual(long, []);
	});

	test('names files after nouns in kebab-case, and has no barrels and no drawers', () => {
		const isGood = (name: string) =>
			name === 'vite.config.ts' ||
			(/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?\.tsx?$/.test(name) && !/^(index|utils?|helpers?)\.tsx?$/.test(name));
		const bad = sources().filter((file) => !isGood(file.split('/').at(-1) ?? ''));
		assert.deepEqual(bad, []);
	});
});

function sources(): readonly string[] {
	return globSync('**/*.{ts,tsx}', { cwd: src, exclude: ['**/node_modules/**'] })
		.filter((file) => !file.endsWith('.d.ts'))
		.sort();
}

function importsOf(file: string, text: string): readonly Import[] {
	const found: Import[] = [];
	for (const match of text.matchAll(
		/^[ \t]*(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?['"]([^'"]+)['"]|import\(\s*['"]([^'"]+)['"]\s*\)/gm,
	)) {
		const target = match[2] ?? match[3];
		if (target === undefined) continue;
		found.push({
			from: file,
			line: text.slice(0, match.index).split('\n').length,
			isType: match[1] !== undefined,
			target,
		});
	}
	return found;
}

/** One sentence for an import that may not be, nothing for one that may. */
function violation({ from, line, isType, target }: Import): readonly string[] {
	const isTest = /\.test\.tsx?$/.test(from);
	const [folder = '', inner = ''] = from.split('/');
	const where = `${from}:${line} imports ${target}`;
	if (target.startsWith('node:') || builtinModules.includes(target))
		return (folder === 'core' || folder === 'web') && !isTest ? [`${where}: ${folder} is pure`] : [];
	const isPackage = !target.startsWith('#') && !target.startsWith('.');
	if (isPackage && folder === 'core' && !isTest && !purePackages.some((name) => `${target}/`.startsWith(`${name}/`)))
		return [`${where}: core uses packages that compute and do nothing else`];
	const path = target.startsWith('#')
		? target.slice(1)
		: target.startsWith('.')
			? relative(src, join(src, from, '..', target))
			: undefined;
	if (path === undefined || isTest) return [];
	const [other = '', otherInner = '', ...rest] = path.split('/');
	if (other === folder) {
		const isSibling = folder === 'edge' && rest.length > 0 && otherInner !== inner;
		return isSibling ? [`${where}: one edge folder never imports another`] : [];
	}
	const allowed = mayImport[folder] ?? [];
	if (allowed.includes(other) || (isType && allowed.includes(`type ${other}`))) return [];
	return [`${where}: ${reasons[folder] ?? `${folder} may import ${allowed.join(', ') || 'nothing'}`}`];
}
