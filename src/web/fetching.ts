import { infiniteQueryOptions, QueryCache, QueryClient, queryOptions } from '@tanstack/react-query';
import type {
	DeploymentItem,
	DeploymentView,
	EnvironmentView,
	IncidentItem,
	LogLines,
	LogMatches,
	Metrics,
	ProblemResponse,
	Project,
	RunItem,
	RunView,
} from '#core/api.ts';
import type { Problem } from '#core/result.ts';

/** What the API refused, with its problems. */
export class Refused extends Error {
	readonly status: number;
	readonly problems: readonly Problem[];
	constructor(status: number, problems: readonly Problem[]) {
		super(problems[0]?.what ?? `the server answered ${status}`);
		this.status = status;
		this.problems = problems;
	}
}

/** Everything the page knows comes through this cache. */
export const queryClient = new QueryClient({
	queryCache: new QueryCache({
		// The session is over: who looks is asked to sign in.
		onError: (error) => {
			if (error instanceof Refused && error.status === 401)
				void queryClient.invalidateQueries({ queryKey: ['session'] });
		},
	}),
	defaultOptions: {
		queries: {
			staleTime: 30_000,
			// An answer that says no stays no; a server that is away comes back.
			retry: (count, error) => !(error instanceof Refused && error.status < 500) && count < 3,
		},
	},
});

type Query = { readonly [name: string]: string | number | undefined };

interface Page<Item> {
	readonly items: readonly Item[];
	readonly next: number | null;
}

/** Asks `/api/v1`; throws Refused. */
export async function ask<T>(path: string, query: Query = {}, init: RequestInit = {}): Promise<T> {
	const search = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
	const suffix = search.size === 0 ? '' : `?${search}`;
	const response = await fetch(`/api/v1${path}${suffix}`, init);
	if (response.ok) return response.json() as Promise<T>;
	const body = (await response.json().catch(() => undefined)) as ProblemResponse | undefined;
	throw new Refused(response.status, body?.problems ?? []);
}

/** Sends a command to `/api/v1`; throws Refused. */
export function send<T>(path: string, body: object): Promise<T> {
	return ask<T>(
		path,
		{},
		{ method: 'POST', headers: { 'Content-Type': 'application/json', ...proof() }, body: JSON.stringify(body) },
	);
}

const proofKey = 'proof';

/** What this page knows of its session besides the cookie, which goes to every port of the server's machine. */
export function keepProof(text: string | undefined): void {
	if (text === undefined) localStorage.removeItem(proofKey);
	else localStorage.setItem(proofKey, text);
}

function proof(): { readonly [header: string]: string } {
	const text = localStorage.getItem(proofKey);
	return text === null ? {} : { 'X-Footbridge-Proof': text };
}

const enc = encodeURIComponent;

export const projectsQuery = queryOptions({
	queryKey: ['projects'],
	queryFn: async () => (await ask<{ readonly items: readonly Project[] }>('/projects')).items,
});

export const environmentsQuery = queryOptions({
	queryKey: ['environments'],
	queryFn: async () => (await ask<{ readonly items: readonly EnvironmentView[] }>('/environments')).items,
});

/** Health and what the proxy serves are looked up when asked for, not told by an event: asked for again while it is on the screen. */
export const environmentQuery = (project: string, environment: string) =>
	queryOptions({
		queryKey: ['environments', project, environment],
		queryFn: () => ask<EnvironmentView>(`/environments/${enc(project)}/${enc(environment)}`),
		refetchInterval: 10_000,
	});

export interface RunFilters {
	readonly project?: string;
	readonly status?: string;
	readonly branch?: string;
}

export const newestRunsQuery = (limit: number) =>
	queryOptions({
		queryKey: ['runs', 'newest', limit],
		queryFn: async () => (await ask<Page<RunItem>>('/runs', { limit })).items,
	});

export const runsQuery = ({ project, status, branch }: RunFilters) =>
	infiniteQueryOptions({
		queryKey: ['runs', 'list', project, status, branch],
		queryFn: ({ pageParam }) =>
			ask<Page<RunItem>>('/runs', { project, status, ref: branch, before: pageParam, limit: 50 }),
		initialPageParam: undefined as number | undefined,
		getNextPageParam: (page) => page.next ?? undefined,
	});

export const runQuery = (run: string) =>
	queryOptions({ queryKey: ['run', run], queryFn: () => ask<RunView>(`/runs/${enc(run)}`) });

export const deploymentQuery = (deployment: string) =>
	queryOptions({
		queryKey: ['deployment', deployment],
		queryFn: () => ask<DeploymentView>(`/deployments/${enc(deployment)}`),
	});

export const deploymentsQuery = (project: string, environment: string) =>
	infiniteQueryOptions({
		queryKey: ['deployments', project, environment],
		queryFn: ({ pageParam }) =>
			ask<Page<DeploymentItem>>('/deployments', { project, environment, before: pageParam, limit: 20 }),
		initialPageParam: undefined as number | undefined,
		getNextPageParam: (page) => page.next ?? undefined,
	});

export const openIncidentsQuery = queryOptions({
	queryKey: ['incidents', 'open'],
	queryFn: async () => (await ask<Page<IncidentItem>>('/incidents', { open: 'true', limit: 20 })).items,
});

export const metricsQuery = (project: string, environment: string, days: number) =>
	queryOptions({
		queryKey: ['metrics', project, environment, days],
		queryFn: () => ask<Metrics>(`/metrics/${enc(project)}/${enc(environment)}`, { days }),
		refetchInterval: 60_000,
	});

export interface LogAddress {
	readonly run: string;
	readonly job: string;
	readonly attempt: number;
}

const logPath = ({ run, job }: LogAddress) => `/runs/${enc(run)}/jobs/${enc(job)}/log`;

/** Lines of a log; `wait` seconds for line `from` to be there. */
export const askLog = (
	log: LogAddress,
	query: { readonly from: number; readonly limit: number; readonly wait?: number },
	signal: AbortSignal,
) => ask<LogLines>(logPath(log), { ...query, attempt: log.attempt }, { signal });

export const searchLog = (log: LogAddress, q: string) =>
	ask<LogMatches>(`${logPath(log)}/search`, { q, attempt: log.attempt });
