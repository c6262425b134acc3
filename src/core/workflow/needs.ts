import { SequenceToken, type TemplateToken } from '@actions/workflow-parser/templates/tokens/index';
import type { FileProblems } from './file-problems.ts';
import { placeOf } from './token-template.ts';

/** A job as `needs` sees it. */
export interface Needing {
	readonly id: string;
	readonly needs: TemplateToken | undefined;
}

/** The ids that each job needs, spelled as the jobs spell them. Unknown jobs and cycles go to `problems`. */
export function resolveNeeds(jobs: readonly Needing[], problems: FileProblems): ReadonlyMap<string, readonly string[]> {
	const spelling = new Map(jobs.map(({ id }) => [id.toLowerCase(), id]));
	const resolved = new Map<string, readonly string[]>();
	for (const { id, needs } of jobs) {
		const items = needs instanceof SequenceToken ? [...needs] : needs === undefined ? [] : [needs];
		const known = items.flatMap((item): string[] => {
			const found = spelling.get(item.toString().toLowerCase());
			if (found !== undefined) return [found];
			problems.add(placeOf(item), {
				code: 'FB1003',
				what: `Job '${id}' needs the unknown job '${item}'`,
				next: `the jobs are: ${[...spelling.values()].join(', ')}`,
			});
			return [];
		});
		resolved.set(id, [...new Set(known)]);
	}
	for (const { id, needs } of jobs) {
		const cycle = cycleFrom(id, resolved);
		if (cycle === undefined || needs === undefined) continue;
		problems.add(placeOf(needs), {
			code: 'FB1003',
			what: `Job '${id}' needs itself: ${cycle.join(' needs ')}`,
			next: 'take one of these needs out',
		});
	}
	return resolved;
}

/** The shortest way back from a job to itself along `needs`. */
function cycleFrom(id: string, needs: ReadonlyMap<string, readonly string[]>): readonly string[] | undefined {
	const cameFrom = new Map<string, string>();
	const open = [id];
	for (const current of open) {
		for (const next of needs.get(current) ?? []) {
			if (next === id) return [...wayTo(current, cameFrom), id];
			if (cameFrom.has(next)) continue;
			cameFrom.set(next, current);
			open.push(next);
		}
	}
	return undefined;
}

function wayTo(id: string, cameFrom: ReadonlyMap<string, string>): readonly string[] {
	const way = [id];
	for (let step = cameFrom.get(id); step !== undefined; step = cameFrom.get(step)) way.unshift(step);
	return way;
}
