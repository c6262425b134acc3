import assert from 'node:assert/strict';
import { test } from 'node:test';
import { terminalText } from './log-text.ts';

const red = '\u001b[31mred\u001b[0m';

test('colours reach a terminal that wants them, and no other', () => {
	assert.equal(terminalText(`a ${red} b`, true), `a ${red} b\u001b[0m`);
	assert.equal(terminalText(`a ${red} b`, false), 'a red b');
	assert.equal(terminalText('plain ✓ ünïcode 日本', true), 'plain ✓ ünïcode 日本');
	assert.equal(terminalText('tab\there', true), 'tab\there');
});

test('LOG-06: nothing but colours steers the terminal', () => {
	const attacks = [
		'\u001b]0;pwned\u0007',
		'\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\',
		'\u001b[2J\u001b[H',
		'\u001b]52;c;ZWNobyBwd25lZA==\u0007',
		'\u001bP1;1|17/ab\u001b\\',
		'\u009b2J',
		'\u009d0;x\u009c',
		'\u001bc',
		'\u001b(0',
		'\u001b[?1049h',
		'\u001b[6n',
		'a\bb\bc',
		'\u0007',
	];
	// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
	const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
	for (const attack of attacks) {
		assert.match(attack, steering, 'as it came, it would reach the terminal');
		assert.doesNotMatch(terminalText(attack, false), steering, JSON.stringify(attack));
		assert.doesNotMatch(terminalText(attack, true), steering, JSON.stringify(attack));
	}
	assert.equal(terminalText('\u001b]8;;http://evil\u001b\\link\u001b]8;;\u001b\\', true), 'link');
});

test('LOG-12: what cannot be seen is shown, and never takes the rest with it', () => {
	assert.equal(terminalText('a\u202eb', true), 'a\\u{202e}b');
	assert.equal(terminalText('x\0y', true), 'x\\u{0}y');
	assert.equal(terminalText('ze\u200bro', false), 'ze\\u{200b}ro');
	assert.equal(terminalText('bad \ufffd byte', true), 'bad \ufffd byte');
	assert.notEqual('a\u202eb', terminalText('a\u202eb', true), 'as it came, the rest of the line would run backwards');
});

test('a line that was drawn over shows what was drawn last', () => {
	assert.equal(terminalText('10%\r50%\r100%', true), '100%');
	assert.equal(terminalText('done\r', true), 'done');
});
