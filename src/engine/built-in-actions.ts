import { actionOf, type UsesReference, usesReference } from '#core/action/uses-reference.ts';
import { cache, restoreCache, saveCache } from './builtin/cache.ts';
import { downloadArtifact } from './builtin/download-artifact.ts';
import { setupBun } from './builtin/setup-bun.ts';
import { setupDeno } from './builtin/setup-deno.ts';
import { setupGo } from './builtin/setup-go.ts';
import { setupJava } from './builtin/setup-java.ts';
import { setupNode } from './builtin/setup-node.ts';
import { setupPnpm } from './builtin/setup-pnpm.ts';
import { setupPython } from './builtin/setup-python.ts';
import { setupRust, setupRustByFile, setupRustOld } from './builtin/setup-rust.ts';
import { setupUv } from './builtin/setup-uv.ts';
import { uploadArtifact } from './builtin/upload-artifact.ts';
import { checkOut } from './checkout.ts';
import type { ActionStep, Frame, RunningJob, Work } from './running-job.ts';

/** Does what a published action does, natively, with its inputs and outputs. */
type BuiltIn = (job: RunningJob, caller: Frame, call: ActionStep) => Promise<Work>;

/** By `owner/name`, and the path where there is one, in lower case. */
const builtIn: { readonly [action: string]: BuiltIn } = {
	'actions-rs/toolchain': setupRustOld,
	'actions-rust-lang/setup-rust-toolchain': setupRustByFile,
	'actions/cache': cache,
	'actions/cache/restore': restoreCache,
	'actions/cache/save': saveCache,
	'actions/checkout': checkOut,
	'actions/download-artifact': downloadArtifact,
	'actions/setup-go': setupGo,
	'actions/setup-java': setupJava,
	'actions/setup-node': setupNode,
	'actions/setup-python': setupPython,
	'actions/upload-artifact': uploadArtifact,
	'astral-sh/setup-uv': setupUv,
	'denoland/setup-deno': setupDeno,
	'dtolnay/rust-toolchain': setupRust,
	'oven-sh/setup-bun': setupBun,
	'pnpm/action-setup': setupPnpm,
};

/** What does an action here, unless the project wants the published ones. */
export function builtInFor({ request }: Pick<RunningJob, 'request'>, reference: UsesReference): BuiltIn | undefined {
	if (reference.kind !== 'repository' || !request.actions.settings.builtins) return undefined;
	const { owner, name, path } = reference;
	return builtIn[[owner, name, ...(path === '' ? [] : [path])].join('/').toLowerCase()];
}

/** Whether Footbridge does an action itself. */
export function isBuiltIn(uses: string): boolean {
	const reference = usesReference(uses);
	if (reference?.kind !== 'repository') return false;
	return Object.hasOwn(
		builtIn,
		reference.path === '' ? actionOf(uses) : `${actionOf(uses)}/${reference.path.toLowerCase()}`,
	);
}
