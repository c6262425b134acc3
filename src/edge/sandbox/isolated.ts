import { type NamespacedOptions, namespacedSandbox } from './namespaced.ts';
import { rootedMaker } from './rooted.ts';
import { rootlessMaker } from './rootless.ts';
import type { Sandbox } from './sandbox.ts';

/** A copy of this machine for each job, in which it can get no right that it does not have from the start; made by root as another user, or by an ordinary user. */
export function isolatedSandbox(options: NamespacedOptions = {}): Sandbox {
	const maker = process.getuid?.() === 0 ? rootedMaker('none') : rootlessMaker();
	return namespacedSandbox({ tier: 'sandbox', maker }, options);
}
