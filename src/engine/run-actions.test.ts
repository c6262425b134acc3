import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lockText, parseLock } from '#core/action/lock.ts';
import { usualActions } from '#core/actions-configuration.ts';
import { fakeActions } from '#edge/action/fake.ts';
import { runActions } from './run-actions.ts';

const [old, young] = ['1'.repeat(40), '2'.repeat(40)];

function world() {
	const actions = fakeActions({
		'octo/tool': { refs: { v1: old }, commits: { [old]: { a: 'old' }, [young]: { a: 'young' } } },
	});
	return { actions, move: () => Object.assign(actions.repositories['octo/tool']?.refs ?? {}, { v1: young }) };
}

async function lockOf({ actions }: ReturnType<typeof world>, tree?: string) {
	const commit = await actions.resolve({ repository: 'octo/tool', ref: 'v1' });
	assert.ok(commit.ok);
	const hash = tree ?? (await actions.hash(commit.value));
	return parseLock(lockText([{ uses: 'octo/tool@v1', commit: commit.value.sha, tree: hash }]), 'footbridge.lock');
}

async function codeOf(asked: ReturnType<ReturnType<typeof runActions>['commitOf']>): Promise<string | undefined> {
	const commit = await asked;
	return commit.ok ? commit.value.sha : commit.error[0]?.code;
}

test('a run asks once what a tag is, and all its jobs get the same', async () => {
	const { actions, move } = world();
	const run = runActions(actions, usualActions);
	assert.equal(await codeOf(run.commitOf('octo/tool', 'v1')), old);
	move();
	assert.equal(await codeOf(run.commitOf('Octo/Tool', 'v1')), old);
	assert.equal(await codeOf(runActions(actions, usualActions).commitOf('octo/tool', 'v1')), young);
});

test('a lock refuses a tag that was moved, and files that are others', async () => {
	const moved = world();
	const lock = await lockOf(moved);
	assert.equal(await codeOf(runActions(moved.actions, usualActions, lock).commitOf('octo/tool', 'v1')), old);
	moved.move();
	const found = await runActions(moved.actions, usualActions, lock).commitOf('octo/tool', 'v1');
	assert.ok(!found.ok);
	assert.equal(found.error[0]?.code, 'FB2057');
	assert.match(found.error[0]?.why ?? '', /it was 111111111111 and is now 222222222222/);

	const same = world();
	const other = await lockOf(same, `sha256:${'0'.repeat(64)}`);
	assert.equal(await codeOf(runActions(same.actions, usualActions, other).commitOf('octo/tool', 'v1')), 'FB2057');
});

test('without the network what is locked and here is used, though the tag was another one since', async () => {
	const away = world();
	const lock = await lockOf(away);
	away.move();
	await away.actions.resolve({ repository: 'octo/tool', ref: 'v1' });
	away.actions.isAway = true;
	assert.equal(await codeOf(runActions(away.actions, usualActions, lock).commitOf('octo/tool', 'v1')), old);
	// Without a lock it is what it was when it was last asked.
	assert.equal(await codeOf(runActions(away.actions, usualActions).commitOf('octo/tool', 'v1')), young);
});

test('a lock that cannot be read lets nothing through', async () => {
	const { actions } = world();
	const broken = parseLock('octo/tool@v1: yes', 'footbridge.lock');
	assert.equal(await codeOf(runActions(actions, usualActions, broken).commitOf('octo/tool', 'v1')), 'FB1502');
});

test('a commit that is known to steal never runs, whatever tag leads to it (attack TRG-06)', async () => {
	const bad = 'f0d342d24037bb11d26b9bd8496e0808ba32e9ec';
	const repositories = { 'reviewdog/action-setup': { refs: { v1: bad, v2: old }, commits: { [bad]: {}, [old]: {} } } };
	const run = runActions(fakeActions(repositories), usualActions);
	assert.equal(await codeOf(run.commitOf('reviewdog/action-setup', 'v1')), 'FB2058');
	assert.equal(await codeOf(run.commitOf('reviewdog/action-setup', bad)), 'FB2058');
	assert.equal(await codeOf(run.commitOf('reviewdog/action-setup', 'v2')), old);
});
