import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** A text that nobody guesses: 256 bits. */
export function randomText(): string {
	return randomBytes(32).toString('base64url');
}

/** What is kept of such a text: whoever reads it cannot use it. A slow hash would add nothing to 256 random bits. */
export function hashOf(text: string): string {
	return createHash('sha256').update(text).digest('base64url');
}

/** Whether two texts are the same, in a time that does not tell where they differ. */
export function isSame(one: string, other: string): boolean {
	return timingSafeEqual(createHash('sha256').update(one).digest(), createHash('sha256').update(other).digest());
}
