import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { hashOf } from './hash-files-program.ts';

interface Recorded {
	readonly files: { readonly [path: string]: string };
	readonly links: { readonly [path: string]: string };
	readonly cases: readonly { readonly patterns: readonly string[]; readonly follow: boolean; readonly hash: string }[];
}

const recorded: Recorded = JSON.parse(readFileSync(new URL('./hash-files-program.test.json', import.meta.url), 'utf8'));
let root: string;

before(() => {
	root = realpathSync(mkdtempSync(join(tmpdir(), 'hash-files-')));
	for (const [path, text] of Object.entries(recorded.files)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
	for (const [path, target] of Object.entries(recorded.links)) symlinkSync(target, join(root, path));
});
after(() => rmSync(root, { recursive: true }));

test('the hash of any patterns is the one that was recorded from the original', async () => {
	assert.ok(recorded.cases.length > 100);
	for (const { patterns, follow, hash } of recorded.cases) {
		const rooted = patterns.map((pattern) => pattern.replace('$ROOT', root));
		const given = follow ? ['--follow-symbolic-links', ...rooted] : rooted;
		const own = await hashOf(given, root, '/nowhere').catch(() => 'error');
		assert.equal(own, hash, `${JSON.stringify(patterns)} follow ${follow}`);
	}
});

test('a pattern that leads upwards is refused, as by the original', async () => {
	await assert.rejects(hashOf(['../x'], root, '/nowhere'), /Invalid pattern '\.\.\/x'/);
	await assert.rejects(hashOf(['a/./b'], root, '/nowhere'), /Relative pathing/);
});
