/** Whether git would take this as the full name of a ref, `refs/heads/main`: the rules of `git check-ref-format`, and at most 1,000 characters. */
export function isRefName(ref: string): boolean {
	if (!ref.startsWith('refs/') || ref.length > 1000 || ref.endsWith('.')) return false;
	// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
	if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{/.test(ref)) return false;
	return ref.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}
