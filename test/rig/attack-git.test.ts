import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
	appendFileSync,
	chmodSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Problem, ProblemError } from '#core/result.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { gitSource } from '#edge/source/git.ts';
import { needs } from '../needs.ts';
import { openRig, type Rig, tempRepository } from './rig.ts';

let rig: Rig;
const place = mkdtempSync(join(tmpdir(), 'fb-attack-git-'));
before(async () => {
	rig = await openRig();
	chmodSync(place, 0o755);
});
after(async () => {
	await rig[Symbol.asyncDispose]();
	rmSync(place, { recursive: true, force: true });
});

let count = 0;
const newFolder = (name = 'folder') => {
	count += 1;
	const folder = join(place, `${count}`, name);
	mkdirSync(folder, { recursive: true });
	return folder;
};
/** A program that leaves a mark, and the mark. */
const trap = () => {
	const folder = newFolder('trap');
	const mark = join(folder, 'mark');
	const program = join(folder, 'program');
	writeFileSync(program, `#!/bin/sh\nid -u > ${mark}\ncat\n`, { mode: 0o755 });
	return { program, mark };
};
/** Git as somebody would call it who knows of nothing. */
const plainGit = (cwd: string, ...args: readonly string[]) =>
	spawnSync('git', args, {
		cwd,
		encoding: 'utf8',
		timeout: 20_000,
		env: { PATH: process.env['PATH'], HOME: place, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0', ...author },
	});
const author = {
	GIT_AUTHOR_NAME: 'Mallory',
	GIT_AUTHOR_EMAIL: 'm@example.com',
	GIT_COMMITTER_NAME: 'Mallory',
	GIT_COMMITTER_EMAIL: 'm@example.com',
};
const problemOf = async (work: Promise<unknown>): Promise<Problem> => {
	const end = await work.then(
		(value) => value,
		(error: ProblemError) => error,
	);
	const found = (end as { error?: readonly Problem[] }).error?.[0] ?? (end as ProblemError).problem;
	assert.ok(found !== undefined, `no problem: ${JSON.stringify(end)}`);
	return found;
};
const steps = (...list: readonly string[]) =>
	`on: push\njobs:\n  a:\n    runs-on: any\n    steps:\n${list.map((step) => `      - ${step}\n`).join('')}`;

describe('attacks by git', () => {
	test('GIT-02: a bare repository inside a commit is never taken for a repository', async () => {
		const { program, mark } = trap();
		await using repository = await tempRepository({ a: '1\n' });
		const sub = join(repository.path, 'sub');
		plainGit(repository.path, 'init', '--quiet', '--bare', 'sub');
		appendFileSync(
			join(sub, 'config'),
			`[core]\n\tbare = false\n\tworktree = ${repository.path}\n\tfsmonitor = ${program}\n`,
		);
		const { ports } = rig;
		assert.equal((await problemOf(ports.source.describe(sub))).code, 'FB0150');
		for (const work of [ports.source.snapshot(sub), ports.source.head(sub), ports.source.find(sub, 'main')])
			assert.match((await problemOf(work)).what, /bare repository inside another/);
		const happened = await rig.run(steps('uses: actions/checkout@v4'), { repository });
		assert.equal(happened.end.conclusion, 'passed', happened.log.join('\n'));
		assert.equal(existsSync(mark), false);

		plainGit(sub, 'status');
		assert.equal(existsSync(mark), true, 'control: git that searches runs what the embedded configuration names');
	});

	test('GIT-03: no program of another user`s repository is run', needs('root'), async () => {
		const { program, mark } = trap();
		await using repository = await tempRepository({ a: '1\n', '.gitattributes': '* filter=evil\n' });
		repository.git('config', 'core.fsmonitor', program);
		repository.git('config', 'filter.evil.clean', program);
		repository.write({ a: 'changed\n' });
		execFileSync('chown', ['-R', '4001:4001', repository.path]);
		const source = gitSource(newFolder('own'));
		const taken = await source.snapshot(repository.path);
		assert.ok(taken.ok && taken.value.isDirty);
		await source.describe(repository.path);
		await source.refs(repository.path);
		await source.checkout(repository.path, taken.value.sha, newFolder(), { depth: 0, git: true });
		assert.equal(existsSync(mark), false);

		plainGit(repository.path, '-c', 'safe.directory=*', 'status');
		assert.equal(readFileSync(mark, 'utf8').trim(), '0', 'control: trusting every owner runs it as root');
	});

	test(
		'GIT-03: nobody gets at another user`s files by a .git that leads there, or by core.worktree',
		needs('root'),
		async () => {
			await using secret = await tempRepository({ 'secret.txt': 'top secret\n' });
			const folder = newFolder('theirs');
			writeFileSync(join(folder, '.git'), `gitdir: ${secret.path}/.git\n`);
			execFileSync('chown', ['-R', '4001:4001', folder]);
			const source = gitSource(newFolder('own'));
			assert.equal((await problemOf(source.describe(folder))).code, 'FB0157');
			assert.match((await problemOf(source.snapshot(folder))).what, /leads to the repository of somebody else/);
			const shown = plainGit(folder, '-c', 'safe.directory=*', 'show', 'HEAD:secret.txt');
			assert.equal(shown.stdout, 'top secret\n', 'control: trusting every owner shows it');

			await using theirs = await tempRepository({ 'a.txt': 'a\n' });
			theirs.git('config', 'core.worktree', secret.path);
			execFileSync('chown', ['-R', '4001:4001', theirs.path]);
			const taken = await source.snapshot(theirs.path);
			assert.ok(taken.ok);
			assert.equal(await source.file(theirs.path, taken.value.sha, 'secret.txt'), undefined);
			const seen = plainGit(theirs.path, '-c', 'safe.directory=*', 'status', '--porcelain');
			assert.match(seen.stdout, /secret\.txt/, 'control: git looks where the configuration says');
		},
	);

	test('GIT-03: the workspace is the job`s own, so that git needs no exception for it', needs('overlay'), async () => {
		await using repository = await tempRepository({ a: '1\n' });
		const look =
			'run: git status --porcelain && stat -c "%U %u" .git a && git config --get-all safe.directory || echo none';
		for (const tier of ['sandbox', 'disposable'] as const) {
			const { log, end } = await rig.run(steps('uses: actions/checkout@v4', look), { repository, tier });
			assert.equal(end.conclusion, 'passed', log.join('\n'));
			const [git, file, none] = log.slice(-3);
			assert.match(git ?? '', /^runner /);
			assert.deepEqual([file, none], [git, 'none'], log.join('\n'));
		}
		const target = newFolder();
		await rig.ports.source.checkout(repository.path, repository.sha, target, { depth: 1, git: true });
		chmodSync(target, 0o777);
		const refused = spawnSync('setpriv', ['--reuid=4001', '--clear-groups', 'git', '-C', target, 'status'], {
			encoding: 'utf8',
		});
		assert.match(
			refused.stderr,
			/dubious ownership/,
			'control: written by Footbridge for itself, git refuses it to the job',
		);
	});

	test('GIT-03: Footbridge writes through no link that a job puts in the way', needs('overlay'), async () => {
		await using repository = await tempRepository({ a: '1\n' });
		const victim = newFolder('victim');
		const sandbox = disposableSandbox({ rooms: newFolder('rooms') });
		const directory = newFolder('room');
		const room = await sandbox.prepare({
			id: `attack-${process.pid}`,
			directory,
			repository: 'app',
			toolCache: newFolder('tools'),
			hidden: [],
		});
		try {
			const { source } = rig.ports;
			symlinkSync(victim, room.hostPath(`${room.workspace}/link`));
			const fill = (folder: string) => source.gitFolder(repository.path, repository.sha, folder, { depth: 1 });
			for (const path of ['link', 'link/.git', 'link/a/b']) {
				const { code } = await problemOf(room.bring(`${room.workspace}/${path}`, fill));
				assert.equal(code, 'FB2061', path);
			}
			assert.deepEqual(readdirSync(victim), []);
			await room.bring(`${room.workspace}/new/.git`, fill);
			assert.notEqual(statSync(room.hostPath(`${room.workspace}/new/.git/HEAD`)).uid, 0);
			assert.equal(
				(await problemOf(room.bring(`${room.workspace}/new/.git`, fill))).code,
				'FB2061',
				'nothing is replaced',
			);
			assert.deepEqual(
				readdirSync(directory).filter((name) => name.startsWith('bring-')),
				[],
			);

			await source.checkout(repository.path, repository.sha, room.hostPath(`${room.workspace}/link`), {
				depth: 1,
				git: false,
			});
			assert.deepEqual(
				readdirSync(victim),
				['a'],
				'control: writing to the folder behind a path of the room leads out of it',
			);
		} finally {
			await room.destroy();
		}
	});

	test('GIT-04: submodules cannot run programs, read local repositories, or write hooks', async () => {
		const { mark } = trap();
		await using secret = await tempRepository({ 'secret.txt': 'top secret\n' });
		const attack = async (url: string, path = 'lib', name = 'lib') => {
			const repository = await tempRepository({ a: '1\n' });
			writeFileSync(
				join(repository.path, '.gitmodules'),
				`[submodule "${name}"]\n\tpath = ${path}\n\turl = "${url}"\n`,
			);
			repository.git('add', '.gitmodules');
			const entry = `160000 ${secret.sha} 0\t${path}\n`;
			execFileSync('git', ['-C', repository.path, '-c', 'core.protectHFS=false', 'update-index', '--index-info'], {
				input: entry,
			});
			repository.git('commit', '--quiet', '--message', 'submodule');
			return repository;
		};
		const ext = `ext::sh -c touch% ${mark}`;
		for (const [url, path, name] of [
			[ext],
			[`file://${secret.path}`],
			[secret.path],
			[`ssh://-oProxyCommand=touch%20${mark}/x`],
			[`--upload-pack=touch ${mark}`],
			[`${ext}\\r`],
			[ext, 'lib', '../../outside'],
		] as const) {
			await using repository = await attack(url, path, name);
			const { end, log } = await rig.run(
				steps(
					'{uses: actions/checkout@v4, with: {submodules: recursive}, continue-on-error: true}',
					'run: find . -name secret.txt; ls -A lib',
				),
				{ repository },
			);
			assert.equal(existsSync(mark), false, `${url}\n${log.join('\n')}`);
			assert.ok(!log.includes('./lib/secret.txt'), `${url}\n${log.join('\n')}`);
			assert.equal(end.conclusion, 'passed', 'the step of the look passes');
			const refused = log.some((line) =>
				/^(fatal|warning|error): |not allowed|no submodule mapping|Skipping/i.test(line),
			);
			assert.ok(refused, `git says why\n${log.join('\n')}`);
		}

		await using repository = await attack(ext);
		const clone = join(newFolder(), 'clone');
		plainGit(place, 'clone', '--quiet', repository.path, clone);
		plainGit(clone, '-c', 'protocol.ext.allow=always', 'submodule', 'update', '--init');
		assert.equal(existsSync(mark), true, 'control: with the protocol allowed, the address is a program');
		await using local = await attack(`file://${secret.path}`);
		const second = join(newFolder(), 'clone');
		plainGit(place, 'clone', '--quiet', local.path, second);
		plainGit(second, '-c', 'protocol.file.allow=always', 'submodule', 'update', '--init');
		assert.equal(existsSync(join(second, 'lib/secret.txt')), true, 'control: with the protocol allowed, it is there');
	});

	test('GIT-05: the name of a branch is never an option, a command or a place in the configuration', async () => {
		const { mark } = trap();
		const command = `touch\${IFS}${mark}`;
		const names = [
			`--upload-pack=${command};`,
			`-oProxyCommand=${command}`,
			`$(${command})`,
			`\`${command}\``,
			"it's",
			'"x"',
			'-h',
			'a;b|c&d',
			'#x',
			'%s',
		];
		await using repository = await tempRepository({ a: '1\n' });
		for (const name of names) repository.git('update-ref', `refs/heads/${name}`, repository.sha);
		for (const name of names) {
			const ref = `refs/heads/${name}`;
			const trigger = { event: 'push', ref, sha: repository.sha, payload: { ref } };
			const look = 'run: git symbolic-ref HEAD && git status --short && git config --get-regexp "^(core|alias|remote)"';
			const own = await rig.run(steps('uses: actions/checkout@v4', look), { repository, trigger });
			assert.ok(own.log.includes(ref), own.log.join('\n'));
			const asked = await rig.run(
				steps(`{uses: actions/checkout@v4, with: {ref: ${JSON.stringify(name)}, fetch-depth: 0}}`, look),
				{ repository },
			);
			assert.ok(asked.log.includes(ref), asked.log.join('\n'));
		}
		for (const name of ['..', '@{0}', 'a b', 'x'.repeat(4000), 'a\\nb', 'a.lock', 'a~1']) {
			const { end, log } = await rig.run(steps(`{uses: actions/checkout@v4, with: {ref: "${name}"}}`), { repository });
			assert.equal(end.conclusion, 'failed');
			assert.ok(
				log.some((line) => line.startsWith('Error: There is no branch, tag or commit')),
				log.join('\n'),
			);
		}
		assert.equal(existsSync(mark), false);

		plainGit(repository.path, 'fetch', `file://${repository.path}`, names[0] ?? '');
		assert.equal(existsSync(mark), true, 'control: on a command line of git the first name is an option');
	});

	test('GIT-08: a commit of a few objects that is 10,000,000,000 files is refused before one is written', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		let object = repository.git('rev-parse', 'HEAD:a');
		for (let level = 0; level < 10; level++) {
			const type = level === 0 ? '100644 blob' : '040000 tree';
			const rows = Array.from({ length: 10 }, (_, index) => `${type} ${object}\tf${index}\n`).join('');
			object = execFileSync('git', ['-C', repository.path, 'mktree'], { input: rows, encoding: 'utf8' }).trim();
		}
		const bomb = repository.git('commit-tree', object, '-m', 'bomb');
		repository.git('update-ref', 'refs/heads/bomb', bomb);
		const began = performance.now();
		const { end, log } = await rig.run(steps('{uses: actions/checkout@v4, with: {ref: bomb}}'), { repository });
		assert.equal(end.conclusion, 'failed');
		assert.ok(log.includes('  the commit has more than 1000000 files, which is the limit'), log.join('\n'));
		const refusedMs = performance.now() - began;
		assert.ok(refusedMs < 20_000, `${refusedMs} ms`);
		await problemOf(rig.ports.source.checkout(repository.path, bomb, newFolder(), { depth: 1, git: false }));

		const unguarded = newFolder();
		const git = spawn('git', ['--work-tree', unguarded, 'read-tree', '-m', '-u', bomb], {
			cwd: repository.path,
			env: { PATH: process.env['PATH'], GIT_INDEX_FILE: join(unguarded, 'index') },
			stdio: 'ignore',
		});
		const end2 = await Promise.race([
			new Promise((resolve) => git.once('exit', resolve)),
			new Promise((resolve) => setTimeout(() => resolve('still at it'), 1500)),
		]);
		git.kill('SIGKILL');
		assert.equal(end2, 'still at it', 'control: git itself begins, and would not end');
	});

	test('GIT-08: 2,000,000 branches take neither the memory nor the time of Footbridge', async () => {
		await using repository = await tempRepository({ a: '1\n' });
		const rows = Array.from(
			{ length: 2_000_000 },
			(_, index) => `${repository.sha} refs/heads/b${String(index).padStart(7, '0')}\n`,
		);
		writeFileSync(
			join(repository.path, '.git/packed-refs'),
			`# pack-refs with: peeled fully-peeled sorted \n${rows.join('')}`,
		);
		const before = process.memoryUsage().rss;
		const { code, why } = await problemOf(rig.ports.source.refs(repository.path));
		assert.equal(code, 'FB0156');
		assert.match(why ?? '', /it printed more than 64 MB/);
		const { end, log } = await rig.run(steps('uses: actions/checkout@v4', 'run: cat a'), { repository });
		assert.equal(end.conclusion, 'passed', log.join('\n'));
		assert.ok(process.memoryUsage().rss - before < 500e6);

		const printed = spawnSync(
			'sh',
			['-c', 'git for-each-ref --format="%(objectname) %(refname)" | head -c 100000000 | wc -c'],
			{
				cwd: repository.path,
				encoding: 'utf8',
			},
		);
		assert.equal(printed.stdout.trim(), '100000000', 'control: git prints more than 100 MB');
	});
});
