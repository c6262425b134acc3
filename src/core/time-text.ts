/** A duration as people read it: `0 ms`, `340 ms`, `4.2 s`, `41 s`, `2 min 41 s`, `3 h 5 min`, `12 d 4 h`. Takes ms; a negative one counts as 0. */
export function formatDuration(ms: number): string {
	const whole = Math.max(0, ms);
	if (whole < 999.5) return `${Math.round(whole)} ms`;
	if (whole < 9_950) return `${(whole / 1000).toFixed(1)} s`;
	const seconds = Math.round(whole / 1000);
	if (seconds < 60) return `${seconds} s`;
	if (seconds < 3600) return pair([Math.floor(seconds / 60), 'min'], [seconds % 60, 's']);
	const minutes = Math.round(seconds / 60);
	if (minutes < 1440) return pair([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min']);
	const hours = Math.round(minutes / 60);
	return pair([Math.floor(hours / 24), 'd'], [hours % 24, 'h']);
}

/** How long ago something was, in one rounded unit: `just now`, `40 s ago`, `5 min ago`, `3 h ago`, `12 d ago`. Takes the age in ms. */
export function formatAgo(ms: number): string {
	const seconds = Math.floor(ms / 1000);
	if (seconds < 5) return 'just now';
	if (seconds < 60) return `${seconds} s ago`;
	if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
	if (seconds < 172_800) return `${Math.floor(seconds / 3600)} h ago`;
	return `${Math.floor(seconds / 86_400)} d ago`;
}

type Part = readonly [count: number, unit: string];

function pair([big, bigUnit]: Part, [small, smallUnit]: Part): string {
	return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}
