import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event, Recorded } from '#core/event.ts';
import { type Deployment, evolve } from '#core/rollout/deployment.ts';
import { stagesOf } from './deployment-stages.ts';

const service = { name: 'web', command: { shell: 'x' }, environment: {}, workingDirectory: '.', ports: ['80'] };
const reason = { code: 'FB3010', what: 'web did not get healthy' };
const requested: Event = {
	...{ kind: 'deployment-requested', project: 'shop', environment: 'production', number: 2, purpose: 'release' },
	...{ sha: 'a1', commit: { sha: 'a1', subject: 'x', authoredAt: '2026-01-01T00:00:00Z' }, digest: 'd', changes: [] },
	application: { services: [{ ...service, dependsOn: [], stopGraceMs: 1 }], volumes: [] },
	traffic: { service: 'web', port: 80, probePath: '/' },
};
const prepared: Event = { kind: 'version-prepared', directory: '/x' };
const started: Event = { kind: 'service-started', service: 'web', instance: { pid: 1, startTime: 1, ports: {} } };
const healthy: Event = { kind: 'service-checked', service: 'web', healthy: true, detail: 'HTTP 200' };
const sick: Event = { kind: 'service-checked', service: 'web', healthy: false, detail: 'HTTP 500' };
const switched: Event = { kind: 'traffic-switched', to: 'd2', from: 'd1' };
const verified: Event = { kind: 'traffic-verified', detail: 'HTTP 200' };
const failing: Event = { kind: 'deployment-failing', reason };
const live: Event = { kind: 'deployment-finished', outcome: 'live', exposed: true };
const back: Event = { kind: 'deployment-finished', outcome: 'rolled-back', reason, exposed: false };

const cases: readonly (readonly [title: string, events: readonly Event[], stages: string])[] = [
	['nothing but asked for', [], 'running ahead ahead ahead ahead'],
	['prepared', [prepared], 'done running ahead ahead ahead'],
	['started', [prepared, started], 'done done running ahead ahead'],
	['healthy, traffic not there yet', [prepared, started, healthy], 'done done done running ahead'],
	['switched and not verified', [prepared, started, healthy, switched], 'done done done running ahead'],
	['verified', [prepared, started, healthy, switched, verified], 'done done done done running'],
	['live', [prepared, started, healthy, switched, verified, live], 'done done done done done'],
	['on its way back', [prepared, started, sick, failing], 'done done failed skipped skipped'],
	['rolled back', [prepared, started, sick, failing, back], 'done done failed skipped skipped'],
	['broken under traffic', [prepared, started, healthy, switched, failing, back], 'done done done failed skipped'],
];

for (const [title, events, stages] of cases) {
	test(`a deployment that is ${title} stands where its stages say`, () => {
		const all = [requested, ...events].map((event, index): Recorded => {
			const at = `2026-01-01T00:00:0${index}.000Z`;
			return { seq: index + 1, at, by: 'engine', stream: 'deployment/d2', event };
		});
		const deployment = all.reduce<Deployment | undefined>(evolve, undefined);
		assert.ok(deployment !== undefined);
		const shown = stagesOf(deployment);
		assert.equal(shown.map(({ is }) => is).join(' '), stages);
		for (const stage of shown) assert.equal(stage.at !== undefined, stage.is === 'done', stage.name);
	});
}
