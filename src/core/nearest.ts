/** The name that somebody who wrote another one most likely meant; undefined when none is near. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
	let best: { readonly name: string; readonly distance: number } | undefined;
	for (const name of names) {
		const distance = editDistance(written.toLowerCase(), name.toLowerCase());
		if (distance <= Math.max(1, Math.floor(name.length / 3)) && distance < (best?.distance ?? Infinity))
			best = { name, distance };
	}
	return best?.name;
}

/** Letters to put in, take out or change to make one text the other. */
function editDistance(a: string, b: string): number {
	let row = Array.from({ length: b.length + 1 }, (_, index) => index);
	for (let i = 1; i <= a.length; i += 1) {
		const next = [i];
		for (let j = 1; j <= b.length; j += 1) {
			const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
			next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
		}
		row = next;
	}
	return row[b.length] ?? 0;
}
