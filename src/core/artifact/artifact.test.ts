import assert from 'node:assert/strict';
import { test } from 'node:test';
import { artifactNameProblem, retentionDays, takenName } from './artifact.ts';
import { entryNames } from './entry-name.ts';

test('a name of an artifact has nothing that a file system of a runner does not have', () => {
	for (const name of ['dist', 'my artifact.zip', 'ünïcode', 'a.b-c_d', '..a'])
		assert.equal(artifactNameProblem(name), undefined, name);
	for (const name of [
		'',
		' ',
		'a/b',
		'a\\b',
		'a:b',
		'a"',
		'<',
		'a|b',
		'*',
		'a?',
		'a\nb',
		'a\rb',
		'a\0',
		'..',
		'.',
		'x'.repeat(256),
	])
		assert.ok(artifactNameProblem(name), JSON.stringify(name));
});

test('days are 1 to 90, and 90 when nobody says', () => {
	assert.deepEqual([undefined, 0, 1, 5, 90, 400, Number.NaN].map(retentionDays), [90, 90, 1, 5, 90, 90, 90]);
});

test('a name is taken within one attempt of a run, and what earlier attempts left is replaced', () => {
	const artifact = {
		id: 1,
		run: 'r1',
		job: 'build',
		runAttempt: 1,
		jobAttempt: 1,
		name: 'dist',
		mime: 'application/zip',
		blob: 'b',
		sizeBytes: 1,
		sha256: '',
		createdAt: '',
		expiresAt: '',
	};
	const artifacts = new Map([[1, artifact]]);
	const by = (job: string, runAttempt: number, jobAttempt: number, run = 'r1') => ({
		run,
		job,
		runAttempt,
		jobAttempt,
	});
	assert.equal(takenName(artifacts, 'DIST', by('build', 1, 1)).taken, artifact, 'by itself, in other letters');
	assert.equal(takenName(artifacts, 'dist', by('other', 1, 2)).taken, artifact, 'by another job');
	assert.deepEqual(takenName(artifacts, 'dist', by('build', 1, 2)), { replaced: [artifact] }, 'the job was lost');
	assert.deepEqual(takenName(artifacts, 'dist', by('other', 2, 2)), { replaced: [artifact] }, 'the run was run again');
	assert.deepEqual(takenName(artifacts, 'dist', by('build', 1, 1, 'r2')), { replaced: [] }, 'another run');
});

/** What is wrong with a list of names, and with which. */
const wrong = (...names: readonly string[]) => {
	const check = entryNames();
	return names.map((name) => check(name) !== undefined);
};

test('ART-03: names of an archive that lead out of the folder, or say two things, are found', () => {
	assert.deepEqual(wrong('a', 'b/c', 'b/', 'b/d', './e', 'x..y', '...'), [
		false,
		false,
		false,
		false,
		false,
		false,
		false,
	]);
	for (const name of [
		'../x',
		'a/../../x',
		'/abs',
		'C:\\x',
		'c:/x',
		'a\\..\\b',
		'a\0b',
		'',
		'x'.repeat(70_000),
		'..',
		'./'.repeat(3) + '..',
	])
		assert.deepEqual(wrong(name), [true], JSON.stringify(name.slice(0, 40)));
	assert.deepEqual(wrong('a', 'a'), [false, true], 'twice');
	assert.deepEqual(wrong('a', 'A'), [false, true], 'in other letters');
	assert.deepEqual(wrong('a', 'a/b'), [false, true], 'below a file');
	assert.deepEqual(wrong('a/b', 'A'), [false, true], 'a file where a folder is');
	assert.deepEqual(wrong('a/b', 'a/./b'), [false, true], 'the same place in other words');
});
