import { type NamespacedOptions, namespacedSandbox } from './namespaced.ts';
import { rootedMaker } from './rooted.ts';
import type { Sandbox } from './sandbox.ts';

/** A copy of this machine for each job, in which it may become root and install what it likes, and which is thrown away afterwards. */
export function disposableSandbox(options: NamespacedOptions = {}): Sandbox {
	return namespacedSandbox({ tier: 'disposable', maker: rootedMaker('sudo') }, options);
}
