import type { Application, Service } from '#core/compose/application.ts';
import type { Commit, Event } from '#core/event.ts';
import type { PlannedJob, PlannedStep } from '#core/plan.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

const subjects = [
	'Round prices to the cent in the basket',
	'Show stock in the list of products',
	'Keep the basket for thirty days',
	'Send the receipt after the payment, not before',
	'Index orders by customer',
	'Say which coupon was not accepted',
	'Update the list of countries',
];
export const commits: readonly Commit[] = subjects.map((subject, index) => ({
	sha: `${(0xa1b2c3d + index * 0x1f3f5).toString(16)}${'0123456789abcdef0123456789abcdef0'.slice(0, 33)}`,
	subject,
	authoredAt: new Date(Date.now() - (index + 1) * 9 * hour).toISOString(),
}));

function step(name: string, line: number): PlannedStep {
	return {
		...{ id: `s${line}`, name, run: 'true', with: null, env: null, shell: null, workingDirectory: null },
		...{ continueOnError: null, timeoutMinutes: null, line },
	};
}

export function job(key: string, needs: readonly string[], steps: readonly string[], id = key): PlannedJob {
	return {
		...{ key, id, name: key, needs, runsOn: 'ubuntu-latest', env: null, outputs: null },
		...{ timeoutMinutes: 360, continueOnError: false, defaults: { shell: null, workingDirectory: null } },
		strategy: { failFast: true, jobIndex: 0, jobTotal: 1 },
		steps: steps.map((name, index) => step(name, 10 + index)),
		line: 8,
	};
}

export const checkout = 'actions/checkout@v6';
export const testSteps = [checkout, 'npm ci', 'npm test'];
export const ciJobs = [
	job('lint', [], [checkout, 'npm ci', 'npm run lint']),
	job('types', [], [checkout, 'npm ci', 'npx tsc']),
	job('unit (20)', ['lint'], testSteps, 'unit'),
	job('unit (22)', ['lint'], testSteps, 'unit'),
	job('unit (24)', ['lint'], testSteps, 'unit'),
	job('build', ['lint', 'types'], [checkout, 'npm ci', 'npm run build']),
	job('e2e', ['unit', 'build'], [checkout, 'npm ci', 'Install the browser', 'npm run e2e']),
	job('deploy', ['e2e'], ['footbridge deploy staging']),
];

export function plan(jobs: readonly PlannedJob[]) {
	return { workflow: '.github/workflows/ci.yml', name: 'CI', env: null, jobs };
}

export function trigger(commit: Commit, ref = 'refs/heads/main') {
	return { event: 'push', ref, sha: commit.sha, payload: {} };
}

export function queued(number: number, commit: Commit, jobs: readonly PlannedJob[] = ciJobs, ref?: string): Event {
	return { kind: 'run-queued', project: 'shop', number, trigger: trigger(commit, ref), commit, plan: plan(jobs) };
}

export const started = (name: string): Event => ({
	...{ kind: 'job-started', job: name, attempt: 1, tier: 'disposable' },
	reason: 'the machine can give a copy of itself, and runs-on asks for ubuntu',
});

const service = (name: string, dependsOn: Service['dependsOn'] = []): Service => ({
	...{
		name,
		command: { argv: ['node', `${name}.js`] },
		environment: {},
		workingDirectory: '.',
		ports: ['3000'],
		dependsOn,
	},
	stopGraceMs: 10_000,
});
const application: Application = {
	services: [service('web', [{ service: 'worker', condition: 'service_started' }]), service('worker')],
	volumes: ['orders'],
};

export function requested(number: number, commit: Commit, environment = 'production'): Event {
	return {
		...{
			kind: 'deployment-requested',
			project: 'shop',
			environment,
			number,
			purpose: 'release',
			sha: commit.sha,
			commit,
		},
		...{ digest: 'c0ffee', application, traffic: { service: 'web', port: 8080, probePath: '/healthz' } },
		changes: commits.slice(number - 1, number + 1),
	};
}

export const instance = (pid: number, port: number) => ({ pid, startTime: 1, ports: { '3000': port } });
