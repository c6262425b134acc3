import { actionOf } from './uses-reference.ts';

/** What an action cannot do without besides this machine. */
export type OutsideService =
	/** A service in the network. */
	| { readonly does: string; readonly host: string }
	/** It writes to the forge, with the token of a run there. */
	| { readonly does: string; readonly forge: true };

/** The service outside that an action works for; undefined where nothing is known of one. */
export function outsideService(uses: string | undefined): OutsideService | undefined {
	const action = actionOf(uses);
	return Object.hasOwn(services, action) ? services[action] : undefined;
}

const of = (does: string, host: string, ...actions: readonly string[]) =>
	actions.map((action) => [action, { does, host }] as const);
const forge = (does: string, ...actions: readonly string[]) =>
	actions.map((action) => [action, { does, forge: true }] as const);

/** By `owner/name` in lower case, with all paths below it. */
const services: { readonly [action: string]: OutsideService } = Object.fromEntries<OutsideService>([
	...of('uploads coverage', 'codecov.io', 'codecov/codecov-action', 'codecov/test-results-action'),
	...of('uploads coverage', 'coveralls.io', 'coverallsapp/github-action', 'coverallsapp/coverage-reporter'),
	...of('uploads coverage', 'api.codacy.com', 'codacy/codacy-coverage-reporter-action'),
	...of('uploads coverage', 'codeclimate.com', 'paambaati/codeclimate-action'),
	...of('uploads coverage', 'qlty.sh', 'qltysh/qlty-action'),
	...of(
		'uploads an analysis',
		'sonarcloud.io',
		'sonarsource/sonarcloud-github-action',
		'sonarsource/sonarqube-scan-action',
	),
	...of('uploads an analysis', 'scan.coverity.com', 'vapier/coverity-scan-action'),
	...of('uploads an analysis', 'api.snyk.io', 'snyk/actions'),
	...of('uploads an analysis', 'app.fossa.com', 'fossas/fossa-action', 'fossa-contrib/fossa-action'),
	...of('uploads measurements', 'api.codspeed.io', 'codspeedhq/action'),
	...of('fuzzes with images', 'gcr.io', 'google/oss-fuzz'),
	...of('publishes a package', 'upload.pypi.org', 'pypa/gh-action-pypi-publish'),
	...of('publishes a package', 'crates.io', 'rust-lang/crates-io-auth-action'),
	...of('signs in', 'sts.amazonaws.com', 'aws-actions/configure-aws-credentials', 'aws-actions/amazon-ecr-login'),
	...of('signs in', 'sts.googleapis.com', 'google-github-actions/auth'),
	...of('signs in', 'login.microsoftonline.com', 'azure/login'),
	...of('deploys', 'api.cloudflare.com', 'cloudflare/wrangler-action', 'cloudflare/pages-action'),
	...of('deploys', 'api.netlify.com', 'nwtgck/actions-netlify', 'netlify/actions'),
	...of('deploys', 'api.vercel.com', 'amondnet/vercel-action'),
	...of(
		'sends a message',
		'slack.com',
		'slackapi/slack-github-action',
		'8398a7/action-slack',
		'rtcamp/action-slack-notify',
	),
	...of('sends a message', 'discord.com', 'sarisia/actions-status-discord'),
	...forge('uploads an analysis', 'github/codeql-action', 'ossf/scorecard-action', 'zizmorcore/zizmor-action'),
	...forge('compares dependencies', 'actions/dependency-review-action'),
	...forge('writes a release', 'softprops/action-gh-release', 'ncipollo/release-action', 'actions/create-release'),
	...forge('writes a release', 'actions/upload-release-asset', 'svenstaro/upload-release-action'),
	...forge('writes a release', 'release-drafter/release-drafter', 'googleapis/release-please-action'),
	...forge('publishes pages', 'actions/deploy-pages', 'actions/configure-pages', 'peaceiris/actions-gh-pages'),
	...forge('publishes pages', 'jamesives/github-pages-deploy-action'),
	...forge('attests what was built', 'actions/attest', 'actions/attest-build-provenance', 'actions/attest-sbom'),
	...forge(
		'writes a pull request',
		'peter-evans/create-pull-request',
		'pre-commit-ci/lite-action',
		'changesets/action',
	),
	...forge('writes a pull request', 'dependabot/fetch-metadata', 'repo-sync/pull-request'),
	...forge('writes a comment', 'peter-evans/create-or-update-comment', 'marocchino/sticky-pull-request-comment'),
	...forge('writes a comment', 'thollander/actions-comment-pull-request', 'actions/first-interaction'),
	...forge('writes labels', 'actions/labeler', 'actions-ecosystem/action-add-labels'),
	...forge('closes what is old', 'actions/stale', 'dessant/lock-threads', 'actions/delete-package-versions'),
]);
