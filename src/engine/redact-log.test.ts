import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Logs } from '#edge/log/log.ts';
import { redactLog } from './redact-log.ts';

/** Logs of which only the texts are kept. */
function textLogs(texts: { [key: string]: string }, open: readonly string[] = []): Logs {
	const unused = () => assert.fail('only rewriting is asked for');
	return {
		writer: unused,
		read: unused,
		search: unused,
		follow: unused,
		isOpen: (key) => open.includes(key),
		async rewrite(key, rewriter) {
			const old = texts[key] ?? '';
			const parts = [...old.matchAll(/[\s\S]{1,7}/g)].map(([part]) => Buffer.from(rewriter.push(Buffer.from(part))));
			texts[key] = Buffer.concat([...parts, rewriter.end()]).toString();
			const lines = old.split('\n').slice(0, -1);
			const now = texts[key].split('\n');
			return { lines: lines.length, changed: lines.filter((line, index) => line !== now[index]).length };
		},
	};
}

test('values are hidden in every form and across lines, and the lines stay as many', async () => {
	const value = 'hush-hush-hush-42';
	const encoded = Buffer.from(value).toString('base64');
	const texts = { a: `one\n${value}\nx ${encoded}\nhush-\nhush-hush-42\nlast\n`, b: 'nothing\n' };
	const redacted = await redactLog(textLogs(texts), ['a', 'b'], [value]);
	assert.deepEqual(redacted, { ok: true, value: { lines: 7, changed: 4 } });
	assert.equal(texts.a.split('\n').length, 7);
	assert.ok(!texts.a.includes('hush') && !texts.a.includes(encoded.slice(0, 12)));
	assert.match(texts.a, /^one\n\*\*\*\nx \*\*\*.{0,4}\n\*\*\*\n\*\*\*\nlast\n$/);
	assert.equal(texts.b, 'nothing\n');
});

test('a value that is too short and a log that is still written are refused before anything changes', async () => {
	const texts = { a: 'abc hush-hush\n', b: 'hush-hush\n' };
	const short = await redactLog(textLogs(texts), ['a'], ['hush-hush', 'abc']);
	assert.equal(!short.ok && short.error[0]?.code, 'FB7012');
	const open = await redactLog(textLogs(texts, ['b']), ['a', 'b'], ['hush-hush']);
	assert.deepEqual(!open.ok && open.error.map(({ code, where }) => [code, where]), [['FB7011', 'b']]);
	assert.deepEqual(texts, { a: 'abc hush-hush\n', b: 'hush-hush\n' });
});
