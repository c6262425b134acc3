/** Why an ordinary user makes no user namespaces, and the one command by which an administrator lets it. */
export interface Unallowed {
	readonly why: string;
	readonly command: string;
}

/**
 * Reads of the kernel's settings why this user may make no user namespace. Some forbid it always (`known`); others only to programs that
 * have no profile of AppArmor which says otherwise: these tell something when making one has `failed`.
 */
export function whyNoUserNamespaces(
	setting: (name: string) => string | undefined,
	when: 'known' | 'failed',
): Unallowed | undefined {
	const found = forbidding.find(
		({ name, value, isCertain }) => setting(name) === value && (isCertain || when === 'failed'),
	);
	if (found === undefined) return undefined;
	const { name, value, by, better } = found;
	return {
		why: `${by} lets ordinary users make no user namespaces (${name} is ${value})`,
		command: `echo ${name}=${better} | sudo tee /etc/sysctl.d/60-footbridge.conf && sudo sysctl -p /etc/sysctl.d/60-footbridge.conf`,
	};
}

const forbidding = [
	{ name: 'kernel.unprivileged_userns_clone', value: '0', by: 'this kernel', better: '1', isCertain: true },
	{ name: 'user.max_user_namespaces', value: '0', by: 'this machine', better: '15000', isCertain: true },
	{ name: 'kernel.apparmor_restrict_unprivileged_userns', value: '1', by: 'AppArmor', better: '0', isCertain: false },
] as const;
