import type { LintedFile } from './linted-file.ts';

/** Events that anybody with an account can cause, and that run with the repository's secrets. */
const names = [
	...[
		'pull_request_target',
		'workflow_run',
		'issue_comment',
		'issues',
		'discussion',
		'discussion_comment',
		'fork',
		'watch',
		'gollum',
	],
];

/** The events of a workflow that let outsiders start it with the repository's rights. */
export function outsiderEvents({ events }: LintedFile): readonly string[] {
	return names.filter((name) => events.has(name));
}
