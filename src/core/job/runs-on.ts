import type { RunnerConfiguration } from '../configuration.ts';
import type { Json } from '../plan.ts';

const systems: readonly (readonly [pattern: RegExp, platform: string, name: string])[] = [
	[/^macos(-|$)/i, 'darwin', 'macOS'],
	[/^windows(-|$)/i, 'win32', 'Windows'],
];

/** What this machine does with a job by its labels: nothing, with the reason, or run it in the way that is configured. */
export type Assignment =
	| { readonly skip: string; readonly runner?: undefined }
	| { readonly skip?: undefined; readonly runner?: RunnerConfiguration };

/**
 * Assigns a job by its `runs-on`. A label that `footbridge.yaml` names is what it says there; else one that names another system
 * than `platform` (`process.platform`) is skipped, and every other runs here.
 */
export function assign(runsOn: Json, runners: readonly RunnerConfiguration[], platform: string): Assignment {
	const labels = labelsOf(runsOn);
	const runner = labels
		.map((label) => runners.find((other) => other.label.toLowerCase() === label.toLowerCase()))
		.find((found) => found !== undefined);
	if (runner?.skip === true) return { skip: `runs-on is ${runner.label}, which footbridge.yaml says to skip` };
	if (runner !== undefined) return { runner };
	for (const label of labels) {
		const system = systems.find(([pattern]) => pattern.test(label));
		if (system !== undefined && system[1] !== platform)
			return { skip: `runs-on is ${label}, and this machine does not run ${system[2]}` };
	}
	return {};
}

function labelsOf(runsOn: Json): readonly string[] {
	if (Array.isArray(runsOn)) return runsOn.map(String);
	if (runsOn !== null && typeof runsOn === 'object')
		return labelsOf((runsOn as { readonly labels?: Json }).labels ?? []);
	return [String(runsOn)];
}
