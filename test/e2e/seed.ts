import type { Commit, Event } from '#core/event.ts';
import type { Store } from '#edge/store/store.ts';
import { commits, day, hour, instance, minute, requested, second } from './seed-events.ts';
import { emptyRecord, type Seeded, type Seeding } from './seed-record.ts';
import { cancelled, codeFailure, environmentFailure, passedRun, refusal, underWay } from './seed-runs.ts';

/** A shop with a past: runs that passed and failed, deployments, one of them rolled back, an open incident, and a run under way. */
export async function seededRecord(): Promise<Seeded> {
	const record = await emptyRecord();
	const now = Date.now();
	record.at(now - 12 * day);
	await record.append('project/shop', {
		kind: 'project-added',
		project: 'shop',
		path: '/srv/git/shop.git',
		defaultBranch: 'main',
	});
	for (let number = 1; number <= 6; number++) await passedRun(record, number, now - (12 - number) * day);
	await deployments(record, now);
	await codeFailure(record, now - 5 * hour);
	await environmentFailure(record, now - 50 * minute);
	await refusal(record, now - 32 * minute);
	await cancelled(record, now - 20 * minute);
	await underWay(record, now - 100 * second);
	await incident(record, now - 14 * minute);
	await samples(record.store, now);
	record.at(0);
	return record;
}

async function deployments(record: Seeding, now: number): Promise<void> {
	const deploy = async (id: string, at: number, first: Event, ...others: readonly (readonly [number, Event])[]) => {
		record.at(at);
		await record.append(`deployment/${id}`, first);
		for (const [ms, event] of others) {
			record.at(at + ms);
			await record.append(`deployment/${id}`, event);
		}
	};
	const up = (pid: number, port: number): readonly (readonly [number, Event])[] => [
		[180, { kind: 'version-prepared', directory: '/var/lib/footbridge/shop' }],
		[260, { kind: 'service-started', service: 'worker', instance: instance(pid, port) }],
		[300, { kind: 'service-checked', service: 'worker', healthy: true, detail: 'port 3000 accepts connections' }],
		[420, { kind: 'service-started', service: 'web', instance: instance(pid + 1, port + 1) }],
	];
	const live = (id: string, from: string | undefined): readonly (readonly [number, Event])[] => [
		[1400, { kind: 'service-checked', service: 'web', healthy: true, detail: 'HTTP 200 in 4 ms' }],
		[1450, { kind: 'traffic-switched', to: id, ...(from === undefined ? {} : { from }) }],
		[1500, { kind: 'traffic-verified', detail: 'HTTP 200 in 3 ms' }],
		[2900, { kind: 'version-drained', deployment: from ?? id, open: 0 }],
		[3100, { kind: 'version-stopped', deployment: from ?? id }],
		[3150, { kind: 'deployment-finished', outcome: 'live', exposed: true }],
	];
	await deploy('d1', now - 6 * day, requested(1, commits[6] as Commit), ...up(3100, 43_001), ...live('d1', undefined));
	const reason = {
		...{ code: 'FB3104', what: 'web did not get healthy within 30 s', where: 'web, pid 3998, port 43051' },
		why: [
			'GET /healthz answered 500 (12 of 12)',
			'listening on 43051',
			'Error: relation "coupons" does not exist',
			'    at Parser.parseErrorMessage (node_modules/pg-protocol/dist/parser.js:285:98)',
			'    at async health (file:///srv/shop/src/health.js:12:3)',
		].join('\n'),
		next: 'run the migration first: footbridge run migrate',
	};
	await deploy(
		...(['d2', now - 3 * day, requested(2, commits[5] as Commit), ...up(3997, 43_050)] as const),
		[30_400, { kind: 'service-checked', service: 'web', healthy: false, detail: 'HTTP 500 in 6 ms' }],
		[30_410, { kind: 'deployment-failing', reason }],
		[30_900, { kind: 'version-stopped', deployment: 'd2' }],
		[31_000, { kind: 'deployment-finished', outcome: 'rolled-back', reason, exposed: false }],
	);
	await deploy('d3', now - 26 * hour, requested(3, commits[4] as Commit), ...up(4301, 43_116), ...live('d3', 'd1'));
	record.at(now - 26 * hour + 3200);
	await record.append('deployment/d1', { kind: 'deployment-superseded', by: 'd3' });
	await record.append('environment/shop/production', {
		...{
			kind: 'health-changed',
			project: 'shop',
			environment: 'production',
			healthy: true,
			detail: 'GET /healthz: 200 in 4 ms',
		},
	});
	await deploy(
		'd9',
		now - 9 * hour,
		requested(1, commits[3] as Commit, 'staging'),
		...up(4241, 43_190),
		...live('d9', undefined),
	);
	await deploy('d10', now - 40 * second, requested(2, commits[0] as Commit, 'staging'), ...up(5200, 43_300));
}

async function incident(record: Seeding, at: number): Promise<void> {
	record.at(at + 2 * minute);
	await record.append('environment/shop/staging', {
		...{
			kind: 'health-changed',
			project: 'shop',
			environment: 'staging',
			healthy: false,
			detail: 'GET /healthz: connection refused',
		},
	});
	await record.append('incident/i1', {
		...{ kind: 'incident-opened', project: 'shop', environment: 'staging', number: 1, objective: 'availability' },
		...{ burnRate: 31.2, what: 'staging answers 1 of 6 requests with an error', deployment: 'd9' },
		impactStart: new Date(at).toISOString(),
	});
}

async function samples(store: Store, now: number): Promise<void> {
	const nowMinute = Math.floor(now / minute);
	const rows = [];
	for (let ago = 0; ago < 72 * 60; ago += 5) {
		const hourOfDay = ((nowMinute - ago) / 60) % 24;
		const busy = Math.round(40 + 32 * Math.sin((hourOfDay / 24) * 2 * Math.PI));
		const bad = ago > 1500 && ago < 1560 ? 3 : 0;
		rows.push({ series: 'shop/production/edge', minute: nowMinute - ago, good: busy - bad, bad, sumMs: busy * 6 });
		const broken = ago < 15 ? 8 : 0;
		rows.push({
			series: 'shop/staging/edge',
			minute: nowMinute - ago,
			good: 10 - Math.min(broken, 4),
			bad: broken,
			sumMs: 90,
		});
	}
	await store.addSamples(rows);
}
