import type { Service } from './application.ts';

/** How long a service may take from its start until it is healthy, in ms: as its health check says; 10 s for one without. */
export function startLimitMs({ healthcheck }: Service): number {
	if (healthcheck === undefined) return 10_000;
	return healthcheck.startPeriodMs + healthcheck.intervalMs * healthcheck.retries;
}
