import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isSameComplaint, lacksEngine, tellingLine, unknownHost } from './log-reading.ts';

interface Log {
	readonly kind: string;
	/** The end of the log as the program prints it. */
	readonly lines: readonly string[];
	/** The line that tells most, counted from 1. */
	readonly telling: number;
}

const logs: { readonly [program: string]: Log } = {
	'node:test': {
		kind: 'test-failure',
		lines: [
			'▸ Run node --test',
			'✖ adds (1.2ms)',
			'ℹ fail 1',
			'✖ failing tests:',
			'test at sum.test.js:4:1',
			'✖ adds (1.2ms)',
			'  AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:',
			'',
			'  0 !== 4',
			'Error: Process completed with exit code 1.',
		],
		telling: 7,
	},
	TAP: {
		kind: 'test-failure',
		lines: [
			'not ok 1 - later # TODO',
			'  ---',
			"  error: 'not yet'",
			'  ...',
			'    not ok 1 - adds',
			'      ---',
			'      duration_ms: 1.6',
			'      error: |-',
			'        Expected values to be strictly equal:',
			'        ',
			'        0 !== 4',
			"      name: 'AssertionError'",
			'      ...',
			'not ok 2 - sums',
			'  ---',
			"  error: '1 subtest failed'",
			'  ...',
		],
		telling: 9,
	},
	pytest: {
		kind: 'test-failure',
		lines: [
			'    def test_add():',
			'>       assert add(2, 2) == 4',
			'E       assert 0 == 4',
			'test_sum.py:4: AssertionError',
			'FAILED test_sum.py::test_add - assert 0 == 4',
		],
		telling: 3,
	},
	go: {
		kind: 'test-failure',
		lines: ['--- FAIL: TestAdd (0.00s)', '    sum_test.go:9: got 0, want 4', 'FAIL', 'exit status 1'],
		telling: 2,
	},
	cargo: {
		kind: 'test-failure',
		lines: [
			'test tests::adds ... FAILED',
			"thread 'tests::adds' panicked at src/lib.rs:9:9:",
			'assertion `left == right` failed',
			'error: test failed, to rerun pass --lib',
		],
		telling: 2,
	},
	jest: {
		kind: 'test-failure',
		lines: ['FAIL ./sum.test.js', '  ● adds', '    expect(received).toBe(expected) // Object.is equality'],
		telling: 3,
	},
	tsc: {
		kind: 'compile-error',
		lines: ['npm run build', "src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'."],
		telling: 2,
	},
	gcc: {
		kind: 'compile-error',
		lines: ['make', 'main.c:3:10: fatal error: zlib.h: No such file or directory', 'make: *** [all] Error 1'],
		telling: 2,
	},
	rustc: { kind: 'compile-error', lines: ['   Compiling app', 'error[E0308]: mismatched types'], telling: 2 },
	python: {
		kind: 'script-failure',
		lines: [
			'Traceback (most recent call last):',
			'  File "a.py", line 1, in <module>',
			"ModuleNotFoundError: No module named 'flask'",
		],
		telling: 3,
	},
	bash: {
		kind: 'script-failure',
		lines: ['building', '/w/x.sh: line 3: mytool: command not found', 'Error: Process completed with exit code 127.'],
		telling: 2,
	},
	'a program of which nothing is known': {
		kind: 'script-failure',
		lines: ['one', 'it is over', '', 'Error: Process completed with exit code 1.'],
		telling: 2,
	},
};

describe('the telling line of a log', () => {
	for (const [program, { kind, lines, telling }] of Object.entries(logs)) {
		test(`of ${program} is found`, () => {
			const found = tellingLine(lines.map((text, index) => ({ number: index + 1, text })));
			assert.deepEqual([found?.number, found?.class], [telling, kind]);
		});
	}

	test('goes on where it announces something', () => {
		const lines = ['AssertionError [ERR_ASSERTION]: Expected values to be strictly equal:', '', '0 !== 4'];
		const found = tellingLine(lines.map((text, index) => ({ number: index + 1, text })));
		assert.equal(found?.text, 'AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 0 !== 4');
	});

	test('goes on as long as it announces', () => {
		const lines = [
			'-- The C compiler identification is unknown',
			'CMake Error at CMakeDetermineCCompiler.cmake:49 (message):',
			'  Could not find compiler set in environment variable CC:',
			'  clang-9.',
			'See also "CMakeFiles/CMakeOutput.log".',
		];
		const found = tellingLine(lines.map((text, index) => ({ number: index + 1, text })));
		assert.equal(found?.number, 2);
		assert.match(found?.text ?? '', /\(message\): Could not find compiler set in environment variable CC: clang-9\.$/);
	});

	test('has the name of the test with it', () => {
		const number = (text: string, index: number) => ({ number: index + 1, text });
		assert.equal(
			tellingLine((logs['TAP']?.lines ?? []).map(number))?.text,
			'adds: Expected values to be strictly equal: 0 !== 4',
		);
		assert.equal(
			tellingLine((logs['node:test']?.lines ?? []).map(number))?.text,
			'adds: AssertionError [ERR_ASSERTION]: Expected values to be strictly equal: 0 !== 4',
		);
		assert.equal(tellingLine(['not ok 1 - x', "  error: 'boom: no'"].map(number))?.text, 'x: boom: no');
	});

	test("is without the name of the runner's script", () => {
		const text = '/home/runner/work/_temp/ac8d8281-0e28-44ca-98a4-14032a2b3b28.sh: line 1: mytool: command not found';
		assert.equal(tellingLine([{ number: 1, text }])?.text, 'line 1: mytool: command not found');
	});

	test('is without colours, and there is none in a log without words', () => {
		assert.equal(tellingLine([{ number: 1, text: '\u001b[31merror\u001b[0m: no' }])?.text, 'error: no');
		assert.equal(tellingLine([{ number: 1, text: ' ' }]), undefined);
	});
});

test('two logs complain of the same when only numbers and made-up names differ', () => {
	const line = (text: string) => ({ number: 1, text, class: 'script-failure' });
	assert.ok(isSameComplaint(line('/x/01a208a7-5682: refused (3 ms)'), line('/x/99b208a7-1234: refused (14 ms)')));
	assert.ok(!isSameComplaint(line('0 !== 4'), line('Killed')));
	assert.ok(!isSameComplaint(line('0 !== 4'), undefined));
});

test('a host that cannot be found by its name is told, as programs say it', () => {
	const said: readonly (readonly [string, string])[] = [
		['curl: (6) Could not resolve host: a.example.com', 'a.example.com'],
		["fatal: unable to access 'https://git.example/x.git/': Could not resolve host: git.example", 'git.example'],
		['npm error request to https://r.example/x failed, reason: getaddrinfo ENOTFOUND r.example', 'r.example'],
		['Error: getaddrinfo EAI_AGAIN db', 'db'],
		['ssh: Could not resolve hostname build.example: Name or service not known', 'build.example'],
		["Err:1 http://deb.example/debian bookworm InRelease\n  Temporary failure resolving 'deb.example'", 'deb.example'],
		['dial tcp: lookup proxy.example on 10.0.0.1:53: no such host', 'proxy.example'],
		['wget: unable to resolve host address ‘w.example’', 'w.example'],
		['error: Error fetching URL: https://docs.example (java.net.UnknownHostException: docs.example)', 'docs.example'],
		["NameResolutionError: Failed to resolve 'pypi.example' ([Errno -2] Name or service not known)", 'pypi.example'],
	];
	for (const [line, host] of said) assert.equal(unknownHost(`start\n${line}\nend`), host, line);
	assert.equal(unknownHost('the host db resolved to 10.0.0.7'), undefined);
});

test('an engine that does not answer is known by what its clients say', () => {
	for (const line of [
		'docker: Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?',
		'failed to connect to the docker API at unix:///var/run/docker.sock',
		'Cannot connect to Podman. Please verify your connection to the Linux system',
	])
		assert.ok(lacksEngine(`start\n${line}\nmake: *** [check] Error 125`), line);
	assert.ok(!lacksEngine('docker run --rm redis\nmake: *** [check] Error 125'));
});

test('where nothing else is told, the rule of make that failed is', () => {
	const lines = ['gcov inf*.c', 'No executable lines', 'make: *** [Makefile:124: cover] Error 1', 'see above'];
	const read = tellingLine(lines.map((text, index) => ({ number: index + 1, text })));
	assert.deepEqual(read, { number: 3, text: 'make: *** [Makefile:124: cover] Error 1', class: 'script-failure' });
});
