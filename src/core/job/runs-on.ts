import type { Json } from '../plan.ts';

const systems: readonly (readonly [pattern: RegExp, platform: string, name: string])[] = [
	[/^macos/i, 'darwin', 'macOS'],
	[/^windows/i, 'win32', 'Windows'],
];

/** Why a job cannot run on a machine of this platform (`process.platform`), by its `runs-on`; undefined when it can. Other labels than those of systems name no platform. */
export function whyNotHere(runsOn: Json, platform: string): string | undefined {
	const labels = labelsOf(runsOn);
	for (const label of labels) {
		const system = systems.find(([pattern]) => pattern.test(label));
		if (system !== undefined && system[1] !== platform)
			return `runs-on is ${label}, and this machine does not run ${system[2]}`;
	}
	return undefined;
}

function labelsOf(runsOn: Json): readonly string[] {
	if (Array.isArray(runsOn)) return runsOn.map(String);
	if (runsOn !== null && typeof runsOn === 'object')
		return labelsOf((runsOn as { readonly labels?: Json }).labels ?? []);
	return [String(runsOn)];
}
