import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobFacts, jobContexts, runnerVariables } from './contexts.ts';

const room = {
	workspace: '/w/app/app',
	temp: '/w/_temp',
	toolCache: '/opt/tools',
	kernel: 'Linux',
	machine: 'aarch64',
	eventPath: '/w/_temp/event.json',
};
const facts = (origin?: string): JobFacts => ({
	run: { id: 'r1', number: 7, attempt: 2, project: 'app' },
	repository: { name: 'app', defaultBranch: 'main', ...(origin === undefined ? {} : { origin }) },
	plan: { workflow: '.github/workflows/ci.yml', name: 'CI' },
	job: {
		key: 'build',
		id: 'build',
		name: 'build',
		needs: [],
		runsOn: 'ubuntu-latest',
		env: null,
		outputs: null,
		timeoutMinutes: null,
		continueOnError: null,
		defaults: { shell: null, workingDirectory: null },
		strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
		steps: [],
		line: 3,
	},
	trigger: { event: 'push', ref: 'refs/tags/v1', sha: 'a'.repeat(40), payload: { sender: { login: 'mona' } } },
	needs: {},
	inputs: {},
	secrets: { GITHUB_TOKEN: 'token-1' },
	vars: {},
});

test('repository and server come from the origin, in every form git allows', () => {
	for (const origin of [
		'git@github.com:octo/app.git',
		'https://github.com/octo/app',
		'https://user:pw@github.com/octo/app.git/',
		'ssh://git@github.com:22/octo/app.git',
	]) {
		const { github } = jobContexts(facts(origin), room);
		assert.deepEqual(
			[github['repository'], github['repository_owner'], github['server_url']],
			['octo/app', 'octo', 'https://github.com'],
			origin,
		);
		assert.equal(github['api_url'], 'https://api.github.com');
	}
	assert.equal(jobContexts(facts('/srv/git/app'), room).github['repository'], 'app');
});

test('variables say what the contexts say, and hold no token', () => {
	const { github, runner } = jobContexts(facts(), room);
	const variables = runnerVariables(github, runner);
	assert.equal(variables['GITHUB_REF_TYPE'], 'tag');
	assert.equal(variables['GITHUB_REF_NAME'], 'v1');
	assert.equal(variables['GITHUB_ACTOR'], 'mona');
	assert.equal(variables['GITHUB_RUN_ATTEMPT'], '2');
	assert.equal(variables['RUNNER_ARCH'], 'ARM64');
	assert.equal(variables['RUNNER_TOOL_CACHE'], '/opt/tools');
	assert.equal(github['token'], 'token-1');
	assert.ok(!JSON.stringify(variables).includes('token-1'));
});
