import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Event, Recorded } from '../event.ts';
import { type DoraDeployment, type DoraIncident, dora, median } from './dora.ts';
import { doraInput } from './dora-input.ts';

const day = Date.UTC(2026, 0, 5);
const hour = 3_600_000;
const minute = 60_000;
const at = (text: string, days = 0) => {
	const [hours = 0, minutes = 0] = text.split(':').map(Number);
	return day + days * 24 * hour + hours * hour + minutes * minute;
};
const change = (sha: string, authoredAt: number) => ({ sha, authoredAt });
const deployment = (id: string, finishedAt: number, rest: Partial<DoraDeployment> = {}): DoraDeployment => ({
	id,
	purpose: 'release',
	outcome: 'live',
	exposed: true,
	requestedAt: finishedAt - 5 * minute,
	finishedAt,
	changes: [],
	...rest,
});
const baseline = deployment('d0', at('10:00', -1), { changes: [change('base', at('09:00', -9))] });
const measure = (
	deployments: readonly DoraDeployment[],
	incidents: readonly DoraIncident[] = [],
	now = at('00:00', 6),
	days = 7,
) => dora({ deployments, incidents, now, days });
const values = (view: ReturnType<typeof dora>) =>
	[view.deploymentFrequency, view.leadTime, view.changeFailRate, view.recoveryTime].map((one) => one.value);

test('plain: two releases after the baseline, the middle of their changes, nothing failed', () => {
	const view = measure([
		baseline,
		deployment('d1', at('12:00'), { changes: [change('a', at('10:00')), change('b', at('08:00'))] }),
		deployment('d2', at('12:00', 1), { changes: [change('c', at('06:00', 1))] }),
	]);
	assert.deepEqual(values(view), [3, 4 * hour, 0, null]);
	assert.equal(view.leadTime.detail, 'median of 3 changes');
	assert.equal(view.changeFailRate.detail, '0 of 3');
	assert.equal(view.recoveryTime.detail, 'no failed release in this period');
});

test('rolled back, then fixed: one of two releases failed, users felt it for 20 minutes, and the change counts from when it stuck', () => {
	const first = deployment('d1', at('10:05'), { changes: [change('a', at('08:05'))] });
	const rollback = deployment('d2', at('10:25'), { purpose: 'rollback' });
	const fix = deployment('d3', at('14:05'), { changes: [change('fix', at('12:05')), change('a', at('08:05'))] });
	const incident = { deployment: 'd1', impactStart: at('10:06'), impactEnd: at('10:26') };
	const view = measure([first, rollback, fix], [incident]);
	assert.equal(view.changeFailRate.value, 1 / 2);
	assert.equal(view.recoveryTime.value, 1200_000);
	assert.equal(view.leadTime.value, 4 * hour);
	assert.equal(view.deploymentFrequency.n, 2);
});

test('a rollback without an incident: recovery from the end of the release to the end of the rollback', () => {
	const view = measure([
		baseline,
		deployment('d1', at('10:00')),
		deployment('d2', at('10:30'), { purpose: 'rollback' }),
	]);
	assert.deepEqual([view.changeFailRate.detail, view.recoveryTime.value], ['1 of 2', 30 * minute]);
});

test('stopped by a check before traffic reached it: no release at all', () => {
	const view = measure([
		deployment('d1', at('12:00')),
		deployment('d2', at('13:00'), { outcome: 'rolled-back', exposed: false }),
	]);
	assert.deepEqual([view.changeFailRate.detail, view.deploymentFrequency.n], ['0 of 1', 1]);
});

test('given up under traffic: a failed release that did not go live, felt from when it was exposed', () => {
	const aborted = deployment('d2', at('13:06'), { outcome: 'rolled-back', exposedAt: at('13:00') });
	const view = measure([deployment('d1', at('12:00')), aborted]);
	assert.deepEqual(
		[view.changeFailRate.value, view.recoveryTime.value, view.deploymentFrequency.n],
		[1 / 2, 360_000, 1],
	);
});

test('no data is null, never 0', () => {
	const view = measure([]);
	assert.deepEqual(values(view), [null, null, null, null]);
	assert.deepEqual([view.leadTime.n, view.changeFailRate.n], [0, 0]);
});

test('an incident that names no deployment, or one that is no release, fails none', () => {
	const view = measure(
		[baseline, deployment('d1', at('12:00')), deployment('d2', at('13:00'), { purpose: 'redeploy' })],
		[{ impactStart: at('12:01') }, { deployment: 'd2', impactStart: at('13:01') }],
	);
	assert.equal(view.changeFailRate.detail, '0 of 2');
});

test('two incidents of one release are one failure, from the first impact to the last end', () => {
	const view = measure(
		[baseline, deployment('d1', at('12:00'))],
		[
			{ deployment: 'd1', impactStart: at('12:30'), impactEnd: at('13:00') },
			{ deployment: 'd1', impactStart: at('12:00'), impactEnd: at('12:10') },
		],
	);
	assert.deepEqual([view.changeFailRate.detail, view.recoveryTime.value], ['1 of 2', hour]);
});

test('what is still broken counts with its age, and says that it is at least that', () => {
	const view = measure([baseline, deployment('d1', at('12:00'))], [{ deployment: 'd1', impactStart: at('12:00', 5) }]);
	assert.equal(view.recoveryTime.value, 12 * hour);
	assert.match(view.recoveryTime.detail, /at least: 1 still open/);
});

test('the first release ever is the baseline; a change written after it went live counts 0 and is told', () => {
	assert.equal(measure([baseline]).leadTime.value, null);
	const view = measure([baseline, deployment('d1', at('12:00'), { changes: [change('a', at('12:30'))] })]);
	assert.equal(view.leadTime.value, 0);
	assert.match(view.leadTime.detail, /clock skew: 1/);
});

test('a change counts once, in the window in which it came to stay, and the frequency needs no more history than there is', () => {
	const deployments = [
		deployment('d0', at('12:00', -30)),
		deployment('d1', at('12:00', -20), { changes: [change('a', at('11:00', -20))] }),
		deployment('d2', at('12:00'), { changes: [change('a', at('11:00', -20)), change('b', at('11:00'))] }),
	];
	const view = measure(deployments);
	assert.deepEqual([view.leadTime.value, view.leadTime.n, view.deploymentFrequency.value], [hour, 1, 1]);
	assert.equal(measure(deployments, [], at('12:00', 5), 90).deploymentFrequency.value, 3 / 5);
});

test('the median of an even number lies between the middle two', () => {
	assert.deepEqual([median([]), median([3]), median([1, 2, 10, 4])], [null, 3, 3]);
});

test('the order of the input and redeployments change nothing, and a rate is a share', () => {
	const anyTime = fc.integer({ min: at('00:00', -40), max: at('23:00', 5) });
	const any = fc.array(
		fc.record({
			finishedAt: anyTime,
			purpose: fc.constantFrom('release' as const, 'rollback' as const),
			outcome: fc.constantFrom('live' as const, 'rolled-back' as const, 'failed' as const),
			exposed: fc.boolean(),
			changes: fc.array(
				fc.record({
					sha: fc.constantFrom('a', 'b', 'c', 'd'),
					authoredAt: fc.integer({ min: at('00:00', -50), max: at('00:00') }),
				}),
				{ maxLength: 3 },
			),
		}),
		{ maxLength: 12 },
	);
	fc.assert(
		fc.property(any, fc.boolean(), anyTime, (raw, isNamed, again) => {
			const deployments = raw.map(({ finishedAt, ...rest }, index) => deployment(`d${index}`, finishedAt, rest));
			const incidents = isNamed ? [{ deployment: 'd0', impactStart: at('01:00'), impactEnd: at('02:00') }] : [];
			const view = measure(deployments, incidents);
			assert.deepEqual(measure(deployments.toReversed(), incidents), view);
			const { value } = view.changeFailRate;
			assert.ok(value === null || (value >= 0 && value <= 1));
			assert.ok((view.recoveryTime.value ?? 0) >= 0 && (view.leadTime.value ?? 0) >= 0);
			const redeployed = deployment('z', again, { purpose: 'redeploy' });
			assert.deepEqual(measure([...deployments, redeployed], incidents), view);
		}),
		{ numRuns: 500 },
	);
});

test('the input is folded from the streams of one environment', () => {
	const commit = (sha: string) => ({ sha, subject: sha, authoredAt: '2026-01-05T08:00:00.000Z' });
	const requested = (environment: string): Event => ({
		kind: 'deployment-requested',
		project: 'shop',
		environment,
		number: 1,
		purpose: 'release',
		sha: 'a',
		commit: commit('a'),
		digest: 'x',
		application: { services: [], volumes: [] },
		traffic: { port: 0, probePath: '/' },
		changes: [commit('a')],
	});
	const finished: Event = { kind: 'deployment-finished', outcome: 'live', exposed: true };
	const incident: Event = {
		kind: 'incident-opened',
		project: 'shop',
		environment: 'production',
		number: 1,
		objective: 'availability',
		burnRate: 9,
		what: 'it burns',
		impactStart: '2026-01-05T10:00:00.000Z',
		deployment: 'd1',
	};
	const entries: readonly (readonly [string, string, Event])[] = [
		['deployment/d1', '09:00', requested('production')],
		['deployment/d2', '09:00', requested('staging')],
		['deployment/d1', '09:01', { kind: 'traffic-switched', to: 'd1' }],
		['deployment/d1', '09:02', finished],
		['deployment/d2', '09:02', finished],
		['deployment/d3', '09:03', requested('production')],
		['incident/i1', '10:05', incident],
		['incident/i1', '10:30', { kind: 'incident-resolved', impactEnd: '2026-01-05T10:20:00.000Z' }],
		['run/r1', '10:31', { kind: 'run-finished', conclusion: 'passed' }],
	];
	const events: readonly Recorded[] = entries.map(([stream, time, event], index) => ({
		seq: index + 1,
		at: `2026-01-05T${time}:00.000Z`,
		by: 'engine',
		stream,
		event,
	}));
	assert.deepEqual(doraInput(events, { project: 'shop', environment: 'production', now: at('12:00'), days: 30 }), {
		deployments: [
			{
				id: 'd1',
				purpose: 'release',
				outcome: 'live',
				exposed: true,
				requestedAt: at('09:00'),
				exposedAt: at('09:01'),
				finishedAt: at('09:02'),
				changes: [{ sha: 'a', authoredAt: at('08:00') }],
			},
		],
		incidents: [{ deployment: 'd1', impactStart: at('10:00'), impactEnd: at('10:20') }],
		now: at('12:00'),
		days: 30,
	});
});
