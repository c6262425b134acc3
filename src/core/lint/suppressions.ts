/** A comment that says which rules are not wanted for its line and the one below. */
export interface Suppression {
	readonly line: number;
	readonly column: number;
	readonly rule: string;
}

/** The comments `# footbridge: ignore <rule>, <rule>` of a text; what follows the names is the reason, for people. */
export function suppressionsIn(text: string): readonly Suppression[] {
	if (!text.includes('footbridge:')) return [];
	return text.split('\n').flatMap((line, index) => {
		const comment = /(?:^|\s)#\s*footbridge:\s*ignore\s+/.exec(line);
		if (comment === null) return [];
		const names: Suppression[] = [];
		const name = /\s*([a-z][a-z-]*)(,?)/y;
		name.lastIndex = comment.index + comment[0].length;
		for (let match = name.exec(line); match !== null; match = name.exec(line)) {
			const [whole, rule = '', comma] = match;
			names.push({ line: index + 1, column: match.index + whole.indexOf(rule) + 1, rule });
			if (comma === '') break;
		}
		return names;
	});
}
