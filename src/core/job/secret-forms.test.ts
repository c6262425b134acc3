import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretForms } from './secret-forms.ts';

const has = (secret: string, ...wanted: readonly string[]) => {
	const forms = secretForms(secret);
	for (const form of wanted) assert.ok(forms.includes(form), `${form} is a form of ${secret}`);
};
const hasNot = (secret: string, ...unwanted: readonly string[]) => {
	const forms = secretForms(secret);
	for (const form of unwanted) assert.ok(!forms.includes(form), `${form} is no form of ${secret}`);
};

test('string leaves of JSON and of YAML are forms, keys and punctuation are not', () => {
	has('{"id": 1, "password": "foobar-123", "more": ["in-a-list"]}', 'foobar-123', 'in-a-list');
	hasNot('{\n"id": 1,\n"password": "foobar-123"\n}', '{', '}', 'password');
	has(
		'user: deploy-bot\npassword: "s3cret: with colon"\nkeys:\n  - first-key\n',
		'deploy-bot',
		's3cret: with colon',
		'first-key',
	);
	has('key: |\n  line one of it\n  line two of it\n', 'line one of it', 'line two of it');
	has('{user: deploy-bot, password: hunter22}', 'deploy-bot', 'hunter22');
	hasNot('user: deploy-bot', 'deploy-bot');
});

test('a value that only looks like a structure is a plain secret', () => {
	has('{not json at all', '{not json at all');
	has('[broken: {{{\nyaml: ]]', '[broken: {{{\nyaml: ]]', '[broken: {{{', 'yaml: ]]');
	const bomb = `a: &a [x-x-x-x]\n${Array.from({ length: 30 }, (_, i) => `b${i}: &b${i} [*a, *a]`).join('\n')}\nc: [*b0, *b0]`;
	has(bomb, 'a: &a [x-x-x-x]');
});

test('forms have four characters or more, one of them a letter or a digit', () => {
	for (const none of ['', 'abc', '----', ' ab ', '\n\n', '{}', '((((']) assert.deepEqual(secretForms(none), [], none);
	for (const form of secretForms('abcd')) assert.ok(form.trim().length >= 4, form);
	assert.ok(secretForms('pässwörd').includes('p%C3%A4ssw%C3%B6rd'));
});
