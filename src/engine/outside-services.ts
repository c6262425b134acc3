import { outsideService } from '#core/action/outside-service.ts';
import type { Probe } from '#edge/probe/probe.ts';
import type { RunningJob } from './running-job.ts';

/**
 * Why a step that uses an action cannot do what it is for on this machine; undefined when it can, when nothing is known of it, or
 * when the project wants it to be tried. Found by asking the service, once a minute at most.
 */
export async function whyUnreached(
	job: Pick<RunningJob, 'request' | 'ports'>,
	uses: string | undefined,
): Promise<string | undefined> {
	const service = outsideService(uses);
	if (service === undefined || job.request.actions.settings.outside === 'run') return undefined;
	if ('forge' in service) return `it ${service.does} on the forge, and this run has no token of one`;
	const unreached = `it ${service.does} at ${service.host}`;
	if (job.request.network === 'private') return `${unreached}, and this room has no network`;
	const why = await whySilent(job.ports.probe, service.host);
	return why === undefined ? undefined : `${unreached}, which this machine does not reach: ${why}`;
}

const askedForMs = 60_000;
const patienceMs = 5000;
const answers = new WeakMap<Probe, Map<string, { readonly at: number; readonly why: Promise<string | undefined> }>>();

function whySilent(probe: Probe, host: string): Promise<string | undefined> {
	const known = answers.get(probe) ?? new Map();
	answers.set(probe, known);
	const earlier = known.get(host);
	if (earlier !== undefined && performance.now() - earlier.at < askedForMs) return earlier.why;
	const why = ask(probe, host);
	known.set(host, { at: performance.now(), why });
	return why;
}

/** Whatever a server answers, it was reached. */
async function ask(probe: Probe, host: string): Promise<string | undefined> {
	const { detail } = await probe.ask(`https://${host}/`, patienceMs);
	return detail.startsWith('HTTP ') ? undefined : detail;
}
