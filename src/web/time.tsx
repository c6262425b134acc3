import { useEffect, useState } from 'react';
import { formatAgo, formatDuration } from '#core/time-text.ts';

/** The time now, told again every `everyMs`; it stands still while `everyMs` is null. */
function useNow(everyMs: number | null): number {
	const [now, setNow] = useState(Date.now);
	useEffect(() => {
		if (everyMs === null) return;
		setNow(Date.now());
		const timer = setInterval(() => setNow(Date.now()), everyMs);
		return () => clearInterval(timer);
	}, [everyMs]);
	return now;
}

/** How long ago, with the exact local time as its title. */
export function Ago({ at }: { readonly at: string }) {
	const now = useNow(10_000);
	return (
		<time dateTime={at} title={localTime(at)}>
			{formatAgo(now - Date.parse(at))}
		</time>
	);
}

/** How long it took, or takes already. */
export function Lasted({ from, to }: { readonly from: string; readonly to: string | null | undefined }) {
	const isOver = to !== null && to !== undefined;
	const now = useNow(isOver ? null : 1000);
	const ms = (isOver ? Date.parse(to) : now) - Date.parse(from);
	return <span>{isOver ? formatDuration(ms) : ticking(ms)}</span>;
}

/** A duration that still grows, in whole seconds. */
function ticking(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	return seconds < 60 ? `${seconds} s` : formatDuration(seconds * 1000);
}

/** Date and time to the second, where the reader is. */
export function localTime(at: string): string {
	return new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** Hours and minutes, where the reader is. */
export function clockTime(at: string | number): string {
	return new Date(at).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
