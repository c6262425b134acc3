import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from '../plan.ts';
import { whyForeign, whyUntrusted } from './trust.ts';

const repository = { full_name: 'octo/app' };
const pull = (head: Json): Json => ({ repository, pull_request: { base: { repo: repository }, head: { repo: head } } });

test('what can be caused without the right to push is told, and why', () => {
	const cases: readonly (readonly [event: string, payload: Json, why: RegExp | undefined])[] = [
		['push', { repository }, undefined],
		['schedule', {}, undefined],
		['workflow_dispatch', { repository, inputs: {} }, undefined],
		['pull_request', pull(repository), undefined],
		['pull_request', { repository, pull_request: { head: { repo: repository } } }, undefined],
		['pull_request', pull({ full_name: 'mallory/app' }), /fork/],
		['pull_request_target', pull({ full_name: 'mallory/app' }), /fork/],
		['pull_request', pull(null), /fork/],
		['pull_request', pull({ full_name: 'octo/app', fork: true }), undefined],
		['pull_request', { pull_request: { head: { repo: { fork: true } } } }, /fork/],
		['workflow_run', { workflow_run: { head_repository: null } }, /fork/],
		['issue_comment', { repository, comment: { author_association: 'NONE' } }, /comment/],
		['issue_comment', { repository, comment: {} }, /comment/],
		['issue_comment', { comment: { author_association: 'MEMBER' }, issue: { author_association: 'NONE' } }, /issue/],
		['issue_comment', { comment: { author_association: 'MEMBER' }, issue: { author_association: 'OWNER' } }, undefined],
		['pull_request_review', { review: { author_association: 'CONTRIBUTOR' } }, /review/],
		['workflow_run', { repository, workflow_run: { head_repository: { full_name: 'mallory/app' } } }, /fork/],
		['workflow_run', { repository, workflow_run: { head_repository: repository } }, undefined],
		['push', null, undefined],
		['pull_request', [], undefined],
	];
	for (const [event, payload, why] of cases) {
		const found = whyUntrusted({ event, payload });
		if (why === undefined) assert.equal(found, undefined, event);
		else assert.match(found ?? '', why, `${event} ${JSON.stringify(payload)}`);
	}
});

test('the code of a comment is the project’s own, whoever wrote the comment', () => {
	const payload = { repository, comment: { author_association: 'NONE' } };
	assert.equal(whyForeign({ event: 'issue_comment', payload }), undefined);
	assert.match(whyForeign({ event: 'pull_request', payload: pull(null) }) ?? '', /fork/);
});
