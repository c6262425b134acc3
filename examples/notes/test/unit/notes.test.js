import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { Notes } from '../../src/notes.js';

let folder;
let file;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'notes-'));
	file = join(folder, 'deep', 'notes.journal');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('the newest note comes first, and its day is the same in every time zone', () => {
	const notes = new Notes(file);
	notes.add('first');
	const { at } = notes.add('second');
	const [newest, oldest] = notes.list();
	assert.equal(newest.text, 'second');
	assert.equal(newest.day, at.slice(0, 10));
	assert.equal(oldest.text, 'first');
	notes.close();
});

test('a search finds notes that hold all words, in any case', () => {
	const notes = new Notes(file);
	notes.add('Buy milk and bread');
	notes.add('Milk is white');
	assert.deepEqual(
		notes.list('BREAD milk').map((note) => note.text),
		['Buy milk and bread'],
	);
	notes.close();
});

test('notes are still there after a restart, without those that were removed', () => {
	const before = new Notes(file);
	const { id } = before.add('forget me');
	before.add('keep me');
	assert.equal(before.remove(id), true);
	assert.equal(before.remove(id), false);
	before.close();
	const after = new Notes(file);
	assert.deepEqual(
		after.list().map((note) => note.text),
		['keep me'],
	);
	after.close();
});

test('two processes on one file see what the other writes', () => {
	const [old, next] = [new Notes(file), new Notes(file)];
	old.add('from the old version');
	next.add('from the new version');
	assert.equal(old.list().length, 2);
	assert.deepEqual(old.list(), next.list());
	old.close();
	next.close();
});

test('a record that a crash left half-written is lost alone', () => {
	const notes = new Notes(file);
	notes.add('before');
	appendFileSync(file, '{"add":{"id":"half');
	notes.add('after');
	assert.deepEqual(
		notes.list().map((note) => note.text),
		['after', 'before'],
	);
	notes.close();
});
