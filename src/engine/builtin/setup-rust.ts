import { ok } from '#core/result.ts';
import { type RustWanted, rustToolchain, rustToolchainIn, rustVersion } from '#core/toolchain/rust-toolchain.ts';
import type { ActionStep, Frame, RunningJob, Work } from '../running-job.ts';
import { BuiltInInputs, doneWork, failedWork } from './inputs.ts';
import { askInRoom, wordOf } from './setup-process.ts';
import { runPublished } from './setup-tool.ts';

/** Does `dtolnay/rust-toolchain`, whose version may be that of Rust: `@stable`, `@1.75.0`. */
export async function setupRust(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	return setUp(job, caller, call, async () => {
		const inputs = new BuiltInInputs(job, call.inputs, ['toolchain', 'targets', 'target', 'components']);
		const ref = call.uses.slice(call.uses.lastIndexOf('@') + 1);
		const version = rustVersion(ref);
		const asked = inputs.text('toolchain') || (version?.toolchain ?? '');
		if (asked === '' && !/^[0-9a-f]{40}$/.test(ref)) throw new Error("'toolchain' is a required input");
		const toolchain = rustToolchain(asked, job.ports.clock.now());
		const wanted: RustWanted = {
			...{ toolchain, profile: 'minimal' },
			targets: words(inputs.text('targets') || inputs.text('target')),
			components: inputs.text('components') === '' ? (version?.components ?? []) : words(inputs.text('components')),
		};
		return { wanted, outputs: { name: toolchain }, isDefault: true };
	});
}

/** Does `actions-rs/toolchain`. */
export async function setupRustOld(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	return setUp(job, caller, call, async () => {
		const inputs = new BuiltInInputs(job, call.inputs, [
			'toolchain',
			'target',
			'default',
			'override',
			'profile',
			'components',
		]);
		const file = await toolchainFile(job);
		const profile = inputs.text('profile');
		const wanted: RustWanted = {
			toolchain: inputs.text('toolchain') || file.toolchain || 'stable',
			profile: profile === 'minimal' || profile === 'complete' ? profile : 'default',
			targets: words(inputs.text('target')),
			components: words(inputs.text('components')),
		};
		return { wanted, outputs: {}, isDefault: inputs.flag('default') || inputs.flag('override') };
	});
}

const setupRustToolchain = [
	...['toolchain', 'target', 'components', 'cache', 'cache-directories', 'cache-workspaces', 'cache-on-failure'],
	...['cache-key', 'cache-shared-key', 'cache-bin', 'cache-provider', 'cache-all-crates', 'cache-save-if'],
	...['matcher', 'rustflags', 'override', 'rust-src-dir', 'cache-workspace-crates'],
];

/** Does `actions-rust-lang/setup-rust-toolchain`, without its cache. */
export async function setupRustByFile(job: RunningJob, caller: Frame, call: ActionStep): Promise<Work> {
	return setUp(job, caller, call, async () => {
		const inputs = new BuiltInInputs(job, call.inputs, setupRustToolchain);
		const file = await toolchainFile(job);
		const asked = inputs.text('toolchain').split(',')[0]?.trim() ?? '';
		const wanted: RustWanted = {
			toolchain: asked || file.toolchain || 'stable',
			profile: file.profile ?? 'minimal',
			targets: [...words(inputs.text('target')), ...(file.targets ?? [])],
			components: [...words(inputs.text('components')), ...(file.components ?? [])],
		};
		if (inputs.flag('cache', true)) job.log.say('The cache of this action is not kept here: use Swatinem/rust-cache');
		const flags = Object.hasOwn(call.inputs, 'rustflags') ? inputs.text('rustflags') : '-D warnings';
		if (flags !== '') job.env['RUSTFLAGS'] ??= flags;
		job.matchers.add(async () => ok(matcher), 'rust.json');
		return { wanted, outputs: {}, isDefault: inputs.flag('override', true) };
	});
}

interface Asked {
	readonly wanted: RustWanted;
	readonly outputs: { readonly [name: string]: string };
	readonly isDefault: boolean;
}

async function setUp(job: RunningJob, caller: Frame, call: ActionStep, read: () => Promise<Asked>): Promise<Work> {
	const { timeout } = call;
	try {
		const { wanted, outputs, isDefault } = await read();
		const { toolchain } = wanted;
		if (toolchain === '')
			return await runPublished(
				job,
				caller,
				call,
				'which version of Rust this commit stands for is in the action itself',
			);
		const rust = await job.ports.toolchains.rust(wanted);
		if (!rust.ok)
			return await runPublished(
				job,
				caller,
				call,
				rust.error.map(({ what, why }) => `${what}: ${why ?? ''}`).join('; '),
			);
		const { home, bin, note } = rust.value;
		if (note !== undefined) job.log.say(`Warning: ${note}`);
		const { env, room } = job;
		env['RUSTUP_HOME'] = home;
		env['CARGO_HOME'] ??= `${room.home}/.cargo`;
		job.path.unshift(bin, `${env['CARGO_HOME']}/bin`);
		env['CARGO_INCREMENTAL'] ??= '0';
		env['CARGO_TERM_COLOR'] ??= 'always';
		if (isDefault) await askInRoom(job, { argv: ['rustup', 'default', toolchain], timeout });
		const argv = ['rustc', `+${toolchain}`, '--version', '--verbose'];
		const told = await wordOf(job, { argv, timeout, isShown: true });
		return doneWork({ ...outputs, ...outputsOf(told) });
	} catch (error) {
		return failedWork(job, timeout, error);
	}
}

/** `cachekey` is short, and another for another compiler. */
function outputsOf(told: string): { readonly [name: string]: string } {
	const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(told)?.[1] ?? '';
	const date = field('commit-date').replace(/^(\d{4})-(\d{2})-(\d{2})$/, '$1$2$3');
	return {
		cachekey: `${date}${field('commit-hash')}`.slice(0, 12),
		'rustc-version': field('release'),
		rustc: field('release'),
	};
}

async function toolchainFile({ room }: RunningJob): Promise<Partial<RustWanted>> {
	for (const name of ['rust-toolchain.toml', 'rust-toolchain']) {
		const text = await room.get(`${room.workspace}/${name}`, 64 * 1024);
		if (text !== undefined) return rustToolchainIn(text);
	}
	return {};
}

function words(text: string): readonly string[] {
	return text.split(/[\s,]+/).filter((word) => word !== '');
}

const matcher = JSON.stringify({
	problemMatcher: [
		{
			owner: 'rust',
			pattern: [
				{ regexp: '^(warning|error)(?:\\[(\\w+)\\])?: (.*)$', severity: 1, code: 2, message: 3 },
				{ regexp: '^\\s*--> (.*):(\\d+):(\\d+)$', file: 1, line: 2, column: 3 },
			],
		},
	],
});
