import { type Expr, FunctionCall, Grouping, IndexAccess, Logical } from '@actions/expressions/ast';
import { pathOf, type ValuePath } from './value-path.ts';

/** Who can choose a value. `outsider`: whoever has an account. `writer`: whoever may push. `starter`: whoever may start the workflow. */
export type Reach = 'outsider' | 'writer' | 'starter';

/** A value of an expression whose text somebody else chooses. */
export interface ForeignValue {
	/** `github.head_ref` */
	readonly name: string;
	readonly reach: Reach;
	/** "whoever opens the pull request" */
	readonly who: string;
}

/**
 * The values chosen by others that the result of an expression can hold; those that are only compared are not among them.
 * `others` tells of paths that only the file knows, such as `env.NAME`.
 */
export function foreignValuesIn(
	expression: Expr,
	others: (path: ValuePath) => readonly ForeignValue[] = () => [],
): readonly ForeignValue[] {
	const within = (inner: Expr) => foreignValuesIn(inner, others);
	if (expression instanceof Grouping) return within(expression.group);
	if (expression instanceof Logical) {
		// `condition && value`: what is left of && is in the result only when it is false, and then it is empty.
		const kept = expression.operator.lexeme === '&&' ? expression.args.slice(-1) : expression.args;
		return kept.flatMap(within);
	}
	if (expression instanceof FunctionCall) {
		const printed = wholePrinted(expression);
		return printed === undefined ? argumentsKept(expression).flatMap(within) : foreignAt(printed, true);
	}
	const path = pathOf(expression);
	if (path !== undefined) return [...foreignAt(path, false), ...others(path)];
	// An index into what is no path of a context: fromJSON(x).y, join(...)[0].
	return expression instanceof IndexAccess ? within(expression.expr) : [];
}

/** The path that toJSON prints with all that is below it. */
function wholePrinted({ functionName, args }: FunctionCall): ValuePath | undefined {
	const [value] = args;
	return functionName.lexeme.toLowerCase() === 'tojson' && value !== undefined ? pathOf(value) : undefined;
}

/** The arguments whose text is in a function's result. */
function argumentsKept({ functionName, args }: FunctionCall): readonly Expr[] {
	switch (functionName.lexeme.toLowerCase()) {
		case 'case':
			return args.filter((_, index) => index % 2 === 1 || index === args.length - 1);
		case 'format':
		case 'fromjson':
		case 'join':
		case 'tojson':
			return args;
		default:
			return [];
	}
}

/** What is known of a path; with `isWhole`, of anything below it too. */
function foreignAt(path: ValuePath, isWhole: boolean): readonly ForeignValue[] {
	const found = foreign.find(({ pattern }) => fits(pattern, path, isWhole));
	return found === undefined ? [] : [{ name: path.join('.'), reach: found.reach, who: found.who }];
}

function fits(pattern: ValuePath, path: ValuePath, isWhole: boolean): boolean {
	const isOpen = pattern.at(-1) === '*';
	if (path.length > pattern.length && !isOpen) return false;
	if (path.length < pattern.length && !isWhole) return false;
	const shared = path.slice(0, pattern.length);
	return shared.every((segment, index) => segment === '*' || segment === pattern[index] || pattern[index] === '*');
}

const outsiders: { readonly [who: string]: readonly string[] } = {
	'whoever opens the pull request': [
		'github.event.pull_request.title',
		'github.event.pull_request.body',
		'github.event.pull_request.head.ref',
		'github.event.pull_request.head.label',
		'github.event.pull_request.head.repo.default_branch',
		'github.event.pull_request.head.repo.description',
		'github.event.pull_request.head.repo.homepage',
		'github.event.pull_request.milestone.title',
		'github.head_ref',
	],
	'whoever opens the issue': ['github.event.issue.title', 'github.event.issue.body'],
	'whoever writes the comment': [
		'github.event.comment.body',
		'github.event.review.body',
		'github.event.review_comment.body',
	],
	'whoever opens the discussion': ['github.event.discussion.title', 'github.event.discussion.body'],
	'whoever edits the wiki': ['github.event.pages.*.page_name', 'github.event.pages.*.title'],
	'whoever started the other workflow': [
		'github.event.workflow_run.head_branch',
		'github.event.workflow_run.display_title',
		'github.event.workflow_run.head_commit.message',
		'github.event.workflow_run.head_commit.author.name',
		'github.event.workflow_run.head_commit.author.email',
		'github.event.workflow_run.head_repository.description',
		'github.event.workflow_run.pull_requests.*.head.ref',
		'github.event.check_suite.head_branch',
		'github.event.check_run.check_suite.head_branch',
	],
	'whoever wrote the commit': [
		'github.event.head_commit.message',
		'github.event.head_commit.author.name',
		'github.event.head_commit.author.email',
		'github.event.head_commit.committer.name',
		'github.event.head_commit.committer.email',
		'github.event.commits.*.message',
		'github.event.commits.*.author.name',
		'github.event.commits.*.author.email',
		'github.event.commits.*.committer.name',
		'github.event.commits.*.committer.email',
	],
	'whoever forks the repository': ['github.event.forkee.full_name', 'github.event.forkee.description'],
};

const writers: { readonly [who: string]: readonly string[] } = {
	'whoever names the branch or the tag': [
		'github.ref',
		'github.ref_name',
		'github.base_ref',
		'github.event.ref',
		'github.event.base_ref',
		'github.event.pull_request.base.ref',
		'github.event.release.tag_name',
	],
	'whoever writes the release': ['github.event.release.name', 'github.event.release.body'],
	'whoever starts the workflow by the API': ['github.event.client_payload.*'],
};

const foreign: readonly { readonly pattern: ValuePath; readonly reach: Reach; readonly who: string }[] = [
	...Object.entries(outsiders).map((entry) => ['outsider', ...entry] as const),
	...Object.entries(writers).map((entry) => ['writer', ...entry] as const),
].flatMap(([reach, who, patterns]) => patterns.map((pattern) => ({ pattern: pattern.split('.'), reach, who })));
