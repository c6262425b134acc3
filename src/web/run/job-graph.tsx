import { Graph, layout } from '@dagrejs/dagre';
import { useMemo } from 'react';
import type { Job } from '#core/run.ts';
import { lookOf, StatusGlyph } from '../status.tsx';
import { Lasted } from '../time.tsx';
import { placeHash } from './place.ts';
import { PlaceLink } from './place-link.tsx';

const nodeWidth = 190;
const nodeHeight = 40;
const cellsHeight = 30;

interface GraphProps {
	readonly jobs: readonly Job[];
	readonly selected: string | undefined;
}

/** The jobs and what they wait for, from left to right; the combinations of a matrix are one node. */
export function JobGraph({ jobs, selected }: GraphProps) {
	const groups = useMemo(() => [...Map.groupBy(jobs, groupOf).entries()], [jobs]);
	// The picture depends on which jobs there are, not on how they are doing.
	const shape = groups.map(([id, members]) => `${id}×${members.length}<${members[0]?.needs.join()}`).join(';');
	// biome-ignore lint/correctness/useExhaustiveDependencies: `shape` stands for the groups
	const drawn = useMemo(() => draw(groups), [shape]);
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
		<section className="graph" aria-label="Graph of jobs" tabIndex={0}>
			<div style={{ width: drawn.width, height: drawn.height }}>
				<svg width={drawn.width} height={drawn.height} aria-hidden="true">
					{drawn.edges.map((path) => (
						<path key={path} d={path} />
					))}
				</svg>
				{groups.map(([id, members]) => {
					const box = drawn.boxes.get(id);
					const style = box && { left: box.x, top: box.y, width: nodeWidth, height: box.height };
					return members.length === 1 && members[0] !== undefined ? (
						<JobNode key={id} job={members[0]} style={style} isSelected={members[0].key === selected} />
					) : (
						<MatrixNode key={id} id={members[0]?.id ?? id} jobs={members} style={style} selected={selected} />
					);
				})}
			</div>
		</section>
	);
}

type Style =
	| { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
	| undefined;

function JobNode({
	job,
	style,
	isSelected,
}: {
	readonly job: Job;
	readonly style: Style;
	readonly isSelected: boolean;
}) {
	return (
		<PlaceLink
			hash={placeHash(job.key)}
			className={`node tone-${lookOf(job.status).tone}`}
			isCurrent={isSelected}
			style={style}
		>
			<StatusGlyph status={job.status} />
			<span className="cut">{job.name}</span>
			{job.startedAt === undefined ? null : (
				<span className="soft node-time">
					<Lasted from={job.startedAt} to={job.finishedAt} />
				</span>
			)}
		</PlaceLink>
	);
}

function MatrixNode(props: {
	readonly id: string;
	readonly jobs: readonly Job[];
	readonly style: Style;
	readonly selected: string | undefined;
}) {
	return (
		<div className="node matrix" style={props.style}>
			<span className="cut">
				{props.id} <span className="soft">× {props.jobs.length}</span>
			</span>
			<ul>
				{props.jobs.map((job) => (
					<li key={job.key}>
						<PlaceLink
							hash={placeHash(job.key)}
							className={`cell tone-${lookOf(job.status).tone}`}
							title={job.name}
							isCurrent={job.key === props.selected}
						>
							<span aria-hidden="true">{lookOf(job.status).glyph}</span>
							<span className="hidden-text">
								{lookOf(job.status).word} {job.name}
							</span>
						</PlaceLink>
					</li>
				))}
			</ul>
		</div>
	);
}

interface Drawn {
	readonly width: number;
	readonly height: number;
	readonly boxes: ReadonlyMap<string, { readonly x: number; readonly y: number; readonly height: number }>;
	readonly edges: readonly string[];
}

function draw(groups: readonly (readonly [string, readonly Job[]])[]): Drawn {
	const graph = new Graph().setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 52, marginx: 2, marginy: 2 });
	graph.setDefaultEdgeLabel(() => ({}));
	const jobs = groups.flatMap(([, members]) => members);
	for (const [id, members] of groups) {
		const rows = members.length === 1 ? 0 : Math.ceil(members.length / 6);
		graph.setNode(id, { width: nodeWidth, height: nodeHeight + rows * cellsHeight });
		for (const before of members[0] === undefined ? [] : cameBefore(members[0], jobs)) graph.setEdge(before, id);
	}
	layout(graph);
	const boxes = new Map(
		groups.map(([id]) => {
			const { x, y, height } = graph.node(id) as { x: number; y: number; height: number };
			return [id, { x: x - nodeWidth / 2, y: y - height / 2, height }] as const;
		}),
	);
	const edges = graph.edges().map((edge) => {
		const [from, to] = [graph.node(edge.v) as Point, graph.node(edge.w) as Point];
		const inner = (graph.edge(edge).points as readonly Point[]).slice(1, -1);
		// An edge to the next column needs no way around anything.
		const ways = inner.length === 1 ? [] : inner;
		return curve([{ x: from.x + nodeWidth / 2, y: from.y }, ...ways, { x: to.x - nodeWidth / 2, y: to.y }]);
	});
	const size = graph.graph();
	return { width: Math.ceil(size.width ?? 0), height: Math.ceil(size.height ?? 0), boxes, edges };
}

/** Combinations of a matrix are one group; a called workflow has groups of its own. */
function groupOf({ id, parent }: Job): string {
	return parent === undefined ? id : `${parent} / ${id}`;
}

/** The groups that a job waits for: what it needs in its own file, else the job that calls this file. */
function cameBefore(job: Job, jobs: readonly Job[]): readonly string[] {
	const needed = jobs.filter((other) => other.parent === job.parent && job.needs.includes(other.id));
	if (needed.length > 0) return [...new Set(needed.map(groupOf))];
	return jobs.filter((other) => other.key === job.parent).map(groupOf);
}

interface Point {
	readonly x: number;
	readonly y: number;
}

/** A line through the points that leaves and arrives level. */
function curve(points: readonly Point[]): string {
	const [first, ...others] = points;
	if (first === undefined) return '';
	let path = `M${first.x} ${first.y}`;
	let last = first;
	for (const point of others) {
		const middle = (last.x + point.x) / 2;
		path += `C${middle} ${last.y} ${middle} ${point.y} ${point.x} ${point.y}`;
		last = point;
	}
	return path;
}
