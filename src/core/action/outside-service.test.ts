import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outsideService } from './outside-service.ts';

test('an action is known by its repository, whatever the case, the path and the version', () => {
	assert.deepEqual(outsideService('Codecov/codecov-action@v5'), { does: 'uploads coverage', host: 'codecov.io' });
	for (const uses of ['github/codeql-action/init@v3', 'github/codeql-action/upload-sarif@main'])
		assert.deepEqual(outsideService(uses), { does: 'uploads an analysis', forge: true });
});

test('what works on this machine alone has none', () => {
	for (const uses of [
		undefined,
		'actions/checkout@v5',
		'actions/upload-pages-artifact@v3',
		'./x',
		'docker://a',
		'constructor/x@v1',
	])
		assert.equal(outsideService(uses), undefined);
});
