import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { footbridge } from './footbridge.ts';
import { tempRepository } from './rig.ts';

const target = '.github/workflows/ci.yml';

interface Project {
	readonly name: string;
	/** What must be on the machine. */
	readonly programs: readonly string[];
	readonly files: { readonly [path: string]: string };
	/** What `init` says that it found. */
	readonly says: RegExp;
	/** A file with a fault that the workflow must find. */
	readonly fault: { readonly [path: string]: string };
}

const mavenPom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion><groupId>x</groupId><artifactId>x</artifactId><version>1</version><packaging>pom</packaging>
</project>
`;

const projects: readonly Project[] = [
	{
		name: 'Node with scripts',
		programs: ['node', 'npm'],
		files: {
			'package.json': '{"name": "x", "scripts": {"lint": "node --check sum.js", "test": "node --test"}}\n',
			'sum.js': 'exports.sum = (a, b) => a + b;\n',
			'sum.test.js':
				"require('node:test')('sum', () => require('node:assert').equal(require('./sum.js').sum(1, 2), 3));\n",
		},
		says: /Node +package\.json; no lockfile: npm; scripts lint, test/,
		fault: { 'sum.js': 'exports.sum = (a, b) => a - b;\n' },
	},
	{
		name: 'Python with unittest',
		programs: ['python3'],
		files: {
			'total.py': 'def total(values):\n    return sum(values)\n',
			'tests/test_total.py':
				'import sys, unittest\nsys.path.insert(0, ".")\nfrom total import total\n\nclass Total(unittest.TestCase):\n    def test_total(self):\n        self.assertEqual(total([1, 2]), 3)\n',
		},
		says: /Python +tests\/test_total\.py; tests without pytest: unittest/,
		fault: { 'total.py': 'def total(values):\n    return 0\n' },
	},
	{
		name: 'Go',
		programs: ['go', 'gofmt'],
		files: {
			'go.mod': 'module example.com/x\n\ngo 1.20\n',
			'sum.go': 'package x\n\nfunc Sum(a, b int) int { return a + b }\n',
			'sum_test.go':
				'package x\n\nimport "testing"\n\nfunc TestSum(t *testing.T) {\n\tif Sum(1, 2) != 3 {\n\t\tt.Fatal("no sum")\n\t}\n}\n',
		},
		says: /Go +go\.mod/,
		fault: { 'sum.go': 'package x\n\nfunc Sum(a, b int) int { return a - b }\n' },
	},
	{
		name: 'Rust',
		programs: ['cargo'],
		files: {
			'Cargo.toml': '[package]\nname = "x"\nversion = "0.1.0"\nedition = "2021"\n',
			'src/lib.rs': 'pub fn sum(a: i32, b: i32) -> i32 { a + b }\n\n#[test]\nfn adds() { assert_eq!(sum(1, 2), 3); }\n',
		},
		says: /Rust +Cargo\.toml/,
		fault: {
			'src/lib.rs': 'pub fn sum(a: i32, b: i32) -> i32 { a - b }\n\n#[test]\nfn adds() { assert_eq!(sum(1, 2), 3); }\n',
		},
	},
	{
		name: 'C++ with CMake',
		programs: ['cmake', 'c++', 'make'],
		files: {
			'CMakeLists.txt':
				'cmake_minimum_required(VERSION 3.10)\nproject(x CXX)\nenable_testing()\nadd_executable(check check.cpp)\nadd_test(NAME check COMMAND check)\n',
			'check.cpp': 'int main() { return 1 + 2 == 3 ? 0 : 1; }\n',
		},
		says: /C\/C\+\+ +CMakeLists\.txt/,
		fault: { 'check.cpp': 'int main() { return 1 + 2 == 4 ? 0 : 1; }\n' },
	},
	{
		name: 'C with Make, beside a page in Node',
		programs: ['make', 'cc', 'node'],
		files: {
			'server/Makefile': 'server: server.c\n\tcc -o server server.c\n\ncheck: server\n\t./server\n',
			'server/server.c': 'int main(void) { return 0; }\n',
			'page/package.json': '{"name": "page", "scripts": {"test": "node -e 0"}}\n',
		},
		says: /Node +in page; [\s\S]*Make +in server; Makefile; target check/,
		fault: { 'server/server.c': 'int main(void) { return 1; }\n' },
	},
	{
		name: 'Java with Maven',
		// Its plugins come from the network; without any source, `verify` of a pom needs none.
		programs: ['mvn', 'java'],
		files: { 'pom.xml': mavenPom },
		says: /Java +pom\.xml/,
		fault: { 'pom.xml': '<project>\n' },
	},
];

describe('footbridge init', () => {
	let data: string;
	const fb = (cwd: string, ...args: readonly string[]) => footbridge(['--data', data, ...args], { cwd });

	before(() => {
		data = mkdtempSync(join(tmpdir(), 'footbridge-init-'));
	});
	after(() => rmSync(data, { recursive: true, force: true }));

	for (const { name, programs, files, says, fault } of projects) {
		const missing = programs.filter((program) => !isThere(program));
		const skip = missing.length === 0 ? false : `needs ${missing.join(', ')}`;
		test(`${name}: writes a workflow that passes lint, passes when run, and finds a fault`, { skip }, async () => {
			await using repository = await tempRepository(files);
			const init = await fb(repository.path, 'init');
			assert.equal(init.code, 0, init.stderr);
			assert.match(init.stdout, says);
			assert.match(init.stdout, /wrote \.github\/workflows\/ci\.yml[\s\S]*next +footbridge run/);
			const lint = await fb(repository.path, 'lint', '--strict');
			assert.equal(lint.code, 0, lint.stdout);
			const run = await fb(repository.path, 'run', '--in', 'host');
			assert.equal(run.code, 0, run.stdout + run.stderr);
			// The control: it is a check and no ornament.
			repository.write(fault);
			assert.notEqual((await fb(repository.path, 'run', '--in', 'host')).code, 0);
		});
	}

	test('replaces nothing without --force, prints with --stdout, and says where it looked for what', async () => {
		await using repository = await tempRepository({
			'go.mod': 'module x\n',
			'.github/workflows/other.yml': 'on: push\n',
		});
		const refused = await fb(repository.path, 'init');
		assert.equal(refused.code, 3);
		assert.match(refused.stderr, /FB0120[\s\S]*other\.yml[\s\S]*--force/);
		assert.ok(!existsSync(join(repository.path, target)));
		const printed = await fb(repository.path, 'init', '--stdout');
		assert.match(printed.stdout, /^# Checks every push[\s\S]*go test/);
		assert.match(printed.stderr, /Go +go\.mod/);
		assert.ok(!existsSync(join(repository.path, target)));
		assert.equal((await fb(repository.path, 'init', '--force')).code, 0);
		assert.equal(readFileSync(join(repository.path, target), 'utf8'), printed.stdout);
	});

	test('says what it knows where it finds none of it', async () => {
		await using repository = await tempRepository({ 'notes.txt': 'x\n' });
		const { code, stderr } = await fb(repository.path, 'init');
		assert.equal(code, 3);
		assert.match(stderr, /FB0121[\s\S]*Node, Python, Go, Rust/);
	});
});

function isThere(program: string): boolean {
	try {
		execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
		return true;
	} catch {
		return false;
	}
}
