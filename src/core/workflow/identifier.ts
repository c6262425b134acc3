/** Why GitHub refuses this id of a job or a step; undefined when it is a good one. */
export function idProblem(kind: 'job' | 'step', id: string): string | undefined {
	if (!/^[A-Za-z_][A-Za-z0-9_-]*$/.test(id) || id.length >= 100) {
		return `The ${kind} id '${id}' may hold letters, digits, _ and - only, starts with a letter or _, and has less than 100 characters`;
	}
	return id.startsWith('__') ? `The ${kind} id '${id}' starts with __, which is kept for ids that are made` : undefined;
}
