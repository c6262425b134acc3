import type { Problem } from '../result.ts';

export const shortestPassword = 10;
const longestPassword = 200;

/** A name as accounts have it: in small letters, so that there are no two that look alike. */
export function accountName(text: string): string {
	return text.trim().toLowerCase();
}

/** What is wrong with the name of an account; undefined: nothing. */
export function wrongName(name: string): Problem | undefined {
	if (/^[a-z0-9][a-z0-9._@+-]{0,63}$/.test(name)) return undefined;
	return {
		code: 'FB6050',
		what: 'that cannot be the name of an account',
		next: 'use 1 to 64 letters, digits and . _ - + @, a letter or digit first',
	};
}

/** What is wrong with a password; undefined: nothing. Length is what makes it hard to guess. */
export function wrongPassword(name: string, password: string): Problem | undefined {
	const why = whyWeak(name, password);
	if (why === undefined) return undefined;
	return {
		code: 'FB6051',
		what: 'that password is too weak',
		why,
		next: 'take several words, or let a program make one',
	};
}

function whyWeak(name: string, password: string): string | undefined {
	if (password.length < shortestPassword) return `it has fewer than ${shortestPassword} characters`;
	if (password.length > longestPassword) return `it has more than ${longestPassword} characters`;
	if (new Set(password).size < 5) return 'it repeats a few characters';
	if (name.length > 3 && password.toLowerCase().includes(name)) return 'it holds the name of the account';
	if (common.some((word) => password.toLowerCase().startsWith(word))) return 'it is one of those that are tried first';
	return undefined;
}

const common = ['password', 'passw0rd', '1234567890', '0123456789', 'qwertyuiop', 'letmein', 'footbridge', 'iloveyou'];
