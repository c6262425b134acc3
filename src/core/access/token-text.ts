/** How many random bytes a token is made from: some are thrown away, so that every letter is equally likely. */
export const tokenBytes = 64;

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const randomLetters = 32;
const checkLetters = 6;

/** A token of random bytes: `fb_`, 32 letters (190 bits), and 6 that check them, so that a scanner tells a token from a word. */
export function tokenOf(random: Uint8Array): string {
	// 248 is the greatest multiple of 62 in a byte.
	const chosen = [...random].filter((byte) => byte < 248).map((byte) => letters[byte % 62] ?? '');
	if (chosen.length < randomLetters) throw new Error(`${random.length} bytes are too few for a token`);
	const body = `fb_${chosen.slice(0, randomLetters).join('')}`;
	return body + checkOf(body);
}

/** Whether a text has the form of a token, its check included. It says nothing of whether there is such a token. */
export function isTokenText(text: string): boolean {
	return /^fb_[0-9A-Za-z]{38}$/.test(text) && checkOf(text.slice(0, -checkLetters)) === text.slice(-checkLetters);
}

/** The CRC-32 of a text in the letters of tokens. */
function checkOf(text: string): string {
	let rest = crc32(text);
	let check = '';
	for (let place = 0; place < checkLetters; place++) {
		check = (letters[rest % 62] ?? '') + check;
		rest = Math.floor(rest / 62);
	}
	return check;
}

function crc32(text: string): number {
	let crc = 0xffffffff;
	for (let index = 0; index < text.length; index++) {
		crc ^= text.charCodeAt(index);
		for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return (crc ^ 0xffffffff) >>> 0;
}
