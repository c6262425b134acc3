import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { manual } from '../src/cli/manual.ts';
import { createProgram } from '../src/cli/program.ts';
import { parseCompose } from '../src/core/compose/compose-file.ts';
import { parseConfiguration } from '../src/core/configuration-file.ts';

const root = join(import.meta.dirname, '..');
const pages = globSync(['*.md', 'docs/*.md', 'examples/*/*.md'], { cwd: root });
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('the manual', () => {
	test('has the commands as the program has them (node --test --test-update-snapshots test/docs.test.ts)', (t: TestContext) => {
		const text = manual(createProgram('0', () => {}));
		t.assert.fileSnapshot(text, join(root, 'docs/cli.md'), { serializers: [(value) => String(value)] });
	});

	test('explains every error code that there is, and none that there is not', () => {
		const sources = globSync(['src/**/*.{ts,tsx}', 'scripts/*.mjs'], { cwd: root }).filter(
			(path) => !/\.test\./.test(path),
		);
		const used = new Set(sources.flatMap((path) => read(path).match(/\bFB\d{4}\b/g) ?? []));
		const explained = [...read('docs/errors.md').matchAll(/^\| (FB\d{4}) \|/gm)].map(([, code = '']) => code);
		assert.ok(used.size > 50, `${used.size} codes`);
		assert.deepEqual(explained, [...used].sort());
	});

	test('has no link that leads nowhere', () => {
		const broken = pages.flatMap((page) =>
			[...read(page).matchAll(/\]\((?!https?:)([^)#\s]+)(?:#[^)]*)?\)/g)]
				.map(([, target = '']) => target)
				.filter((target) => !existsSync(join(root, dirname(page), target)))
				.map((target) => `${page}: ${target}`),
		);
		assert.ok(pages.length > 10);
		assert.deepEqual(broken, []);
	});

	test('has a first page of at most 120 lines', () => {
		assert.ok(read('README.md').split('\n').length <= 120);
	});

	test('shows a footbridge.yaml and Compose files that Footbridge reads', () => {
		const [configuration = ''] = blocksOf('docs/footbridge-yaml.md', 'yaml');
		const parsed = parseConfiguration(configuration, 'docs/footbridge-yaml.md');
		assert.ok(parsed.ok, JSON.stringify(parsed));
		const [production] = parsed.value.environments.filter(({ lifetime }) => lifetime === 'always');
		assert.deepEqual(
			Object.keys(production ?? {}).sort(),
			[
				'branches',
				'compose',
				'deploys',
				'env',
				'lifetime',
				'name',
				'objective',
				'port',
				'probeIntervalMs',
				'probePath',
				'service',
			],
			'everything that can be set is shown',
		);
		const files = blocksOf('docs/deployment.md', 'yaml');
		assert.ok(files.length > 0);
		for (const text of files) {
			const compose = parseCompose(text, 'docs/deployment.md', {});
			assert.ok(compose.ok, JSON.stringify(compose));
		}
	});

	test('has an example whose files Footbridge reads', () => {
		const configuration = parseConfiguration(read('examples/notes/footbridge.yaml'), 'footbridge.yaml');
		assert.ok(configuration.ok, JSON.stringify(configuration));
		const compose = parseCompose(read('examples/notes/compose.yaml'), 'compose.yaml', {});
		assert.ok(compose.ok, JSON.stringify(compose));
		assert.deepEqual(compose.value.notes, []);
	});

	test('names only commands and options that there are', () => {
		const program = createProgram('0', () => {});
		const unknown = pages.flatMap((page) =>
			[...read(page).matchAll(/(?:`|^)(?:bin\/)?footbridge ((?:--data \S+ )?[a-z]+)([^`\n]*)/gm)].flatMap(
				([text, name = '', rest = '']) => {
					const command = program.commands.find((other) => other.name() === name.split(' ').at(-1));
					if (command === undefined && name !== 'help') return [`${page}: ${text}`];
					const inner = command?.commands.find((other) => other.name() === rest.trim().split(' ')[0]);
					const known = [program, command, inner].flatMap((one) => one?.options ?? []).map(({ long }) => long);
					const options = [...rest.split('#')[0]!.matchAll(/(--[a-z-]+)/g)].map(([, option]) => option);
					return options.filter((option) => !known.includes(option)).map((option) => `${page}: ${name} ${option}`);
				},
			),
		);
		assert.deepEqual(unknown, []);
	});
});

function blocksOf(page: string, language: string): readonly string[] {
	return [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
		([, text = '']) => text,
	);
}
