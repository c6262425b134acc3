import { useNavigate, useRouterState } from '@tanstack/react-router';
import { ArrowDownToLine } from 'lucide-react';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from 'react';
import type { Step } from '#core/run.ts';
import { CopyButton } from '../command-line.tsx';
import type { LogAddress } from '../fetching.ts';
import { useKey } from '../keyboard.tsx';
import { StatusMark } from '../status.tsx';
import { openLog } from './log-file.ts';
import { LogRow } from './log-row.tsx';
import { LogSearch } from './log-search.tsx';
import { type Place, placeHash } from './place.ts';
import { rowHeight, useLogWindow } from './use-log-window.ts';

interface LogViewProps {
	readonly log: LogAddress;
	readonly name: string;
	readonly status: string;
	readonly opensAt: number | 'start' | 'end';
	/** The line that shows the cause. */
	readonly marks: number | undefined;
	readonly place: Place;
	readonly steps: readonly Step[];
	readonly hasStarted: boolean;
	/** Why there is no log, or why it ended. */
	readonly why?: string;
}

/** The log of a job, of any length: only what is on the screen is drawn, only what is near it is fetched. */
export function LogView(props: LogViewProps) {
	const { log, place, steps } = props;
	const navigate = useNavigate();
	// Going to the same place again is a visit of its own.
	const visit = useRouterState({ select: (router) => router.location.state.__TSR_key });
	// A new address is a new component (by key).
	const [file] = useState(() => openLog(log));
	const state = useSyncExternalStore(file.subscribe, () => file.state);
	useEffect(() => file.start(), [file]);
	const total = state.total ?? 0;
	const view = useLogWindow(total);
	// What becomes known later does not move a log that somebody reads.
	const [opensAt] = useState(props.opensAt);
	const [isFollowing, setFollowing] = useState(
		opensAt === 'end' && place.from === undefined && place.step === undefined,
	);
	const [hit, setHit] = useState<number>();
	const shown = useRef<string>(undefined);

	useEffect(() => file.want(view.first - 100, view.last + 100));

	const target = targetOf(place, steps);
	const isThere = state.total !== undefined && (target ?? 0) <= state.total;
	useLayoutEffect(() => {
		if (!isThere || shown.current === `${visit} ${target}`) return;
		const isFirst = shown.current === undefined;
		shown.current = `${visit} ${target}`;
		if (target !== undefined) {
			setFollowing(false);
			if (isFirst || place.step !== undefined || !view.isVisible(target)) view.show(target);
		} else if (isFirst && typeof opensAt === 'number') {
			view.show(opensAt);
		}
	}, [isThere, target, visit, opensAt, place.step, view.show, view.isVisible]);

	useLayoutEffect(() => {
		if (isFollowing && total > 0) view.toEnd();
	}, [isFollowing, total, view.toEnd]);

	const follow = useCallback(() => setFollowing((was) => !was), []);
	useKey('f', follow);

	const choose = useCallback(
		(number: number, isRange: boolean) => {
			const from = isRange ? (place.from ?? number) : number;
			const range = { from: Math.min(from, number), to: Math.max(from, number) };
			void navigate({ to: '.', hash: placeHash(log.job, range), replace: true, resetScroll: false });
		},
		[navigate, log.job, place.from],
	);
	const goToHit = useCallback(
		(number: number) => {
			setHit(number);
			setFollowing(false);
			view.show(number);
		},
		[view.show],
	);

	const rows = [];
	for (let number = view.first; number <= view.last; number++) {
		const isChosen = place.from !== undefined && number >= place.from && number <= (place.to ?? place.from);
		rows.push(
			<LogRow
				key={number}
				number={number}
				line={file.line(number)}
				top={view.topOf(number)}
				isChosen={isChosen || number === hit}
				isMarked={number === props.marks}
				href={`#${placeHash(log.job, { from: number })}`}
				onChoose={choose}
			/>,
		);
	}
	return (
		<section className="panel log" aria-labelledby="log-name">
			<header className="log-head">
				<h2 id="log-name" className="cut">
					{props.name}
				</h2>
				<StatusMark status={props.status} />
				<span className="soft log-count">{state.total === undefined ? '' : `${total.toLocaleString()} lines`}</span>
				<LogSearch log={log} onHit={goToHit} />
				{place.from === undefined || place.to === undefined ? null : (
					<CopyButton
						label={place.to === place.from ? 'Copy line' : 'Copy lines'}
						text={async () => textOf(await file.lines(place.from ?? 1, place.to ?? 1))}
					/>
				)}
				{state.ended ? null : (
					<button type="button" className="button small" aria-pressed={isFollowing} onClick={follow}>
						<ArrowDownToLine size={14} aria-hidden="true" />
						Follow
					</button>
				)}
			</header>
			<section
				ref={view.box}
				className="log-box"
				aria-label={`Log of ${props.name}`}
				// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
				tabIndex={0}
				onScroll={() => {
					const isUp = view.scrolled();
					if (isUp && isFollowing) setFollowing(false);
					if (!isUp && !state.ended && view.isAtEnd() && shown.current !== undefined) setFollowing(true);
				}}
			>
				{total === 0 ? <EmptyLog {...props} error={state.error} isKnown={state.total !== undefined} /> : null}
				<div className="log-space" style={{ height: view.height, minHeight: total === 0 ? 0 : rowHeight }}>
					{rows}
				</div>
			</section>
		</section>
	);
}

function targetOf(place: Place, steps: readonly Step[]): number | undefined {
	if (place.from !== undefined) return place.from;
	return place.step === undefined ? undefined : steps.find((step) => step.index === place.step)?.firstLine;
}

function EmptyLog(props: LogViewProps & { readonly error: unknown; readonly isKnown: boolean }) {
	const text =
		props.error !== undefined && !props.isKnown
			? 'The log cannot be read now; trying again.'
			: !props.isKnown
				? 'Loading …'
				: props.hasStarted
					? (props.why ?? 'Nothing was written.')
					: (props.why ?? 'It waits: its log begins when it starts.');
	return <p className="notice">{text}</p>;
}

function textOf(lines: readonly { readonly text: string }[]): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are not part of the text
	return lines.map(({ text }) => text.replaceAll(/\u001b\[[\d;:]*m/g, '')).join('\n');
}
