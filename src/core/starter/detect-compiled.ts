import type { RepositoryFolder } from './repository-folder.ts';
import type { Detector, StarterStep } from './starter-job.ts';

/** A go.mod, or a go.work with several modules. */
export const detectGo: Detector = (folder) => {
	const isWorkspace = folder.has('go.work');
	if (!isWorkspace && !folder.has('go.mod')) return undefined;
	const each = (command: string) =>
		isWorkspace ? `go list -f '{{.Dir}}' -m | xargs -I{} go -C {} ${command} ./...` : `go ${command} ./...`;
	return {
		language: 'Go',
		folder: folder.path,
		because: [isWorkspace ? 'go.work' : 'go.mod'],
		steps: [
			{
				name: 'Format',
				run: 'test -z "$(gofmt -l . | tee /dev/stderr)"',
				why: 'Names the files that `gofmt -w .` would change.',
			},
			{ name: 'Vet', run: each('vet') },
			{ name: 'Build', run: each('build') },
			{ name: 'Test', run: each('test') },
		],
	};
};

/** A Cargo.toml: a package or a workspace. */
export const detectRust: Detector = (folder) => {
	if (!folder.has('Cargo.toml')) return undefined;
	const locked = folder.has('Cargo.lock') ? ' --locked' : '';
	const isFormatted = folder.has('rustfmt.toml') || folder.has('.rustfmt.toml');
	const isClippy = folder.has('clippy.toml') || folder.has('.clippy.toml');
	return {
		language: 'Rust',
		folder: folder.path,
		because: ['Cargo.toml', ...(locked === '' ? [] : ['Cargo.lock: --locked'])],
		steps: [
			...(isFormatted ? [{ name: 'Format', run: 'cargo fmt --all --check' }] : []),
			...(isClippy ? [{ name: 'Lint', run: `cargo clippy --workspace --all-targets${locked} -- -D warnings` }] : []),
			{ name: 'Build', run: `cargo build --workspace --all-targets${locked}` },
			{ name: 'Test', run: `cargo test --workspace${locked}` },
		],
	};
};

/** Maven or Gradle, by the wrapper where there is one. */
export const detectJava: Detector = (folder) => {
	if (folder.has('pom.xml')) {
		const program = folder.has('mvnw') ? './mvnw' : 'mvn';
		const because = folder.has('mvnw') ? ['pom.xml', 'mvnw: the wrapper brings its Maven'] : ['pom.xml'];
		return {
			language: 'Java',
			folder: folder.path,
			because,
			steps: [{ name: 'Build and test', run: `${program} --batch-mode --no-transfer-progress verify` }],
		};
	}
	const build = ['build.gradle', 'build.gradle.kts', 'settings.gradle', 'settings.gradle.kts'].find((name) =>
		folder.has(name),
	);
	if (build === undefined) return undefined;
	const program = folder.has('gradlew') ? './gradlew' : 'gradle';
	const because = folder.has('gradlew') ? [build, 'gradlew: the wrapper brings its Gradle'] : [build];
	return {
		language: 'Java',
		folder: folder.path,
		because,
		steps: [{ name: 'Build and test', run: `${program} --no-daemon build` }],
	};
};

/** CMake, Meson, autotools or a Makefile. */
export const detectC: Detector = (folder) => {
	const found = builders.find(({ file }) => folder.has(file));
	if (found !== undefined)
		return { language: 'C/C++', folder: folder.path, because: [found.file], steps: found.steps(folder) };
	return undefined;
};

const builders: readonly {
	readonly file: string;
	readonly steps: (folder: RepositoryFolder) => readonly StarterStep[];
}[] = [
	{
		file: 'CMakeLists.txt',
		steps: (folder) => [
			{ name: 'Configure', run: 'cmake -S . -B build' },
			{ name: 'Build', run: 'cmake --build build --parallel' },
			...(/enable_testing|include\s*\(\s*CTest/i.test(folder.text('CMakeLists.txt'))
				? [{ name: 'Test', run: 'ctest --test-dir build --output-on-failure' }]
				: []),
		],
	},
	{
		file: 'meson.build',
		steps: () => [
			{ name: 'Configure', run: 'meson setup build' },
			{ name: 'Build', run: 'meson compile -C build' },
			{ name: 'Test', run: 'meson test -C build --print-errorlogs' },
		],
	},
	{
		file: 'configure.ac',
		steps: () => [
			{ name: 'Configure', run: 'autoreconf --force --install\n./configure' },
			{ name: 'Build', run: 'make -j"$(nproc)"' },
			{ name: 'Test', run: 'make check' },
		],
	},
	{
		file: 'configure',
		steps: () => [
			{ name: 'Configure', run: './configure' },
			{ name: 'Build', run: 'make -j"$(nproc)"' },
			{ name: 'Test', run: 'make check' },
		],
	},
];

/** A Makefile on its own; beside another build it mostly calls that one. */
export const detectMake: Detector = (folder) => {
	const file = ['GNUmakefile', 'makefile', 'Makefile'].find((name) => folder.has(name));
	if (file === undefined) return undefined;
	const targets = [...folder.text(file).matchAll(/^([\w./-]+)\s*:(?!=)/gm)].map(([, target]) => target);
	const test = ['check', 'test', 'tests'].find((name) => targets.includes(name));
	const steps = [
		...(targets.includes('lint') ? [{ name: 'Lint', run: 'make lint' }] : []),
		{ name: 'Build', run: 'make' },
		...(test === undefined ? [] : [{ name: 'Test', run: `make ${test}` }]),
	];
	return {
		language: 'Make',
		folder: folder.path,
		because: [file, test === undefined ? 'no target check or test' : `target ${test}`],
		steps,
	};
};
