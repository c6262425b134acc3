import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forecast } from './forecast.ts';
import type { Plan, PlannedJob } from './plan.ts';

const job: PlannedJob = {
	...{ key: 'a', id: 'a', name: 'a', needs: [], runsOn: 'ubuntu-latest', env: null, outputs: null },
	...{ timeoutMinutes: null, continueOnError: null, defaults: { shell: null, workingDirectory: null } },
	...{ strategy: { failFast: true, jobIndex: 0, jobTotal: 1 }, steps: [], line: 1 },
};

test('a plan foretells which jobs run, which do not and why, and which only the run can tell', () => {
	const unsupported = { code: 'FB1005', what: '`container` is not supported yet' };
	const jobs: PlannedJob[] = [
		job,
		{ ...job, key: 'main', id: 'main', if: "github.ref == 'refs/heads/main'" },
		{ ...job, key: 'after', id: 'after', needs: ['main'] },
		{ ...job, key: 'always', id: 'always', needs: ['main'], if: 'always()' },
		{ ...job, key: 'open', id: 'open', needs: ['a'], if: "needs.a.outputs.go == 'yes'" },
		{
			...job,
			key: 'mac',
			id: 'mac',
			runsOn: { expression: 'matrix.os', line: 1, column: 1 },
			matrix: { os: 'macos-14' },
		},
		{ ...job, key: 'odd', id: 'odd', problems: [unsupported] },
		{ ...job, key: 'wrong', id: 'wrong', if: "fromJSON('{') == 1" },
	];
	const plan: Plan = { workflow: 'a.yml', name: 'a', env: null, jobs };
	const contexts = { github: { ref: 'refs/heads/x' }, inputs: {}, vars: {} };
	const told = forecast(plan, { contexts, runners: [], platform: 'linux' });
	assert.deepEqual(
		Object.entries(told).map(([key, { is }]) => `${key} ${is}`),
		['a runs', 'main skipped', 'after skipped', 'always runs', 'open open', 'mac skipped', 'odd fails', 'wrong fails'],
	);
	assert.match(told['main']?.why ?? '', /github\.ref is refs\/heads\/x/);
	assert.equal(told['after']?.why, 'it needs main');
	assert.match(told['mac']?.why ?? '', /this machine does not run macOS/);
	assert.match(told['open']?.why ?? '', /needs\.a\.outputs\.go/);
});
