import { actionOf } from '../../action/uses-reference.ts';
import type { LintedFile, LintedJob, LintedStep } from '../linted-file.ts';
import type { Report, Rule } from '../rule.ts';
import { entriesOf, itemsOf, textAt, valueAt } from '../source-tree.ts';
import { pathsIn } from '../value-path.ts';
import { expressionsOf } from '../variables.ts';

/** Outsiders start it, with the repository's rights. */
const dangerousTriggers: Rule = {
	name: 'dangerous-triggers',
	severity: 'warning',
	why: 'Outsiders start this workflow, and it has the secrets and a token that can write.',
	fix: 'Use pull_request where that is enough; else never check out, build or run what the outsider sent.',
	check(file, report) {
		for (const name of ['pull_request_target', 'workflow_run']) {
			const event = file.events.get(name);
			if (event !== undefined)
				report(event.span, `${name} runs for pull requests from forks with this repository's rights`);
		}
		const isOpen = ['pull_request_target', 'workflow_run', 'issue_comment'].some((name) => file.events.has(name));
		for (const step of isOpen ? file.steps : []) checkCheckout(step, file, report);
	},
};

/** A checkout of what the outsider sent: what comes after it runs their code. */
function checkCheckout(step: LintedStep, file: LintedFile, report: Report): void {
	if (actionOf(step.uses?.text) !== 'actions/checkout') return;
	for (const key of ['ref', 'repository']) {
		const value = valueAt(step.body, 'with', key);
		const paths = expressionsOf(value, file).flatMap(({ parsed }) => (parsed === undefined ? [] : pathsIn(parsed)));
		const isTheirs = paths.some((path) =>
			/^github\.(head_ref$|event\.(pull_request\.(head\b|merge_commit_sha|number)|number|issue\.number|workflow_run\.(head_|pull_requests)))/.test(
				path.join('.'),
			),
		);
		if (value === undefined || !isTheirs) continue;
		report(value, "The outsider's code is checked out where the secrets are", {
			severity: 'error',
			why: 'Whatever runs after this (install scripts, Makefile, tests) is theirs, and can take the token and the secrets.',
			fix: 'Split it: a pull_request workflow without rights builds, and this one only reads its results.',
		});
		return;
	}
}

/** A token that may more than it must. */
const excessivePermissions: Rule = {
	name: 'excessive-permissions',
	severity: 'warning',
	why: 'Every step, and every action that a step uses, can do all that the token may.',
	fix: 'Write `permissions: {contents: read}` at the top, and give a job what it needs besides.',
	check(file, report) {
		if (file.kind === 'action') return;
		const own = valueAt(file.root, 'permissions');
		for (const node of [own, ...file.jobs.map(({ body }) => valueAt(body, 'permissions'))]) {
			if (node?.kind === 'scalar' && node.text === 'write-all')
				report(node, 'The token may write everything', { severity: 'error' });
		}
		if (file.jobs.length > 1) {
			for (const { key, keySpan, value } of entriesOf(own)) {
				if (value.kind === 'scalar' && value.text === 'write')
					report(keySpan, `All ${file.jobs.length} jobs get ${key}: write`);
			}
		}
		const without = file.jobs.filter(({ body }) => valueAt(body, 'permissions') === undefined);
		const [first] = without;
		if (own === undefined && first !== undefined && !isOnlyCalled(file)) {
			report(first.keySpan, 'The token has whatever rights the repository gives by default', { severity: 'info' });
		}
	},
};

/** Outsiders' code on a machine that lives on. */
const selfHostedRunner: Rule = {
	name: 'self-hosted-runner',
	severity: 'warning',
	why: 'In a public repository whoever opens a pull request runs code on that machine, and can stay there.',
	fix: 'Run it on a machine that is thrown away after each job, or allow it for your own branches only.',
	check(file, report) {
		if (!['pull_request', 'pull_request_target'].some((name) => file.events.has(name))) return;
		for (const { body } of file.jobs) {
			const runsOn = valueAt(body, 'runs-on');
			const labels = itemsOf(runsOn?.kind === 'map' ? valueAt(runsOn, 'labels') : runsOn);
			const label = labels.find((node) => node.kind === 'scalar' && node.text.toLowerCase() === 'self-hosted');
			if (label !== undefined) report(label, 'Pull requests run on a machine of your own');
		}
	},
};

/** The token of the checkout leaves with what is uploaded. */
const artipacked: Rule = {
	name: 'artipacked',
	severity: 'warning',
	why: 'actions/checkout keeps the token in .git/config: whoever may download the artifact has it while the job runs.',
	fix: 'Give the checkout `persist-credentials: false`, or upload only the folder that was built.',
	check({ jobs }, report) {
		for (const { steps } of jobs) {
			const keeping = steps.find(
				(step) =>
					actionOf(step.uses?.text) === 'actions/checkout' &&
					textAt(step.body, 'with', 'persist-credentials') !== 'false',
			);
			if (keeping === undefined) continue;
			for (const step of steps) {
				if (step.position < keeping.position || actionOf(step.uses?.text) !== 'actions/upload-artifact') continue;
				const path = valueAt(step.body, 'with', 'path');
				const paths = path?.kind === 'scalar' ? path.text.split('\n').map((line) => line.trim()) : [];
				if (path !== undefined && paths.some(isWholeWorkspace)) report(path, "The artifact holds the checkout's token");
			}
		}
	},
};

function isWholeWorkspace(path: string): boolean {
	return /^(\.\/?|\*\*?(\/\*)?|\.\/\*\*?(\/\*)?|\$\{\{\s*github\.workspace\s*\}\}\/?|\.git\/?.*)$/.test(path);
}

/** What a pull request left in a cache goes into a release. */
const cachePoisoning: Rule = {
	name: 'cache-poisoning',
	severity: 'warning',
	why: 'Caches are shared with other workflows of the branch: whoever can write one can change what is released.',
	fix: 'Build releases without caches.',
	check(file, report) {
		const push = file.events.get('push')?.value;
		const isRelease = file.events.has('release') || valueAt(push, 'tags') !== undefined;
		for (const job of file.jobs) {
			if (!isRelease && !job.steps.some(publishes)) continue;
			for (const step of job.steps) {
				if (usesCache(step)) report(step.uses ?? job.keySpan, `The job ${job.id} releases what is built with a cache`);
			}
		}
	},
};

function usesCache({ uses, body }: LintedStep): boolean {
	const action = actionOf(uses?.text);
	if (['actions/cache', 'swatinem/rust-cache', 'mozilla-actions/sccache-action'].includes(action)) return true;
	const cache = textAt(body, 'with', 'cache') ?? textAt(body, 'with', 'enable-cache');
	return /\/setup-/.test(action) && cache !== undefined && !['', 'false'].includes(cache);
}

const publishing =
	/^(pypa\/gh-action-pypi-publish|softprops\/action-gh-release|actions\/create-release|goreleaser\/goreleaser-action|docker\/build-push-action|changesets\/action)$/;
const publishCommand =
	/^\s*(npm publish|pnpm publish|yarn npm publish|cargo publish|twine upload|gh release (create|upload)|mvn .*\bdeploy\b|docker push|uv publish|poetry publish)/m;

function publishes({ uses, run }: LintedJob['steps'][number]): boolean {
	return (
		publishing.test(actionOf(uses?.text)) || publishCommand.test((run?.text ?? '').replaceAll(/^.*--dry-run.*$/gm, ''))
	);
}

function isOnlyCalled({ events }: LintedFile): boolean {
	return events.size === 1 && events.has('workflow_call');
}

/** Who may start what, with which rights. */
export const triggerRules: readonly Rule[] = [
	dangerousTriggers,
	excessivePermissions,
	selfHostedRunner,
	artipacked,
	cachePoisoning,
];
