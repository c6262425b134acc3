/** What a `uses` names. */
export type UsesReference =
	/** A folder of the workspace: `./path`. */
	| { readonly kind: 'local'; readonly path: string }
	/** A folder of the repository that the file itself is from: `$/path`. */
	| { readonly kind: 'own'; readonly path: string }
	| { readonly kind: 'image'; readonly image: string }
	| ({ readonly kind: 'repository' } & RepositoryReference);

/** A folder, or a workflow file, of another repository. */
export interface RepositoryReference {
	readonly owner: string;
	readonly name: string;
	/** In the repository; empty: its root. */
	readonly path: string;
	readonly ref: string;
}

/** Takes a `uses` apart; undefined when it names nothing. */
export function usesReference(text: string): UsesReference | undefined {
	if (text.startsWith('./')) return { kind: 'local', path: text.slice(2) };
	if (text.startsWith('$/')) return { kind: 'own', path: text.slice(2) };
	if (text.startsWith('docker://')) return { kind: 'image', image: text.slice('docker://'.length) };
	const at = text.lastIndexOf('@');
	const [owner = '', name = '', ...path] = (at < 0 ? text : text.slice(0, at)).split('/');
	if (owner === '' || name === '') return undefined;
	return { kind: 'repository', owner, name, path: path.join('/'), ref: at < 0 ? '' : text.slice(at + 1) };
}

/** `owner/name` of an action, in lower case; empty for anything else. */
export function actionOf(text: string | undefined): string {
	const reference = usesReference(text ?? '');
	return reference?.kind === 'repository' ? `${reference.owner}/${reference.name}`.toLowerCase() : '';
}

/** `owner/name`, as it is written. */
export function repositoryOf({ owner, name }: RepositoryReference): string {
	return `${owner}/${name}`;
}

/** Whether a ref is a commit's whole name, which nobody can move. */
export function isCommitName(ref: string): boolean {
	return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref);
}

/** What is wrong with a `uses`, and what to write instead; undefined when it is a good one. */
export function usesProblem(text: string): { readonly what: string; readonly next: string } | undefined {
	const reference = usesReference(text);
	const told = `\`uses: ${text}\``;
	if (reference === undefined) return { what: `${told} names no action`, next: `write ${forms}` };
	if (reference.kind === 'image')
		return reference.image === ''
			? { what: `${told} names no image`, next: 'write docker://<image>:<tag>' }
			: undefined;
	if (reference.kind !== 'repository')
		return leavesRoot(reference.path)
			? { what: `${told} leaves the repository`, next: 'name a folder inside the repository' }
			: undefined;
	const { owner, name, path, ref } = reference;
	if (ref === '')
		return { what: `${told} names no version`, next: `add @ and a tag or a commit, such as ${owner}/${name}@v1` };
	if (!isOwnerName(owner) || !isRepositoryName(name))
		return { what: `${told} names no repository`, next: `write ${forms}` };
	const parts = path === '' ? [] : path.split('/');
	if (parts.some((part) => part === '' || part === '.' || part === '..') || hidden.test(path))
		return { what: `${told} leaves the repository`, next: 'name a folder inside the repository, without . and ..' };
	return isRef(ref)
		? undefined
		: { what: `${told} has a version that no tag, branch or commit can be called`, next: 'compare it with its tags' };
}

const forms = '<owner>/<repository>@<ref>, ./<folder> or docker://<image>';

// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
const hidden = /[\u0000-\u001f\u007f\\]/;

/** Whether this can be the first half of `owner/name`. */
export function isOwnerName(text: string): boolean {
	return isRepositoryName(text) && !text.startsWith('.');
}

/** Whether this can be the second half of `owner/name`; `.github` is one that many have. */
export function isRepositoryName(text: string): boolean {
	return /^[\w.-]{1,100}$/.test(text) && !/^(?:-.*|\.{1,2}|.*\.git)$/i.test(text);
}

/** What git would take as the end of `refs/tags/`: the rules of `git check-ref-format`. */
function isRef(ref: string): boolean {
	if (ref.length > 250 || ref.startsWith('-') || /[.@/]$/.test(ref)) return false;
	// biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is refused
	if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{/.test(ref)) return false;
	return ref.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock'));
}

function leavesRoot(path: string): boolean {
	let depth = 0;
	for (const segment of path.split(/[\\/]/)) {
		if (segment === '..') depth -= 1;
		else if (segment !== '.' && segment !== '') depth += 1;
		if (depth < 0) return true;
	}
	return false;
}
