import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { Json } from '../plan.ts';
import { evaluate } from './expression.ts';

/**
 * The rules of docs.github.com, "Evaluate expressions in workflows and actions", literals and operators, written down a second time
 * and as simply as can be: GitHub compares loosely, and coerces to numbers when the types differ.
 */
function asNumber(value: Json): number {
	if (value === null) return 0;
	if (typeof value === 'boolean') return value ? 1 : 0;
	if (typeof value === 'number') return value;
	if (typeof value !== 'string') return Number.NaN;
	const text = value.trim();
	if (text === '') return 0;
	if (/^0x[0-9a-f]+$/i.test(text) || /^0o[0-7]+$/i.test(text)) return Number(text);
	return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
}

function looselyEqual(a: Json, b: Json): boolean {
	if (typeof a === 'string' && typeof b === 'string') return a.toUpperCase() === b.toUpperCase();
	if (typeof a === 'object' && a !== null && typeof b === 'object' && b !== null) return a === b;
	return asNumber(a) === asNumber(b);
}

const isTruthy = (value: Json) => !(value === null || value === false || value === 0 || value === '');

const text = fc.oneof(
	fc.constantFrom(
		'',
		' ',
		'0',
		'1',
		'-1',
		'1.5',
		'.5',
		'1e3',
		'0x1F',
		'0o17',
		'true',
		'abc',
		'ABC',
		' 7 ',
		'1 2',
		'NaN',
	),
	fc.string({ unit: fc.constantFrom(...'aA1 .-'), maxLength: 4 }),
);
const primitive: fc.Arbitrary<Json> = fc.oneof(
	fc.constant(null),
	fc.boolean(),
	fc.integer({ min: -5, max: 40 }),
	fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
	text,
);
const any: fc.Arbitrary<Json> = fc.oneof(
	primitive,
	fc.array(primitive, { maxLength: 3 }),
	fc.dictionary(fc.constantFrom('a', 'b'), primitive, { noNullPrototype: true }),
);

function resultOf(expression: string, a: Json, b: Json = null): Json {
	const value = evaluate(expression, { contexts: { x: { a, b } } });
	assert.ok(value.ok, `${expression} of ${JSON.stringify([a, b])}: ${JSON.stringify(value)}`);
	return value.value;
}

describe('for all values, an expression', () => {
	test('compares loosely: texts without regard to case, other types as numbers', () => {
		fc.assert(
			fc.property(primitive, primitive, (a, b) => {
				assert.equal(resultOf('x.a == x.b', a, b), looselyEqual(a, b));
				assert.equal(resultOf('x.a != x.b', a, b), !looselyEqual(a, b));
			}),
			{ numRuns: 3000 },
		);
	});

	test('orders texts as texts and everything else as numbers; what is no number is neither less nor more', () => {
		fc.assert(
			fc.property(primitive, primitive, (a, b) => {
				const isText = typeof a === 'string' && typeof b === 'string';
				const [left, right] = isText ? [a.toUpperCase(), b.toUpperCase()] : [asNumber(a), asNumber(b)];
				assert.equal(resultOf('x.a < x.b', a, b), left < right);
				assert.equal(resultOf('x.a >= x.b', a, b), left >= right);
			}),
			{ numRuns: 3000 },
		);
	});

	test('takes null, false, 0 and the empty text for false, and gives back an operand of && and ||', () => {
		fc.assert(
			fc.property(any, any, (a, b) => {
				assert.equal(resultOf('!x.a', a), !isTruthy(a));
				assert.deepEqual(resultOf('x.a && x.b', a, b), isTruthy(a) ? b : a);
				assert.deepEqual(resultOf('x.a || x.b', a, b), isTruthy(a) ? a : b);
			}),
			{ numRuns: 2000 },
		);
	});

	test('reads back what toJSON writes', () => {
		fc.assert(
			fc.property(any, (a) => {
				// Numbers are written with 15 digits, as .NET writes them (`G15`).
				const written = JSON.stringify(a, (_, value) =>
					typeof value === 'number' ? Number(value.toPrecision(15)) : value,
				);
				assert.deepEqual(resultOf('fromJSON(toJSON(x.a))', a), JSON.parse(written));
			}),
			{ numRuns: 2000 },
		);
	});

	test('finds texts without regard to case, and items of lists as == does', () => {
		fc.assert(
			fc.property(text, text, fc.array(primitive, { maxLength: 4 }), (a, b, list) => {
				assert.equal(resultOf('contains(x.a, x.b)', a, b), a.toUpperCase().includes(b.toUpperCase()));
				assert.equal(resultOf('startsWith(x.a, x.b)', a, b), a.toUpperCase().startsWith(b.toUpperCase()));
				assert.equal(resultOf('endsWith(x.a, x.b)', a, b), a.toUpperCase().endsWith(b.toUpperCase()));
				assert.equal(
					resultOf('contains(x.a, x.b)', list, b),
					list.some((item) => looselyEqual(item, b)),
				);
			}),
			{ numRuns: 2000 },
		);
	});

	test('fills format() with texts of values, whatever braces they hold', () => {
		fc.assert(
			fc.property(fc.string({ unit: fc.constantFrom(...'a{}0 '), maxLength: 8 }), (a) => {
				assert.equal(resultOf("format('<{0}|{{{1}}}>', x.a, x.b)", a, 1), `<${a}|{1}>`);
			}),
			{ numRuns: 1000 },
		);
	});
});
