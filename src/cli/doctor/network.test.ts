import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostOf } from './network.ts';

test('takes host and port of every form of a git URL, and none of a path', () => {
	const cases: readonly (readonly [string, string | undefined])[] = [
		['https://github.com/a/b.git', 'github.com:443'],
		['https://user:word@example.com:8443/a', 'example.com:8443'],
		['http://example.com', 'example.com:80'],
		['ssh://git@example.com:2222/a', 'example.com:2222'],
		['ssh://git@[::1]:2222/a', '::1:2222'],
		['git@example.com:a/b.git', 'example.com:22'],
		['example.com:a/b', 'example.com:22'],
		['/srv/git/a.git', undefined],
		['../a', undefined],
		['file:///srv/a', undefined],
		['C:/a', undefined],
		['ext::sh -c x', undefined],
	];
	for (const [url, expected] of cases) {
		const found = hostOf(url);
		assert.equal(found && `${found.host}:${found.port}`, expected, url);
	}
});
