import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { needs } from '../needs.ts';
import { openRig, type Rig, tempRepository } from './rig.ts';
import { steerable } from './steerable.ts';

let rig: Rig;

before(async () => {
	rig = await openRig();
});
after(async () => {
	await rig[Symbol.asyncDispose]();
});

const job = (...steps: readonly string[]): string =>
	[
		'on: push',
		'jobs:',
		'  build:',
		'    runs-on: ubuntu-latest',
		'    steps:',
		...steps.flatMap((step) => step.split('\n').map((line) => `      ${line}`)),
	].join('\n');
const expression = (source: string): string => `\${{ ${source} }}`;
const script = (text: string, ...more: readonly string[]): string =>
	['- run: |', ...text.split('\n').map((line) => `    ${line}`), ...more.map((line) => `  ${line}`)].join('\n');

test('a cancelled job ends its step, runs what is for always and cancelled, and says so', async () => {
	using process = steerable();
	const cancel = new AbortController();
	const running = rig.run(
		job(
			script(process.command),
			script('echo never'),
			script(`echo "status ${expression('job.status')}"`, 'if: always()'),
			script('echo cleaning', 'if: cancelled()'),
			script('echo failed', 'if: failure()'),
		),
		{
			signal: cancel.signal,
		},
	);
	const pid = await process.started();
	cancel.abort(new Error('mona asked for it'));
	const { end, log, of } = await running;
	assert.equal(end.conclusion, 'cancelled');
	assert.equal(end.why, 'mona asked for it');
	assert.deepEqual(
		of('step-finished').map((step) => step.conclusion),
		['cancelled', 'skipped', 'success', 'success', 'skipped'],
	);
	assert.ok(log.includes('Error: The operation was canceled: mona asked for it.'));
	assert.ok(log.includes('status cancelled') && log.includes('cleaning') && !log.includes('failed'));
	assert.ok(!existsSync(`/proc/${pid}`), 'the process is gone');
});

test('a job that was cancelled before it started does none of its work', async () => {
	const { end, of } = await rig.run(job(script('echo never')), { signal: AbortSignal.abort(new Error('too late')) });
	assert.equal(end.conclusion, 'cancelled');
	assert.deepEqual(
		of('step-finished').map((step) => step.outcome),
		['skipped'],
	);
});

test('a job that takes longer than its time fails, and its last steps still run', async () => {
	const workflow = job(script('exec sleep 60'), script('echo last', 'if: always()')).replace(
		'    steps:',
		'    timeout-minutes: 0.005\n    steps:',
	);
	const { end, log } = await rig.run(workflow);
	assert.equal(end.conclusion, 'failed');
	assert.equal(end.why, 'the job took longer than its 0.005 minutes');
	assert.ok(log.includes('last'));
});

test('nothing is left of a job: no process, no room, also when an event cannot be recorded', async () => {
	const { end, log } = await rig.run(job(script('(trap "" HUP; exec sleep 300) > /dev/null 2>&1 &\necho started')));
	assert.equal(end.conclusion, 'passed');
	assert.equal(end.leftovers, 1);
	assert.equal(log.at(-1), 'Ended 1 process that the job left behind');
	const broken = rig.run(job(script('echo one')), {
		onEvent: (event) => {
			if (event.kind === 'step-finished') throw new Error('the disk is full');
		},
	});
	await assert.rejects(broken, /the disk is full/);
	assert.deepEqual(readdirSync(rig.ports.places.rooms), []);
});

test('a tier that does not work here is a problem, and the job never starts', async () => {
	const before = process.env['DOCKER_HOST'];
	process.env['DOCKER_HOST'] = 'unix:///nowhere/docker.sock';
	await using lonely = await openRig();
	const { end, events, log } = await lonely.run(job(script('echo never')), { tier: 'container' });
	if (before === undefined) delete process.env['DOCKER_HOST'];
	else process.env['DOCKER_HOST'] = before;
	assert.equal(end.conclusion, 'failed');
	assert.equal(end.problems?.length, 1);
	assert.match(log[0] ?? '', /^Error: .*container/);
	assert.deepEqual(events, []);
});

test('events come in order: started, snapshot, steps', async () => {
	const { events } = await rig.run(job(script('true'), script('false'), script('true')));
	assert.deepEqual(
		events.map((event) => event.kind),
		[
			'job-started',
			'snapshot-taken',
			'step-started',
			'step-finished',
			'step-started',
			'step-finished',
			'step-finished',
		],
	);
});

test('the snapshot tells who, where and with what the job runs, and is the same for the same surroundings', async () => {
	const facts = async () => (await rig.run(job(script('true')))).of('snapshot-taken')[0]?.snapshot.facts ?? {};
	const [first, second] = [await facts(), await facts()];
	for (const key of [
		'user/uid',
		'umask',
		'kernel',
		'arch',
		'cpus',
		'memory',
		'timezone',
		'PATH',
		'tool/git',
		'disk/workspace',
		'path/$GITHUB_WORKSPACE',
		'limit/stack',
	]) {
		assert.ok(first[key] !== undefined, `${key} is known`);
	}
	assert.equal(first['cwd'], '$GITHUB_WORKSPACE');
	const differing = Object.keys({ ...first, ...second }).filter(
		(key) => first[key] !== second[key] && !key.startsWith('port/'),
	);
	assert.deepEqual(differing, []);
});

test('beforeDestroy sees the room as the last step left it', async () => {
	let seen: string | undefined;
	await rig.run(job(script('echo left > file')), {
		beforeDestroy: async (room) => {
			seen = await room.get(`${room.workspace}/file`, 100);
		},
	});
	assert.equal(seen, 'left\n');
});

test('a traced step writes its system calls, and no later step runs', { ...needs('strace') }, async () => {
	const path = join(rig.ports.places.evidence, 'trace');
	const { of } = await rig.run(
		job(script('true'), script('cat /no/such/file || true'), script('echo never', 'if: always()')),
		{ trace: { step: 1, path } },
	);
	assert.deepEqual(
		of('step-finished').map((step) => step.step),
		[0, 1],
	);
	assert.match(readFileSync(path, 'utf8'), /\/no\/such\/file.*ENOENT/);
});

test('a secret reaches no file of Footbridge and no event, in any form', async () => {
	const secret = 'Canary-9f4Kz+/x';
	const steps = [
		script(
			'echo "$S"; echo "$S" | base64; echo "::warning title=$S::$S"\necho "out=$S" >> $GITHUB_OUTPUT; echo "$S" >> $GITHUB_STEP_SUMMARY; exit 1',
			`name: Use ${expression('secrets.CANARY')}`,
			`env: { S: "${expression('secrets.CANARY')}" }`,
		),
		script('echo never', "if: env.C == 'x'", `env: { C: "${expression('secrets.CANARY')}" }`),
	];
	const { events, end } = await rig.run(job(...steps), { secrets: { CANARY: secret } });
	const forms = [secret, Buffer.from(secret).toString('base64').slice(0, -4), JSON.stringify(secret).slice(1, -1)];
	const shown =
		JSON.stringify({ events, end }) +
		filesOf(join(rig.folder, 'logs'))
			.map((file) => readFileSync(file, 'utf8'))
			.join('\n');
	for (const form of forms) assert.ok(!shown.includes(form), form);
	assert.equal(end.conclusion, 'failed');
});

test('the work tree as it is can be run, with what is not committed', async () => {
	await using repository = await tempRepository({ 'a.txt': 'committed\n' });
	repository.write({ 'a.txt': 'changed\n', 'b.txt': 'new\n' });
	const snapshot = await rig.ports.source.snapshot(repository.path);
	assert.ok(snapshot.ok);
	const { log } = await rig.run(job('- uses: actions/checkout@v4', script('cat a.txt b.txt; git status --short')), {
		repository,
		trigger: {
			event: 'push',
			ref: 'refs/heads/main',
			sha: snapshot.value.sha,
			worktreeOf: snapshot.value.head,
			payload: {},
		},
	});
	assert.deepEqual(log.slice(-2), ['changed', 'new']);
	assert.equal(repository.git('status', '--short').split('\n').length, 2, "the user's tree is as it was");
});

test("another branch can be checked out beside the run's own commit", async () => {
	await using repository = await tempRepository({ 'a.txt': 'main\n' });
	repository.git('checkout', '--quiet', '-b', 'other');
	await repository.commit({ 'a.txt': 'other\n' }, 'second');
	repository.git('checkout', '--quiet', 'main');
	const { log, end } = await rig.run(
		job(
			'- uses: actions/checkout@v4',
			'- uses: actions/checkout@v4\n  with: { ref: other, path: sub, fetch-depth: 0 }',
			script('cat a.txt sub/a.txt; cd sub; git log --format=%s; git rev-parse --abbrev-ref HEAD'),
		),
		{ repository },
	);
	assert.equal(end.conclusion, 'passed', log.join('\n'));
	assert.deepEqual(log.slice(-5), ['main', 'other', 'second', 'first', 'other']);
});

test('two jobs at once do not see each other', async () => {
	const workflow = job(script('pwd; echo mine > file; sleep 0.1; cat file; ls | wc -l'));
	const both = await Promise.all([rig.run(workflow), rig.run(workflow)]);
	const places = both.map(({ log }) => log.find((line) => line.startsWith('/')));
	assert.notEqual(places[0], places[1]);
	for (const { end, log } of both) {
		assert.equal(end.conclusion, 'passed');
		assert.equal(log.at(-1)?.trim(), '1');
	}
});

test('a disposable room runs as another user with sudo, and leaves this machine as it was', {
	...needs('root', 'overlay'),
}, async () => {
	const steps = [
		'- uses: actions/checkout@v4',
		script(
			'id -un; cat README.md; sudo -n touch /etc/footbridge-was-here && echo made; echo x >> $GITHUB_OUTPUT || true; touch own && echo writable',
		),
	];
	const { end, log, of } = await rig.run(
		job(...steps).replace('echo x >> $GITHUB_OUTPUT || true; ', 'echo x=1 >> $GITHUB_OUTPUT; '),
		{ tier: 'disposable' },
	);
	assert.equal(end.conclusion, 'passed', log.join('\n'));
	assert.match(log[0] ?? '', /^disposable/);
	assert.ok(log.includes('made') && log.includes('writable') && log.includes('rig'));
	assert.ok(!log.includes('root'));
	assert.deepEqual(of('step-finished')[1]?.outputs, { x: '1' });
	assert.ok(!existsSync('/etc/footbridge-was-here'));
});

test('a hundred steps pass one after another, each with little time of its own', async () => {
	const { end, of, log } = await rig.run(
		job(...Array.from({ length: 100 }, (_, index) => script(`echo line ${index}`))),
	);
	assert.equal(end.conclusion, 'passed', log.at(-1) ?? '');
	const durations = of('step-finished')
		.map((step) => step.durationMs)
		.sort((a, b) => a - b);
	assert.equal(durations.length, 100);
	assert.ok((durations[50] ?? 0) < 100, `the median step took ${durations[50]} ms`);
});

test('a storm of output is kept whole', async () => {
	const { log, end } = await rig.run(job(script('seq 1 200000')), { secrets: { A: 'never-printed-1' } });
	assert.equal(end.conclusion, 'passed');
	const numbers = log.slice(2);
	assert.equal(numbers.length, 200_000);
	assert.equal(numbers.at(-1), '200000');
	assert.ok(numbers.every((line, index) => line === String(index + 1)));
});

function filesOf(folder: string): readonly string[] {
	return readdirSync(folder, { recursive: true, encoding: 'utf8' })
		.map((name) => join(folder, name))
		.filter((path) => statSync(path).isFile());
}
