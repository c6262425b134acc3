import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommand } from './command.ts';
import { annotationOfCommand, shortened } from './command-annotation.ts';

function annotation(line: string) {
	const command = parseCommand(line);
	assert.ok(command);
	return annotationOfCommand('error', command, '/w/app');
}
const place = (written: string) => {
	const { level, message, file, ...rest } = annotation(`::error file=a.js,${written}::m`);
	return rest;
};

test('a place is told by line, end of line, column and end of column', () => {
	assert.deepEqual(annotation('::error file=/w/app/src/a.js,line=3,endLine=3,col=5,endColumn=9,title=T%2Ct::m%0An'), {
		level: 'error',
		message: 'm\nn',
		title: 'T,t',
		file: 'src/a.js',
		line: 3,
		endLine: 3,
		column: 5,
		endColumn: 9,
	});
});

test('what contradicts itself in a place is left out, as by the runner of GitHub', () => {
	const cases: readonly (readonly [written: string, place: object])[] = [
		['endLine=4', { line: 4, endLine: 4 }],
		['line=2,endColumn=9', { line: 2, column: 9, endColumn: 9 }],
		['col=5', {}],
		['col=5,endColumn=7', {}],
		['line=2,endLine=4,col=5', { line: 2, endLine: 4 }],
		['line=4,endLine=2', {}],
		['line=4,endLine=2,col=1', {}],
		['line=2,col=9,endColumn=5', { line: 2 }],
		['line=0x10', {}],
		['line=-3', {}],
		['line= 7 ', { line: 7 }],
		['line=99999999999999999999', {}],
	];
	for (const [written, expected] of cases) assert.deepEqual(place(written), expected, written);
});

test('LOG-05: a file outside the workspace, or none at all, is not named, and neither is a place in it', () => {
	const outside = [
		'../../../../etc/passwd',
		'http://evil/',
		'/etc/passwd',
		'/w/app/../x',
		'/w/apple/x',
		'a%0D/../../../x',
		'/w/app',
		'javascript:alert(1)',
		'x'.repeat(5000),
	];
	for (const file of outside)
		assert.deepEqual(annotation(`::error file=${file},line=1::x`), { level: 'error', message: 'x' }, file);
	assert.equal(annotation('::error file=./a/../b.js,line=1::x').file, 'b.js');
	// Joined without a look at where it leads, the path is one of the machine.
	assert.equal(new URL('../../../../etc/passwd', 'file:///w/app/').pathname, '/etc/passwd');
});

test('an annotation is short enough for an event, whatever was printed', () => {
	const { message, title } = annotation(`::error title=${'t'.repeat(9000)}::${'m'.repeat(9000)}`);
	assert.deepEqual([message.length, title?.length], [4096, 4096]);
	assert.equal(shortened('m'.repeat(4096)), 'm'.repeat(4096));
	assert.ok(message.endsWith('m…'));
});
