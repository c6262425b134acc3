import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isBadCommit, whyBad } from './known-bad.ts';

test('versions below the first good one are bad, in all their spellings', () => {
	for (const ref of ['v1', 'v45', 'v45.0.7', '45'])
		assert.match(whyBad('tj-actions/changed-files', ref) ?? '', /CVE-2025-30066/);
	for (const ref of ['v46', 'v46.0.1', 'v47', 'main'])
		assert.equal(whyBad('tj-actions/changed-files', ref), undefined, ref);
	assert.ok(whyBad('Aquasecurity/Trivy-Action', '0.28.0'));
	// A tag that follows the newest release.
	assert.equal(whyBad('aquasecurity/trivy-action', 'v0'), undefined);
});

test('a commit is bad by its name, whatever tag leads to it', () => {
	const commit = 'f0d342d24037bb11d26b9bd8496e0808ba32e9ec';
	assert.ok(whyBad('reviewdog/action-setup', commit));
	assert.ok(whyBad('reviewdog/action-setup', 'v1', commit));
	assert.equal(whyBad('reviewdog/action-setup', 'v1', 'a'.repeat(40)), undefined);
	assert.equal(isBadCommit('reviewdog/action-setup', commit.toUpperCase()), true);
	assert.equal(isBadCommit('constructor', commit), false);
	assert.equal(whyBad('octo/other', 'v1', commit), undefined);
});
