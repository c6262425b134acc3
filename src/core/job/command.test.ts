import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from './command.ts';

test('name, properties and data are read', () => {
	assert.deepEqual(parseCommand('::error file=a.js,line=1,title=x=y::message :: more'), {
		name: 'error',
		properties: { file: 'a.js', line: '1', title: 'x=y' },
		data: 'message :: more',
	});
	assert.deepEqual(parseCommand(' \t::group::'), { name: 'group', properties: {}, data: '' });
});

test('escapes are undone once, %25 last', () => {
	assert.equal(parseCommand('::notice::a%0Ab%250A%25%0D')?.data, 'a\nb%0A%\r');
	assert.equal(parseCommand('::notice::http://x/?q=%0a%3A')?.data, 'http://x/?q=%0a%3A');
	assert.equal(parseCommand('::notice title=a%2Cb%3Ac%252C::x')?.properties['title'], 'a,b:c%2C');
});

test('a command stands at the start of a line', () => {
	for (const line of [
		'x ::error::a',
		'10%\r::error::a',
		'\r::error::a',
		':error::a',
		'::error:a',
		':: ::a',
		'x ##[error]a',
		'',
	]) {
		assert.equal(parseCommand(line), undefined, JSON.stringify(line));
	}
});

test('the older spelling in brackets is a command too', () => {
	assert.deepEqual(parseCommand('##[error file=a.c;line=3]it is%5D %0A 100%25%3B %250A'), {
		name: 'error',
		properties: { file: 'a.c', line: '3' },
		data: 'it is] \n 100%; %0A',
	});
	assert.deepEqual(parseCommand('  ##[endgroup]'), { name: 'endgroup', properties: {}, data: '' });
	for (const line of ['a ##[error]b', '##[]x', '##[error', '##[a;b]c'])
		assert.equal(parseCommand(line), undefined, line);
});

test('names of properties are not case-sensitive, and none is taken for something of JavaScript', () => {
	const { properties = {} } =
		parseCommand('::error File=a,ENDLINE=2, line=1,__proto__=x,constructor=y,empty=,=z,no::m') ?? {};
	assert.deepEqual(Object.entries(properties), [
		['file', 'a'],
		['endline', '2'],
		['line', '1'],
		['__proto__', 'x'],
		['constructor', 'y'],
	]);
	assert.equal(Object.getPrototypeOf(properties), Object.prototype);
});
