import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { secretForms } from './secret-forms.ts';
import { Needles } from './secret-needles.ts';
import { Scan } from './secret-scan.ts';
import { solidOf } from './secret-text.ts';

const seed = Number(process.env['SEED'] ?? 20_260_101);

interface Way {
	/** Sizes of the pieces, again and again. */
	readonly pieces: readonly number[];
	readonly isByLine: boolean;
	/** Every byte is looked at closely. */
	readonly isUnfiltered?: boolean;
}

function needlesOf(secrets: readonly string[], isUnfiltered: boolean): Needles {
	const needles = new Needles();
	for (const secret of secrets) needles.add(secretForms(secret));
	if (isUnfiltered) needles.filter.stride = 0;
	return needles;
}

function masked(secrets: readonly string[], bytes: Uint8Array, way: Way): string {
	const scan = new Scan(needlesOf(secrets, way.isUnfiltered ?? false), way.isByLine);
	const parts: Buffer[] = [];
	let turn = 0;
	for (let at = 0; at < bytes.length; ) {
		const size = way.pieces[turn++ % way.pieces.length] ?? 1;
		scan.feed(bytes.subarray(at, at + size));
		parts.push(Buffer.from(scan.take(scan.safeLength())));
		at += size;
	}
	scan.feed(new Uint8Array(0), true);
	parts.push(Buffer.from(scan.take(scan.length)));
	return Buffer.concat(parts).toString('latin1');
}

/** Secrets over few characters, so that they overlap, repeat and begin inside each other. */
const secret = fc.oneof(
	fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', 'é'), minLength: 4, maxLength: 24 }),
	fc.string({ unit: fc.constantFrom('a', 'b', '[', 'm', '3', '1', '\n'), minLength: 4, maxLength: 20 }),
	fc.string({ unit: fc.constantFrom('ab', 'cd', 'e', '\u001b[1m', '\u0001'), minLength: 3, maxLength: 9 }),
);
const noise = fc.uint8Array({ maxLength: 12 });
const plain = fc.string({
	unit: fc.constantFrom(
		'a',
		'b',
		'c',
		'[',
		'm',
		'3',
		'1',
		' ',
		'\n',
		'\r',
		'\t',
		'é',
		'\u00a0',
		'\u200b',
		'\u009b',
		'\u001b[31m',
		'\u001b',
		'\u001b]0;',
		'\u0007',
	),
	maxLength: 40,
});
/** What may be put between the characters of a secret. */
const gap = fc.constantFrom('', ' ', '\n', '\u001b[1m', '\u200b', '\r\n', '\u001b]0;t\u0007', '\u009b1m');
const output = (secrets: readonly string[]) =>
	fc
		.array(
			fc.oneof(
				plain.map((text) => Buffer.from(text)),
				noise.map((bytes) => Buffer.from(bytes)),
				fc
					.tuple(fc.constantFrom(...secrets.flatMap((one) => [one, ...secretForms(one)])), gap, fc.nat(40), fc.nat(8))
					.map(([form, between, cut, every]) =>
						Buffer.from(
							[...form]
								.map((unit, i) => (i % (every + 1) === every ? unit + between : unit))
								.join('')
								.slice(0, 80 - cut),
						),
					),
			),
			{ maxLength: 12 },
		)
		.map((parts) => new Uint8Array(Buffer.concat(parts)));
const pieces = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 });
const given = fc
	.array(secret, { minLength: 1, maxLength: 4 })
	.chain((secrets) => fc.tuple(fc.constant(secrets), output(secrets), pieces));

test('pieces of any size, also inside a character, give what the whole gives', () => {
	fc.assert(
		fc.property(given, fc.boolean(), ([secrets, bytes, cuts], isByLine) => {
			const whole = masked(secrets, bytes, { pieces: [1e6], isByLine });
			assert.equal(masked(secrets, bytes, { pieces: cuts, isByLine }), whole);
		}),
		{ seed, numRuns: 4000 },
	);
});

test('skimming finds what looking at every byte finds', () => {
	fc.assert(
		fc.property(given, fc.boolean(), ([secrets, bytes, cuts], isByLine) => {
			const closely = masked(secrets, bytes, { pieces: cuts, isByLine, isUnfiltered: true });
			assert.equal(masked(secrets, bytes, { pieces: cuts, isByLine }), closely);
		}),
		{ seed, numRuns: 4000 },
	);
});

test('masks that are added one by one hide what masks added together hide', () => {
	fc.assert(
		fc.property(given, ([secrets, bytes]) => {
			const together = new Needles();
			together.add(secrets.flatMap(secretForms));
			const apart = needlesOf(secrets, false);
			const all = [together, apart].map((needles) => {
				const scan = new Scan(needles, false);
				scan.feed(bytes, true);
				return Buffer.from(scan.take(scan.length)).toString('latin1');
			});
			assert.equal(all[0], all[1]);
		}),
		{ seed, numRuns: 1500 },
	);
});

test('bytes without a secret pass as they are, whatever they are', () => {
	fc.assert(
		fc.property(
			fc.array(
				fc.oneof(
					noise,
					plain.map((text) => new Uint8Array(Buffer.from(text))),
				),
				{ maxLength: 30 },
			),
			pieces,
			(parts, cuts) => {
				const bytes = new Uint8Array(Buffer.concat(parts));
				const text = Buffer.from(bytes).toString('latin1');
				// None of the characters of this secret's forms can come together in what is generated.
				assert.equal(masked(['QQ-§xyzzy§-QQ'], bytes, { pieces: cuts, isByLine: true }), text);
				assert.equal(masked([], bytes, { pieces: cuts, isByLine: true }), text);
			},
		),
		{ seed, numRuns: 2000 },
	);
});

test('no secret is left in what is shown, and every line feed is', () => {
	const value = fc.string({ unit: fc.constantFrom('x', 'y', 'z', '7'), minLength: 4, maxLength: 20 });
	const other = fc.string({ unit: fc.constantFrom('x', 'y', ' ', '\n', '\u001b[1m', 'é'), maxLength: 30 });
	fc.assert(
		fc.property(fc.array(value, { minLength: 1, maxLength: 5 }), fc.array(other), pieces, (secrets, others, cuts) => {
			const bytes = new TextEncoder().encode(
				others.map((one, i) => one + (secrets[i % secrets.length] ?? '')).join(''),
			);
			const shown = Buffer.from(masked(secrets, bytes, { pieces: cuts, isByLine: false }), 'latin1');
			const visible = Buffer.from(solidOf(shown)).toString();
			for (const one of secrets) {
				const isLong = one.length >= 12;
				const lines = isLong
					? [visible]
					: shown
							.toString()
							.split(/\s/)
							.map((part) => Buffer.from(solidOf(Buffer.from(part))).toString());
				for (const line of lines) assert.ok(!line.includes(one), `${one} is in ${JSON.stringify(line)}`);
			}
			const feeds = (all: Uint8Array) => all.filter((byte) => byte === 10).length;
			assert.equal(feeds(shown), feeds(bytes), 'line numbers stay true');
		}),
		{ seed, numRuns: 3000 },
	);
});

test('a short secret is not found across blanks or lines, a long one is', () => {
	const show = (secrets: readonly string[], text: string) =>
		Buffer.from(masked(secrets, new TextEncoder().encode(text), { pieces: [7], isByLine: false }), 'latin1').toString();
	assert.equal(show(['abcdef'], 'abc def abc\ndef abcdef'), 'abc def abc\ndef ***');
	assert.equal(show(['abcdefghijkl'], 'abc def\nghi jkl.'), '***\n***.');
	assert.equal(show(['ab cd ef'], 'ab cd ef, abcdef, ab  cd ef'), '***, abcdef, ab  cd ef');
});

test('many lines that nearly hold a secret are looked through in time that grows with them only', () => {
	const needles = new Needles();
	needles.add(secretForms(`${'a'.repeat(20_000)}b`));
	const scan = new Scan(needles, true);
	const flood = new Uint8Array(400_000).fill(0x61);
	const start = performance.now();
	scan.feed(flood);
	const ms = performance.now() - start;
	assert.ok(ms < 1500, `${ms} ms for 400 KB`);
	assert.ok(scan.safeLength() >= flood.length - 20_000);
});
