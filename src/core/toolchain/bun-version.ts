import { fieldOf, textOf } from './fields.ts';
import { packageManagerIn } from './package-manager.ts';

/** The version of Bun that `package.json`, `.bun-version`, `.tool-versions` or `.bumrc` names. */
export function bunVersionIn(file: string, text: string): string | undefined {
	if (file.endsWith('.tool-versions')) return /^bun\s+(\S+)/m.exec(text)?.[1];
	if (!file.endsWith('.json')) return text.trim() === '' ? undefined : text.trim();
	const named = packageManagerIn(text);
	if (named?.name === 'bun') return named.version;
	try {
		return textOf(fieldOf(JSON.parse(text), 'engines', 'bun'));
	} catch {
		return undefined;
	}
}
