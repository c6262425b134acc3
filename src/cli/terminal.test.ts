import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, test } from 'node:test';
import { openTerminal, wantsColour } from './terminal.ts';

/** A screen that understands what the terminal writes: text, line feeds, cursor up, carriage return, erase to the end of line and screen. */
function screen(options: { readonly isTTY: boolean; readonly columns?: number }) {
	const lines: string[] = [''];
	let [row, column] = [0, 0];
	const take = (part: string) => {
		const line = lines[row] ?? '';
		if (part === '\n') {
			[row, column] = [row + 1, 0];
			lines[row] ??= '';
		} else if (part === '\r') column = 0;
		else if (part.startsWith(esc) && part.endsWith('A')) row -= Number(part.slice(2, -1));
		else if (part === `${esc}[K`) lines[row] = line.slice(0, column);
		else if (part.startsWith(esc)) lines.splice(row, lines.length, line.slice(0, column));
		else {
			lines[row] = line.slice(0, column) + part + line.slice(column + part.length);
			column += part.length;
		}
	};
	const stream = new Writable({
		decodeStrings: false,
		write: (text: string, _encoding, done) => {
			text.split(new RegExp(`(\n|\r|${esc}\\[\\d*[AJK])`)).forEach(take);
			done();
		},
	});
	return { stream: Object.assign(stream, options), shown: () => lines.slice(0, -1) };
}

const esc = '\u001b';

describe('a terminal', () => {
	test('draws a region again below the lines that stay', () => {
		const { stream, shown } = screen({ isTTY: true, columns: 80 });
		const terminal = openTerminal(stream);
		terminal.draw(['one', 'two']);
		terminal.draw(['one!', 'two', 'three']);
		terminal.print('stays');
		assert.deepEqual(shown(), ['stays', 'one!', 'two', 'three']);
		terminal.draw(['last']);
		assert.deepEqual(shown(), ['stays', 'last']);
		terminal.draw([]);
		terminal.print('end');
		assert.deepEqual(shown(), ['stays', 'end']);
	});

	test('never erases from the first row on, which some terminals take for the end of a page', () => {
		const written: string[] = [];
		const stream = { isTTY: true, columns: 80, write: (text: string) => written.push(text) > 0 };
		const terminal = openTerminal(stream);
		terminal.draw(['one', 'two']);
		terminal.draw(['three']);
		terminal.print('stays');
		for (const text of written) assert.doesNotMatch(text, new RegExp(`(?:^|A|\r)${esc}\\[J`));
	});

	test('that is a pipe gets every line once, and no region', () => {
		const { stream, shown } = screen({ isTTY: false });
		const terminal = openTerminal(stream);
		assert.equal(terminal.isLive, false);
		terminal.draw(['never']);
		terminal.print('a', 'b');
		assert.deepEqual(shown(), ['a', 'b']);
	});

	test('has 80 columns where nobody says otherwise', () => {
		assert.equal(openTerminal(screen({ isTTY: false }).stream).columns, 80);
		assert.equal(openTerminal(screen({ isTTY: true, columns: 0 }).stream).columns, 80);
		assert.equal(openTerminal(screen({ isTTY: true, columns: 200 }).stream).columns, 200);
	});

	test('has colours as the variables say that users and programs set', () => {
		const cases: readonly (readonly [env: { readonly [name: string]: string }, terminal: boolean, pipe: boolean])[] = [
			[{}, true, false],
			[{ TERM: 'dumb' }, false, false],
			[{ NO_COLOR: '1' }, false, false],
			[{ NO_COLOR: '' }, true, false],
			[{ FORCE_COLOR: '1' }, true, true],
			[{ FORCE_COLOR: '' }, true, true],
			[{ FORCE_COLOR: '0' }, false, false],
			[{ FORCE_COLOR: '1', NO_COLOR: '1', TERM: 'dumb' }, true, true],
			[{ CLICOLOR: '0' }, false, false],
			[{ CLICOLOR: '1' }, true, false],
			[{ CLICOLOR_FORCE: '1' }, true, true],
			[{ CLICOLOR_FORCE: '0' }, true, false],
			[{ CLICOLOR_FORCE: '1', NO_COLOR: '1' }, false, false],
			[{ CLICOLOR: '0', CLICOLOR_FORCE: '1' }, true, true],
		];
		for (const [env, terminal, pipe] of cases) {
			assert.equal(wantsColour(env, true), terminal, `${JSON.stringify(env)} on a terminal`);
			assert.equal(wantsColour(env, false), pipe, `${JSON.stringify(env)} in a pipe`);
			assert.equal(openTerminal(screen({ isTTY: true }).stream, env).paint('red', 'x') !== 'x', terminal);
		}
	});
});
