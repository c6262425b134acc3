import { writeSync } from 'node:fs';
import type { Commit, Event } from '#core/event.ts';
import { sqliteStore } from '#edge/store/sqlite.ts';

/**
 * Appends to the database file of its first argument until it is killed, and says on stdout, after each write was acknowledged,
 * what it was: `event <seq> <number of the run>`, `number <n>` or `sample`.
 */
const [file = '', generation = '0'] = process.argv.slice(2);
const store = await sqliteStore({ file, clock: { now: () => Date.now() } });
const say = (line: string) => writeSync(1, `${line}\n`);

const commit: Commit = { sha: 'c'.repeat(40), subject: 'A change', authoredAt: '2026-01-05T11:00:00.000Z' };
const trigger = { event: 'push', ref: 'refs/heads/main', sha: commit.sha, payload: { padding: 'x'.repeat(300) } };
const plan = { workflow: 'ci.yml', name: 'ci', env: null, jobs: [] };
const finding = {
	verdict: 'code',
	certainty: 'proved',
	class: 'test-failure',
	evidence: [],
	next: 'mend it',
	durationMs: 1,
} as const;

async function writer(name: string): Promise<never> {
	for (let number = 1; ; number++) {
		const stream = `run/${generation}-${name}-${number}`;
		const steps: readonly (readonly Event[])[] = [
			[{ kind: 'run-queued', project: 'rig', number, trigger, commit, plan }],
			[
				{ kind: 'job-started', job: 'test', attempt: 1, tier: 'host', reason: 'asked for' },
				{ kind: 'finding-made', job: 'test', attempt: 1, finding: { ...finding, cause: `cause ${number}` } },
			],
			[{ kind: 'run-finished', conclusion: number % 2 === 0 ? 'passed' : 'failed' }],
		];
		for (const events of steps) {
			for (const recorded of await store.append(stream, 'engine', events))
				say(`event ${recorded.seq} ${stream} ${recorded.event.kind}`);
		}
		say(`number ${await store.nextNumber('run/rig')}`);
		await store.addSamples([{ series: 'rig/production/probe', minute: 1, good: 1, bad: 0, sumMs: 1 }]);
		say('sample');
	}
}

await Promise.all(['a', 'b', 'c', 'd'].map(writer));
