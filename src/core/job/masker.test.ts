import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createMasker, type Masker } from './masker.ts';
import { longestLine } from './masker-lines.ts';

const secret = 'p4ssw0rd-Xy+Z/14';

/** A stream of lines, as text. */
function streamOf(masker: Masker) {
	const stream = masker.lines();
	return {
		push: (text: string, isEnd: boolean) => split(stream.pushText(text, isEnd)),
		end: () => split(stream.end()),
	};
}

function split(lines: Uint8Array): readonly string[] {
	const texts = Buffer.from(lines).toString().split('\n');
	assert.equal(texts.pop(), '', 'what is given back are whole lines');
	return texts;
}

function linesOf(masker: Masker, ...lines: readonly string[]): readonly string[] {
	const stream = streamOf(masker);
	return [...lines.flatMap((line) => stream.push(line, true)), ...stream.end()];
}

test('a secret is hidden raw, in base64 at every alignment, in base64url, hex and in escapes', () => {
	const masker = createMasker([secret]);
	for (const before of ['', 'u:', 'us:', 'user:']) {
		const shown = masker.redact(Buffer.from(`${before}${secret}\n`).toString('base64'));
		assert.match(shown, /^.{0,8}\*\*\*.{0,6}$/, `base64 after ${before}`);
		assert.match(masker.redact(Buffer.from(`${before}${secret}`).toString('base64url')), /^.{0,8}\*\*\*.{0,4}$/);
	}
	assert.equal(masker.redact(Buffer.from(secret).toString('hex')), '***');
	assert.equal(masker.redact(Buffer.from(secret).toString('hex').toUpperCase()), '***');
	assert.equal(masker.redact(encodeURIComponent(secret)), '***');
	assert.equal(
		masker.redact(
			`https://user:${encodeURIComponent(secret).toLowerCase().replaceAll('p4ssw0rd-xy', 'p4ssw0rd-Xy').replace('z', 'Z')}@host`,
		),
		'https://user:***@host',
	);
	const twice = Buffer.from(`${Buffer.from(`${secret}\n`).toString('base64')}\n`).toString('base64');
	assert.match(masker.redact(twice), /^\*\*\*.{0,12}$/);
});

test('a secret cut by colours, carriage returns, backspaces or invisible characters is hidden', () => {
	const masker = createMasker([secret]);
	const [head, tail] = [secret.slice(0, 5), secret.slice(5)];
	for (const cut of [
		'\u001b[0m',
		'\u001b[31;1m',
		'\b',
		'\r',
		'\u200b',
		'\u001b]0;title\u0007',
		'\u001b]8;;http://x\u001b\\',
		'\u009b1m',
	]) {
		assert.equal(masker.redact(`a ${head}${cut}${tail} b`), 'a *** b', JSON.stringify(cut));
	}
	assert.equal(masker.redact(`\u001b]0;${secret}\u0007`), '\u001b]0;***\u0007');
});

test('a secret of several lines is hidden as a whole, line by line, joined by blanks and with CRLF', () => {
	const pem = ['-----BEGIN KEY-----', 'MIIEowIBAAKCAQEA7bq', 'xO3vN0SgHqGmZ8kD4', '-----END KEY-----'];
	const masker = createMasker([pem.join('\n')]);
	assert.deepEqual(linesOf(masker, ...pem), ['***', '***', '***', '***']);
	assert.deepEqual(linesOf(masker, pem.join(' ')), ['***']);
	assert.deepEqual(linesOf(masker, ...pem.map((line) => `${line}\r`)), ['***', '***', '***', '***']);
	const wrapped = (
		Buffer.from(pem.join('\n'))
			.toString('base64')
			.match(/.{1,20}/g) ?? []
	).map(String);
	const shown = linesOf(masker, 'begin', ...wrapped, 'end');
	assert.equal(shown[0], 'begin');
	assert.equal(shown.at(-1), 'end');
	for (const line of shown.slice(1, -1)) assert.match(line, /^(\*\*\*)+.{0,4}$/);
});

test('string leaves of a JSON secret are hidden, its punctuation is not', () => {
	const masker = createMasker(['{\n  "id": 1,\n  "password": "foobar-123"\n}']);
	assert.deepEqual(linesOf(masker, '{ hello }', 'foobar-123'), ['{ hello }', '***']);
});

test('overlapping secrets become one mask and leave no tail', () => {
	const masker = createMasker(['abcdefgh', 'efghijkl']);
	assert.equal(masker.redact('xabcdefghijkly'), 'x***y');
});

test('values under four characters are refused, so that the log stays readable', () => {
	const masker = createMasker();
	assert.equal(masker.add('e'), false);
	assert.equal(masker.add('abc'), false);
	assert.equal(masker.add('----'), false);
	assert.equal(masker.add('abcd'), true);
	assert.equal(masker.redact('every e abc ---- abcd'), 'every e abc ---- ***');
});

test('a mask that is added later hides from then on', () => {
	const masker = createMasker();
	const stream = streamOf(masker);
	assert.deepEqual(stream.push('hello', true), ['hello']);
	masker.add('hello');
	assert.deepEqual(stream.push('hello', true), ['***']);
});

test('a line that cannot begin a secret is given back at once', () => {
	const stream = streamOf(createMasker([secret]));
	assert.deepEqual(stream.push('listening on port p4', true), ['listening on port p4']);
	assert.deepEqual(stream.push(`the rest of ${secret.slice(0, 6)}`, true), [], 'this may go on in the next line');
	assert.deepEqual(stream.push(secret.slice(6), true), ['the rest of ***', '***']);
});

test('a secret over the border of a folded line is hidden', () => {
	const masker = createMasker([secret]);
	const lines = linesOf(masker, `${'x'.repeat(longestLine - 5)}${secret}${'y'.repeat(100)}`);
	assert.equal(lines.join(''), `${'x'.repeat(longestLine - 5)}***${'y'.repeat(100)}`);
	assert.ok(lines.every((line) => line.length <= longestLine));
});

test('each state of a progress bar is a line', () => {
	assert.deepEqual(linesOf(createMasker(), '10%\r20%\r100%\r', 'done'), ['10%', '20%', '100%', 'done']);
});

const seed = Number(process.env['SEED'] ?? 20_260_101);
const text = fc.string({
	unit: fc.constantFrom(
		'a',
		'b',
		'c',
		'd',
		'=',
		' ',
		'\n',
		'\t',
		'\r',
		'\u001b[0m',
		'\u001b',
		'[',
		']',
		'é',
		'𝄞',
		'\u200b',
	),
	maxLength: 60,
});
const plainText = fc.string({ unit: fc.constantFrom('a', '=', ' ', '\n', '\t', 'é', '𝄞'), maxLength: 60 });
const secretText = fc.string({
	unit: fc.constantFrom('a', 'b', 'c', 'd', ' ', '\n', 'é'),
	minLength: 4,
	maxLength: 20,
});

test('cutting the output into pieces never changes what is shown', () => {
	fc.assert(
		fc.property(
			fc.array(secretText, { maxLength: 4 }),
			text,
			fc.array(text, { maxLength: 4 }),
			fc.array(fc.nat(20)),
			(secrets, before, others, cuts) => {
				const whole = [
					before,
					...secrets,
					...others,
					...secrets.map((value) => value.split('').join('\u001b[1m')),
				].join('');
				const masker = createMasker(secrets);
				const lines = whole.split('\n');
				const once = linesOf(masker, ...lines);
				const stream = streamOf(masker);
				const pieces: string[] = [];
				let turn = 0;
				for (const line of lines) {
					let rest = line;
					for (
						let cut = cuts[turn++ % (cuts.length + 1)] ?? 0;
						cut > 0 && rest.length > cut;
						cut = cuts[turn++ % (cuts.length + 1)] ?? 0
					) {
						pieces.push(...stream.push(rest.slice(0, cut), false));
						rest = rest.slice(cut);
					}
					pieces.push(...stream.push(rest, true));
				}
				assert.deepEqual([...pieces, ...stream.end()], once);
			},
		),
		{ seed, numRuns: 3000 },
	);
});

test('no secret survives in any form, whatever stands around it', () => {
	const value = fc
		.string({ unit: 'grapheme-ascii', minLength: 4, maxLength: 41 })
		.filter((candidate) => /[a-zA-Z0-9]/.test(candidate) && candidate.trim().length >= 4);
	const forms: readonly ((value: string) => string)[] = [
		(raw) => raw,
		(raw) => Buffer.from(raw).toString('base64'),
		(raw) => Buffer.from(raw).toString('hex'),
		(raw) => encodeURIComponent(raw),
		(raw) => JSON.stringify(raw),
		(raw) => `${raw.slice(0, 2)}\u001b[31m${raw.slice(2)}`,
	];
	fc.assert(
		fc.property(value, plainText, plainText, fc.constantFrom(...forms), (raw, before, after, form) => {
			const shown = linesOf(createMasker([raw]), ...`${before} ${form(raw)} ${after}`.split('\n')).join('\n');
			assert.ok(
				shown.includes('***') && !shown.includes(raw),
				`${JSON.stringify(form(raw))} is shown as ${JSON.stringify(shown)}`,
			);
		}),
		{ seed, numRuns: 3000 },
	);
});
