/** What `on` may say of an event. */
export interface EventKind {
	/** Activity types that `types` may name; `any` takes every word, absent means that the event has no `types`. */
	readonly types?: readonly string[] | 'any';
	/** Types that start a workflow which names none; absent: all. */
	readonly defaultTypes?: readonly string[];
	/** Filters besides `types`. */
	readonly filters?: readonly string[];
}

const refs = ['branches', 'branches-ignore'];
const paths = ['paths', 'paths-ignore'];
const changes = ['created', 'edited', 'deleted'];
const pullRequest: EventKind = {
	types: [
		...['assigned', 'unassigned', 'labeled', 'unlabeled', 'opened', 'edited', 'closed', 'reopened', 'synchronize'],
		...['converted_to_draft', 'locked', 'unlocked', 'enqueued', 'dequeued', 'milestoned', 'demilestoned'],
		...['ready_for_review', 'review_requested', 'review_request_removed', 'auto_merge_enabled', 'auto_merge_disabled'],
		'stacked',
	],
	defaultTypes: ['opened', 'synchronize', 'reopened'],
	filters: [...refs, ...paths],
};

/** The events of docs.github.com, "Events that trigger workflows". */
export const events: ReadonlyMap<string, EventKind> = new Map<string, EventKind>([
	['branch_protection_rule', { types: changes }],
	['check_run', { types: ['completed', 'created', 'rerequested', 'requested_action'] }],
	['check_suite', { types: ['completed'] }],
	['create', {}],
	['delete', {}],
	['deployment', {}],
	['deployment_status', {}],
	[
		'discussion',
		{
			types: [
				...[...changes, 'transferred', 'pinned', 'unpinned', 'labeled', 'unlabeled', 'locked', 'unlocked'],
				...['category_changed', 'answered', 'unanswered'],
			],
		},
	],
	['discussion_comment', { types: changes }],
	['fork', {}],
	['gollum', {}],
	['image_version', { types: ['created', 'ready', 'deleted'], filters: ['names', 'versions'] }],
	['issue_comment', { types: changes }],
	[
		'issues',
		{
			types: [
				...['opened', 'edited', 'deleted', 'transferred', 'pinned', 'unpinned', 'closed', 'reopened', 'assigned'],
				...['unassigned', 'labeled', 'unlabeled', 'locked', 'unlocked', 'milestoned', 'demilestoned'],
				...['field_added', 'field_removed', 'typed', 'untyped'],
			],
		},
	],
	['label', { types: changes }],
	['merge_group', { types: ['checks_requested'], filters: refs }],
	['milestone', { types: ['created', 'closed', 'opened', 'edited', 'deleted'] }],
	['page_build', {}],
	['project', { types: ['created', 'closed', 'reopened', 'edited', 'deleted'] }],
	['project_card', { types: ['created', 'moved', 'converted', 'edited', 'deleted'] }],
	['project_column', { types: ['created', 'updated', 'moved', 'deleted'] }],
	['public', {}],
	['pull_request', pullRequest],
	['pull_request_comment', { types: changes }],
	['pull_request_review', { types: ['submitted', 'edited', 'dismissed'] }],
	['pull_request_review_comment', { types: changes }],
	['pull_request_target', pullRequest],
	['push', { filters: [...refs, 'tags', 'tags-ignore', ...paths] }],
	['registry_package', { types: ['published', 'updated'] }],
	['release', { types: ['published', 'unpublished', 'created', 'edited', 'deleted', 'prereleased', 'released'] }],
	['repository_dispatch', { types: 'any' }],
	['schedule', {}],
	['status', {}],
	['watch', { types: ['started'] }],
	['workflow_call', { filters: ['inputs', 'outputs', 'secrets'] }],
	['workflow_dispatch', { filters: ['inputs'] }],
	['workflow_run', { types: ['requested', 'completed', 'in_progress'], filters: ['workflows', ...refs] }],
]);
