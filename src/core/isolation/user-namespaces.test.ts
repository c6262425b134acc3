import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyNoUserNamespaces } from './user-namespaces.ts';

describe('why an ordinary user makes no user namespaces', () => {
	const by = (settings: { readonly [name: string]: string }) => (name: string) => settings[name];

	test('a kernel that has none of the settings, or allows it, is no reason', () => {
		assert.equal(whyNoUserNamespaces(by({}), 'failed'), undefined);
		const allowing = {
			'kernel.unprivileged_userns_clone': '1',
			'user.max_user_namespaces': '96365',
			'kernel.apparmor_restrict_unprivileged_userns': '0',
		};
		assert.equal(whyNoUserNamespaces(by(allowing), 'failed'), undefined);
	});

	test('a setting that forbids it is named with its value, and with the command that mends it', () => {
		const none = whyNoUserNamespaces(by({ 'kernel.unprivileged_userns_clone': '0' }), 'known');
		assert.match(none?.why ?? '', /\(kernel\.unprivileged_userns_clone is 0\)$/);
		assert.match(none?.command ?? '', /^echo kernel\.unprivileged_userns_clone=1 \| sudo tee /);
		const zero = whyNoUserNamespaces(by({ 'user.max_user_namespaces': '0' }), 'known');
		assert.match(zero?.why ?? '', /\(user\.max_user_namespaces is 0\)$/);
	});

	test('AppArmor is the reason only where one could not be made: a profile may allow it', () => {
		const setting = by({ 'kernel.apparmor_restrict_unprivileged_userns': '1' });
		assert.equal(whyNoUserNamespaces(setting, 'known'), undefined);
		const why = whyNoUserNamespaces(setting, 'failed');
		assert.match(why?.why ?? '', /^AppArmor lets ordinary users make no user namespaces/);
		assert.match(why?.command ?? '', /apparmor_restrict_unprivileged_userns=0/);
	});
});
