import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { needs } from '../needs.ts';
import { type Happened, openRig, type Rig } from './rig.ts';

let rig: Rig;
before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const passed = ({ end, log }: Happened) => assert.equal(end.conclusion, 'passed', log.join('\n'));
const outputsOf = ({ of }: Happened, step: number) => of('step-finished')[step]?.outputs ?? {};
const said = ({ log }: Happened, line: string | RegExp) =>
	assert.ok(
		log.some((one) => (typeof line === 'string' ? one === line : line.test(one))),
		`${line}\n${log.join('\n')}`,
	);

const workflow = (steps: string): string =>
	`on: push\njobs:\n  build:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@v4\n${steps
		.split('\n')
		.map((line) => (line === '' ? '' : `      ${line}`))
		.join('\n')}\n`;

interface Tried {
	readonly steps: string;
	readonly files?: { readonly [path: string]: string };
	/** Lines of the log. */
	readonly says: readonly (string | RegExp)[];
	/** Of the step after the checkout. */
	readonly outputs: { readonly [name: string]: RegExp };
	readonly needs?: readonly ('rustup' | 'java')[];
}

const hello =
	'package main\n\nimport (\n\t"fmt"\n\t"runtime"\n)\n\nfunc main() { fmt.Println("hello from", runtime.Version()) }\n';

/** In a room where the job is another user, and may still change what it is given. */
const tried: { readonly [title: string]: Tried } = {
	'setup-go builds with the toolchain that go.mod names, from the module proxy': {
		steps:
			'- uses: actions/setup-go@v5\n  with: { go-version-file: go.mod }\n- run: go build -o hello . && ./hello && which go',
		files: { 'go.mod': 'module example.com/hello\n\ngo 1.22.5\n', 'main.go': hello },
		says: ['hello from go1.22.5', 'Successfully set up Go version 1.22.5', 'Cache is not found'],
		outputs: { 'go-version': /^1\.22\.5$/, 'cache-hit': /^false$/ },
	},
	'setup-python gives a Python of the job`s own to install into': {
		steps:
			'- uses: actions/setup-python@v5\n  with: { python-version: \'3.x\' }\n- run: |\n    pip install --quiet iniconfig\n    python -c \'import iniconfig, sys; print("prefix", sys.prefix == __import__("os").environ["pythonLocation"])\'\n    python -m venv .venv && .venv/bin/python -c \'print("venv")\'',
		says: ['prefix True', 'venv', /^Successfully set up CPython \(3\.\d+\.\d+\)$/],
		outputs: { 'python-version': /^3\.\d+\.\d+$/, 'python-path': /\/bin\/python$/ },
	},
	'pnpm/action-setup takes the version of packageManager, and installs': {
		steps:
			'- uses: pnpm/action-setup@v4\n  with: { run_install: true }\n- run: pnpm --version && pnpm add --global ms && ls node_modules',
		files: { 'package.json': '{"name":"app","packageManager":"pnpm@9.1.0","dependencies":{"ms":"2.1.3"}}' },
		says: ['9.1.0', 'ms', 'Installation Completed!'],
		outputs: { bin_dest: /\/bin$/, dest: /\/pnpm\/9\.1\.0\// },
	},
	'setup-uv sets its folders, and runs': {
		steps:
			'- uses: astral-sh/setup-uv@v6\n  with: { version: 0.9.9 }\n- run: uv --version && echo "cache $UV_CACHE_DIR"',
		says: [/^uv 0\.9\.9/, /^cache .*setup-uv-cache$/, 'Successfully installed uv version 0.9.9'],
		outputs: { 'uv-version': /^0\.9\.9$/, 'uv-path': /\/bin\/uv$/ },
	},
	'setup-bun takes the version that a manifest names': {
		steps: '- uses: oven-sh/setup-bun@v2\n- run: bun -e \'console.log("bun", Bun.version)\' && bunx --version',
		files: { 'package.json': '{"packageManager":"bun@1.4.5"}' },
		says: ['bun 1.4.5'],
		outputs: { 'bun-version': /^1\.4\.5$/, 'bun-revision': /^1\.4\.5\+/ },
	},
	'setup-deno takes a range': {
		steps:
			'- uses: denoland/setup-deno@v2\n  with: { deno-version: v2.9.6 }\n- run: deno eval \'console.log("deno", Deno.version.deno)\'',
		says: ['deno 2.9.6'],
		outputs: { 'deno-version': /^2\.9\.6$/, 'release-channel': /^stable$/ },
	},
	'rust-toolchain takes the version of its ref': {
		steps:
			'- uses: dtolnay/rust-toolchain@stable\n- run: |\n    cargo new --quiet --vcs none app\n    cd app && cargo run --quiet && rustup show active-toolchain',
		says: ['Hello, world!', /^stable-/],
		outputs: { cachekey: /^\d{8}[0-9a-f]{4}$/, name: /^stable$/ },
		needs: ['rustup'],
	},
	'setup-java takes a JDK of the machine, and says so when it is of another builder': {
		steps:
			'- uses: actions/setup-java@v4\n  with: { distribution: sapmachine, java-version: \'17\' }\n- run: java -version && echo "home $JAVA_HOME $JAVA_HOME_17_X64" && grep -c GITHUB_TOKEN ~/.m2/settings.xml',
		says: [
			/^Warning: This machine has no JDK 17 of sapmachine: 17\./,
			/^home \/usr\/lib\/jvm\/\S+ \/usr\/lib\/jvm\//,
			'1',
		],
		outputs: { distribution: /^sapmachine$/, version: /^17\./, path: /^\/usr\/lib\/jvm\// },
		needs: ['java'],
	},
};

describe('the set-up actions, in a disposable room', () => {
	for (const [title, { steps, files, says, outputs, needs: more = [] }] of Object.entries(tried))
		test(title, needs('network', 'overlay', ...more), async () => {
			const happened = await rig.run(workflow(steps), {
				tier: 'disposable',
				...(files === undefined ? {} : { files }),
			});
			passed(happened);
			for (const line of says) said(happened, line);
			const told = outputsOf(happened, 1);
			for (const [name, pattern] of Object.entries(outputs)) assert.match(told[name] ?? '', pattern, name);
		});

	const cached = {
		go: {
			steps: "- uses: actions/setup-go@v5\n  id: it\n  with: { go-version: '1.22.5' }\n- run: go build -o hello .",
			files: { 'go.mod': 'module example.com/hello\n\ngo 1.22.5\n', 'main.go': hello },
		},
		python: {
			steps:
				"- uses: actions/setup-python@v5\n  id: it\n  with: { python-version: '3.x', cache: pip }\n- run: pip install --quiet -r requirements.txt",
			files: { 'requirements.txt': 'iniconfig==2.0.0\n' },
		},
	};
	for (const [name, { steps, files }] of Object.entries(cached))
		test(`the cache of setup-${name} is there in the next run`, needs('network', 'overlay'), async () => {
			const run = { id: `cached-${name}`, number: 1, attempt: 1, project: `cached-${name}` };
			const hits: string[] = [];
			for (const time of [1, 2]) {
				const options = { files, run, tier: 'disposable', logKey: `cached-${name}/${time}.1` } as const;
				const happened = await rig.run(workflow(steps), options);
				passed(happened);
				said(happened, time === 1 ? /^Cache saved with the key: setup-/ : /^Cache hit occurred on the primary key/);
				hits.push(outputsOf(happened, 1)['cache-hit'] ?? '');
			}
			assert.deepEqual(hits, ['false', 'true']);
		});
});
