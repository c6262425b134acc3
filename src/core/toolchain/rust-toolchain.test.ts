import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rustVersion } from './rust-toolchain.ts';

test('a version of dtolnay/rust-toolchain is a toolchain, or the tool that it is for', () => {
	assert.deepEqual(rustVersion('1.75.0'), { toolchain: '1.75.0', components: [] });
	assert.deepEqual(rustVersion('clippy'), { toolchain: 'nightly', components: ['clippy'] });
	assert.deepEqual(rustVersion('miri'), { toolchain: 'nightly', components: ['miri', 'rust-src'] });
	for (const ref of ['master', 'v1', 'a'.repeat(40)]) assert.equal(rustVersion(ref), undefined);
});
