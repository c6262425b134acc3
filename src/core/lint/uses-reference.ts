/** What a `uses` names. */
export type UsesReference =
	| { readonly kind: 'local' }
	| { readonly kind: 'image'; readonly image: string }
	| {
			readonly kind: 'repository';
			readonly owner: string;
			readonly name: string;
			readonly path: string;
			readonly ref: string;
	  };

/** Takes a `uses` apart; undefined when it names nothing. */
export function usesReference(text: string): UsesReference | undefined {
	if (/^[.$]\//.test(text)) return { kind: 'local' };
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
