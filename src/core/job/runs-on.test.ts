import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNotHere } from './runs-on.ts';

test('a job for another system is not run here, and says why', () => {
	assert.equal(whyNotHere('macos-latest', 'linux'), 'runs-on is macos-latest, and this machine does not run macOS');
	assert.match(whyNotHere(['self-hosted', 'windows-2025'], 'linux') ?? '', /Windows/);
	assert.match(whyNotHere({ group: 'g', labels: ['macos-14'] }, 'linux') ?? '', /macOS/);
});

test('a job for this system, or for labels that name none, runs here', () => {
	assert.equal(whyNotHere('ubuntu-latest', 'linux'), undefined);
	assert.equal(whyNotHere('macos-14', 'darwin'), undefined);
	assert.equal(whyNotHere(['self-hosted', 'gpu'], 'linux'), undefined);
	assert.equal(whyNotHere({ group: 'g' }, 'linux'), undefined);
});
