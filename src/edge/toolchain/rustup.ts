import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, copyFile, cp, link, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { failed, ok, ProblemError, problemOf, type Result } from '#core/result.ts';
import { isMoving, isRustToolchain, type RustWanted } from '#core/toolchain/rust-toolchain.ts';
import { download, downloadText } from './download.ts';
import type { ToolOwner } from './tool-folder.ts';
import type { RustHere } from './toolchain.ts';
import { notOffered, unreachable } from './toolchain-problems.ts';

const run = promisify(execFile);
const freshMs = 24 * 3600_000;

interface RustupOptions {
	/** Where toolchains are kept. */
	readonly root: string;
	readonly owner: ToolOwner | undefined;
	readonly env: NodeJS.ProcessEnv;
}

/** Rust by rustup, in a home of its own below a folder: one toolchain after the other, because rustup keeps no two apart. */
export function rustByRustup({ root, owner, env }: RustupOptions): (wanted: RustWanted) => Promise<Result<RustHere>> {
	let last: Promise<unknown> = Promise.resolve();
	const home = join(root, 'rustup');
	const bin = join(root, 'rust/bin');
	const have = async (wanted: RustWanted): Promise<RustHere> => {
		if (!isRustToolchain(wanted.toolchain))
			throw new ProblemError(notOffered(`Rust ${wanted.toolchain}`, 'it is no name of a toolchain'));
		await haveRustup({ bin, env });
		const place = join(home, 'toolchains', `${wanted.toolchain}-${hostTriple()}`);
		const mark = join(
			root,
			'rust',
			`${[wanted.toolchain, wanted.profile, ...wanted.components, ...wanted.targets].join('+')}.complete`,
		);
		const age = await stat(mark)
			.then(({ mtimeMs }) => Date.now() - mtimeMs)
			.catch(() => Number.POSITIVE_INFINITY);
		const isFresh = existsSync(place) && age < (isMoving(wanted.toolchain) ? freshMs : Number.POSITIVE_INFINITY);
		const here = { home, bin };
		if (isFresh) return here;
		const problem = await install({ home, bin, env }, wanted);
		if (problem !== undefined) {
			if (!existsSync(place)) await copyOwn(env, { wanted, place, problem });
			const { what, why } = problem.problem;
			return { ...here, note: `${what}: ${why}; what is on this machine is used` };
		}
		await writeFile(mark, '');
		if (owner !== undefined) await run('chown', ['-hR', `${owner.uid}:${owner.gid}`, '--', home, join(root, 'rust')]);
		return here;
	};
	return (wanted) => {
		const next = last.then(() => have(wanted)).then(ok, (error: unknown) => failed(problemOf(error)));
		last = next;
		return next;
	};
}

function hostTriple(): string {
	const cpu = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
	return process.platform === 'darwin' ? `${cpu}-apple-darwin` : `${cpu}-unknown-linux-gnu`;
}

const proxies = [
	'cargo',
	'rustc',
	'rustdoc',
	'rustfmt',
	'cargo-fmt',
	'clippy-driver',
	'cargo-clippy',
	'cargo-miri',
	'rust-analyzer',
];

/** The machine's own rustup, else the one that Rust's own place gives. */
async function haveRustup({ bin, env }: { readonly bin: string; readonly env: NodeJS.ProcessEnv }): Promise<void> {
	if (existsSync(join(bin, 'cargo'))) return;
	await mkdir(join(bin, '..'), { recursive: true });
	const temporary = await mkdtemp(join(bin, '../.new-'));
	try {
		const program = join(temporary, 'rustup');
		const own = join(env['CARGO_HOME'] ?? join(env['HOME'] ?? homedir(), '.cargo'), 'bin/rustup');
		if (existsSync(own)) await copyFile(own, program);
		else {
			const from = env['RUSTUP_UPDATE_ROOT'] ?? 'https://static.rust-lang.org/rustup';
			const url = `${from}/dist/${hostTriple()}/rustup-init`;
			const sha256 =
				/[0-9a-f]{64}/.exec(await downloadText({ url: `${url}.sha256`, what: 'The hash of rustup' }))?.[0] ?? '';
			await download(
				{ url, what: 'rustup', integrity: `sha256-${Buffer.from(sha256, 'hex').toString('base64')}` },
				program,
			);
		}
		await chmod(program, 0o755);
		for (const name of proxies) await link(program, join(temporary, name));
		await chmod(temporary, 0o755);
		await rename(temporary, bin).catch((error: unknown) => {
			if (!existsSync(join(bin, 'cargo'))) throw error;
		});
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

interface Rustup {
	readonly home: string;
	readonly bin: string;
	readonly env: NodeJS.ProcessEnv;
}

async function install({ home, bin, env }: Rustup, wanted: RustWanted): Promise<ProblemError | undefined> {
	const { toolchain, profile, components, targets } = wanted;
	const args = ['toolchain', 'install', toolchain, '--profile', profile, '--no-self-update'];
	for (const component of components) args.push('--component', component);
	for (const target of targets) args.push('--target', target);
	if (toolchain.startsWith('nightly') && components.length > 0) args.push('--allow-downgrade');
	// Its downloads and its settings are no business of the user's own rustup.
	const own = { ...env, RUSTUP_HOME: home, CARGO_HOME: join(home, 'cargo'), RUSTUP_TOOLCHAIN: undefined };
	try {
		await run(join(bin, 'rustup'), args, { cwd: '/', env: own, timeout: 20 * 60_000, maxBuffer: 64 * 1024 ** 2 });
		await rm(join(home, 'downloads'), { recursive: true, force: true });
		return undefined;
	} catch (error) {
		const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
		const why =
			said
				.split('\n')
				.findLast((line) => /error|caused|could not/i.test(line))
				?.trim() ?? 'rustup failed';
		return new ProblemError(unreachable(`Rust ${toolchain}`, env['RUSTUP_DIST_SERVER'] ?? 'Rust`s own place', why));
	}
}

/** The toolchain of the machine's own rustup: better than none. */
async function copyOwn(
	env: NodeJS.ProcessEnv,
	{ wanted, place, problem }: { readonly wanted: RustWanted; readonly place: string; readonly problem: ProblemError },
): Promise<void> {
	const root = join(env['RUSTUP_HOME'] ?? join(env['HOME'] ?? homedir(), '.rustup'), 'toolchains');
	const name = (await readdir(root).catch(() => [])).find((one) => one === `${wanted.toolchain}-${hostTriple()}`);
	if (name === undefined) throw problem;
	await mkdir(join(place, '..'), { recursive: true });
	await cp(join(root, name), `${place}.new`, { recursive: true, verbatimSymlinks: true });
	await rename(`${place}.new`, place);
}
