import { type NamespacedOptions, namespacedSandbox } from './namespaced.ts';
import type { Sandbox } from './sandbox.ts';

/** A copy of this machine for each job, in which it is another user and can get no right that it does not have from the start. */
export function isolatedSandbox(options: NamespacedOptions = {}): Sandbox {
	return namespacedSandbox({ tier: 'sandbox', rights: 'none' }, options);
}
