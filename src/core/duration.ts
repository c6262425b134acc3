const units: { readonly [unit: string]: number } = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `1m30s`, `500ms`, `2h`, as Compose files and `footbridge.yaml` write durations; undefined for anything else. */
export function durationMs(text: string): number | undefined {
	if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text)) return undefined;
	let sum = 0;
	for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g))
		sum += Number(amount) * (units[unit] ?? 0);
	return sum;
}
