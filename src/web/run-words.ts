/** `refs/heads/main` as `main`. */
export function branchOf(ref: string): string {
	return ref.replace(/^refs\/(heads|tags)\//, '');
}

/** A workflow's name; one that could not be read is called by its file. */
export function workflowName(name: string): string {
	return name.replace(/^\.github\/workflows\//, '');
}
