import { z } from '@hono/zod-openapi';
import type { EnvironmentView, PlanView as Planned, DeploymentView as Shown } from '#core/api.ts';
import type { Json, Plan, Trigger } from '#core/plan.ts';

/** Schemas of what `/api/v1` answers: the interfaces of core/api.ts for programs that are not written in TypeScript. */
const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
const time = z.iso.datetime().openapi({ description: 'ISO 8601, UTC' });

const Problem = z
	.object({
		code: z.string().openapi({ example: 'FB2004' }),
		what: z.string(),
		why: z.string().optional(),
		where: z.string().optional(),
		next: z.string().optional(),
	})
	.openapi('Problem');

export const ProblemResponse = z
	.object({ type: z.string(), title: z.string(), status: z.int(), problems: list(Problem) })
	.openapi('ProblemResponse');

export const Project = z
	.object({ project: z.string(), path: z.string(), defaultBranch: z.string() })
	.openapi('Project');

export const RunItem = z
	.object({
		run: z.string(),
		seq: z.int(),
		project: z.string(),
		number: z.int(),
		workflow: z.string(),
		name: z.string(),
		event: z.string(),
		ref: z.string(),
		sha: z.string(),
		worktree: z.boolean(),
		subject: z.string(),
		status: z.string(),
		queuedAt: time,
		startedAt: time.nullable(),
		finishedAt: time.nullable(),
		cause: z.string().nullable(),
	})
	.openapi('RunItem');

const Commit = z.object({ sha: z.string(), subject: z.string(), authoredAt: z.string() }).openapi('Commit');
const Status = z.enum(['queued', 'running', 'passed', 'failed', 'cancelled', 'skipped', 'blocked']).openapi('Status');
const Tier = z.enum(['host', 'sandbox', 'disposable', 'container']).openapi('Tier');
const plan = z.custom<Plan>().openapi({ type: 'object', description: 'The workflow as planned, core/plan.ts' });
const trigger = z.custom<Trigger>().openapi({ type: 'object', description: 'What made the run happen' });

const Annotation = z
	.object({
		level: z.enum(['error', 'warning', 'notice']),
		message: z.string(),
		title: z.string().optional(),
		file: z.string().optional(),
		line: z.int().optional(),
		column: z.int().optional(),
		endLine: z.int().optional(),
		endColumn: z.int().optional(),
		rule: z.string().optional(),
		logLine: z.int(),
	})
	.openapi('Annotation');

const inputValues = z
	.custom<{ readonly [name: string]: Json }>()
	.openapi({ type: 'object', description: 'Values of the inputs of the workflow that the job calls' });

const Usage = z
	.object({
		peakMemoryBytes: z.number().optional(),
		cpuMs: z.number().optional(),
		readBytes: z.number().optional(),
		writtenBytes: z.number().optional(),
	})
	.openapi('Usage');

const Finding = z
	.object({
		verdict: z.enum(['code', 'environment', 'flaky', 'platform', 'unknown']),
		certainty: z.enum(['proved', 'suspected']),
		class: z.string(),
		cause: z.string(),
		evidence: list(
			z.object({
				from: z.enum(['fact', 'snapshot', 'trace', 'rerun', 'last-good-commit', 'log']),
				what: z.string(),
			}),
		),
		next: z.string(),
		command: z.string().optional(),
		commit: z.object({ sha: z.string(), subject: z.string() }).optional(),
		logLine: z.int().optional(),
		durationMs: z.number(),
	})
	.openapi('Finding');

const Step = z
	.object({
		index: z.int(),
		name: z.string(),
		status: Status,
		outcome: z.enum(['success', 'failure', 'cancelled', 'skipped']).optional(),
		exitCode: z.int().optional(),
		signal: z.string().optional(),
		why: z.string().optional(),
		startedAt: time.optional(),
		durationMs: z.number().optional(),
		firstLine: z.int().optional(),
		lastLine: z.int().optional(),
		summary: z.string().optional(),
		annotations: list(Annotation),
		usage: Usage.optional(),
	})
	.openapi('Step');

const Job = z
	.object({
		key: z.string(),
		id: z.string(),
		name: z.string(),
		needs: list(z.string()),
		parent: z.string().optional().openapi({ description: 'Key of the job that calls the workflow this one stands in' }),
		status: Status,
		attempt: z.int(),
		lost: z.int(),
		hasTurn: z.boolean(),
		inputs: inputValues.optional(),
		tier: Tier.optional(),
		reason: z.string().optional(),
		why: z.string().optional(),
		startedAt: time.optional(),
		finishedAt: time.optional(),
		outputs: z.record(z.string(), z.string()),
		steps: list(Step),
		problems: list(Problem),
		snapshot: z.object({ at: time, facts: z.record(z.string(), z.string()) }).optional(),
		diagnosis: z.enum(['none', 'running', 'done']),
		finding: Finding.optional(),
		environmentUrl: z.string().optional(),
	})
	.openapi('Job');

export const RunView = z
	.object({
		id: z.string(),
		seq: z.int(),
		head: z.int().openapi({ description: 'seq of the last event that is in here' }),
		project: z.string(),
		number: z.int(),
		workflow: z.string(),
		name: z.string(),
		title: z.string().optional(),
		trigger,
		commit: Commit,
		origin: z.string().optional(),
		attempt: z.int(),
		status: Status,
		queuedAt: time,
		startedAt: time.optional(),
		finishedAt: time.optional(),
		cancel: z.string().optional(),
		tier: Tier.optional(),
		env: z.record(z.string(), z.string()),
		vars: z.record(z.string(), z.string()),
		failFast: z.boolean(),
		until: z.record(z.string(), z.int()),
		matrix: z.record(z.string(), z.string()),
		concurrency: z
			.object({ group: z.string(), cancelInProgress: z.boolean(), queue: z.enum(['single', 'max']) })
			.optional(),
		hasTurn: z.boolean(),
		secrets: list(z.string()),
		problems: list(Problem),
		plan,
		jobs: list(Job),
	})
	.openapi('Run');

const NotPlanned = z.object({ workflow: z.string(), why: z.string() }).openapi('NotPlanned');

export const PlanView = z
	.object({
		plans: list(plan),
		forecasts: z
			.custom<Planned['forecasts']>()
			.openapi({ type: 'object', description: 'By workflow, then by job: whether it will run, and why' }),
		notPlanned: list(NotPlanned),
		broken: list(z.object({ workflow: z.string(), problems: list(Problem) })),
	})
	.openapi('PlanView');

export const StartedRuns = z
	.object({ runs: list(z.string()), notPlanned: list(NotPlanned), sha: z.string(), isDirty: z.boolean() })
	.openapi('StartedRuns');

const LogLine = z.object({ number: z.int(), at: z.string(), text: z.string() }).openapi('LogLine');

export const LogLines = z.object({ total: z.int(), ended: z.boolean(), lines: list(LogLine) }).openapi('LogLines');

export const LogMatches = z.object({ total: z.int(), searched: z.int(), lines: list(LogLine) }).openapi('LogMatches');

export const DeploymentItem = z
	.object({
		deployment: z.string(),
		seq: z.int(),
		project: z.string(),
		environment: z.string(),
		number: z.int(),
		purpose: z.string(),
		sha: z.string(),
		subject: z.string(),
		status: z.string(),
		requestedAt: time,
		finishedAt: time.nullable(),
		reason: z.string().nullable(),
	})
	.openapi('DeploymentItem');

export const DeploymentView = z
	.custom<Shown>()
	.openapi('Deployment', { type: 'object', description: 'A deployment as folded, core/rollout/deployment.ts' });

export const IncidentItem = z
	.object({
		incident: z.string(),
		seq: z.int(),
		project: z.string(),
		environment: z.string(),
		number: z.int(),
		what: z.string(),
		impactStart: time,
		impactEnd: time.nullable(),
	})
	.openapi('IncidentItem');

export const Environment = z
	.object({
		project: z.string(),
		environment: z.string(),
		url: z.string().nullable(),
		deploys: z.string().nullable(),
		live: z
			.custom<EnvironmentView['live']>()
			.openapi({ type: ['object', 'null'], description: 'The live deployment, its application and its processes' }),
		serving: z.string().nullable(),
		healthy: z.boolean().nullable(),
		healthDetail: z.string().nullable(),
		deployments: list(DeploymentItem),
		openIncident: IncidentItem.nullable(),
	})
	.openapi('Environment');

const Measure = z
	.object({ value: z.number().nullable(), n: z.int(), definition: z.string(), detail: z.string() })
	.openapi('Measure');

export const Metrics = z
	.object({
		days: z.number(),
		since: time,
		objective: z
			.object({
				name: z.string(),
				target: z.number(),
				windowDays: z.number(),
				good: z.number(),
				bad: z.number(),
				indicator: z.number().nullable(),
				budgetLeft: z.number().nullable(),
				burn: list(z.object({ window: z.string(), rate: z.number().nullable() })),
				series: list(z.object({ at: time, good: z.number(), bad: z.number() })),
			})
			.openapi('Objective'),
		dora: z
			.object({ deploymentFrequency: Measure, leadTime: Measure, changeFailRate: Measure, recoveryTime: Measure })
			.openapi('Dora'),
	})
	.openapi('Metrics');
