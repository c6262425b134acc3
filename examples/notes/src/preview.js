/** The first line of a note, at most `limit` characters long; what was cut is an ellipsis. */
export function preview(text, limit = 60) {
	const [line = ''] = text.trim().split('\n');
	const characters = [...line];
	return characters.length <= limit ? line : `${characters.slice(0, limit - 1).join('')}…`;
}
