import { findingCard } from '#cli/finding-card.ts';
import { problemLines } from '#cli/problem-lines.ts';
import { tailLine } from '#cli/run/display.ts';
import { jobLine, nameWidthOf, runHead } from '#cli/run/lines.ts';
import type { Terminal } from '#cli/terminal.ts';
import type { Problem } from '#core/result.ts';
import { isEnded } from '#core/run.ts';
import { occasionText, screenLines, stateText } from './screen.ts';
import type { Round } from './session.ts';

/** Shows the rounds: one screen on a live terminal, lines elsewhere. */
export interface Report {
	begin(folders: () => number): void;
	hasKeys(isSo: boolean): void;
	show(round: Round): void;
	redraw(): void;
	end(): void;
}

const redrawMs = 120;

/** Makes a report for a terminal. `problems` may grow meanwhile. */
export function createReport(
	out: Terminal,
	facts: { readonly project: string; readonly workflow: string | undefined; readonly problems: readonly Problem[] },
): Report {
	let [folders, keys]: [() => number, boolean] = [() => 0, false];
	let round: Round | undefined;
	let timer: NodeJS.Timeout | undefined;
	const told = new Set<string>();
	const redraw = () => {
		if (out.isLive) out.draw(screenLines({ ...facts, folders: folders(), hasKeys: keys }, round, out, Date.now()));
	};
	return {
		begin: (count) => {
			folders = count;
			if (out.isLive) timer = setInterval(redraw, redrawMs);
			else out.print(`watching ${facts.project}: ${count()} ${count() === 1 ? 'folder' : 'folders'}`);
			redraw();
		},
		hasKeys: (isSo) => {
			keys = isSo;
			redraw();
		},
		show: (next) => {
			if (!out.isLive) out.print(...newLines(next, round, told, out));
			round = next;
			redraw();
		},
		redraw,
		end: () => {
			clearInterval(timer);
			keys = false;
			redraw();
			out.keep();
		},
	};
}

/** What a pipe gets: each moment once. */
function newLines(round: Round, before: Round | undefined, told: Set<string>, out: Terminal): readonly string[] {
	const lines: string[] = [];
	const isNew = before?.startedAt !== round.startedAt || before.occasion !== round.occasion;
	if (isNew) lines.push('', occasionText(round.occasion));
	const once = (key: string, ...text: readonly string[]) => {
		if (told.has(key)) return;
		told.add(key);
		lines.push(...text);
	};
	for (const run of round.runs) {
		once(`${run.id} head`, runHead(run, out));
		for (const job of run.jobs.filter(({ status }) => isEnded(status))) {
			const look = { now: Date.now(), nameWidth: nameWidthOf(run.jobs, out.columns) };
			const tail = round.tails.get(`${run.id} ${job.key}`)?.lines ?? [];
			once(
				`${run.id} ${job.key}`,
				jobLine(job, out, look),
				...tail.map((line) => `  │ ${tailLine(line, out)}`),
				...job.problems.flatMap((problem) => problemLines(problem, out)),
			);
			if (job.finding !== undefined) once(`${run.id} ${job.finding.cause}`, ...findingCard(job.finding, job.name, out));
		}
	}
	if (round.is === 'ended' && before?.is !== 'ended') {
		lines.push(...round.problems.flatMap((problem) => problemLines(problem, out)), stateText(round, Date.now()));
	}
	return lines;
}
