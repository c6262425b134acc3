import { appendFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { git } from './git-command.ts';
import type { OpenRepository } from './git-store.ts';
import type { CheckoutOptions } from './source.ts';

export interface Checkout extends CheckoutOptions {
	readonly repository: OpenRepository;
	readonly sha: string;
	readonly target: string;
	readonly origin?: string;
}

/** Writes a commit's files, and a `.git` that needs nothing outside the target, as actions/checkout leaves it. */
export async function checkoutTree(checkout: Checkout): Promise<void> {
	await mkdir(checkout.target, { recursive: true });
	if (checkout.git) await checkoutRepository(checkout);
	else await checkoutFiles(checkout);
}

async function checkoutFiles({ repository, sha, target }: Checkout): Promise<void> {
	const temporary = await mkdtemp(join(dirname(repository.own), 'checkout-'));
	try {
		const env = { GIT_INDEX_FILE: join(temporary, 'index') };
		await git({
			cwd: target,
			env,
			args: [...quick, '--git-dir', repository.own, '--work-tree', target, 'read-tree', '-m', '-u', sha],
		});
	} finally {
		await rm(temporary, { recursive: true, force: true });
	}
}

async function checkoutRepository(checkout: Checkout): Promise<void> {
	const { repository, sha, target, depth, branch, origin, tags, sparse } = checkout;
	const here = (...args: readonly string[]) => ({ cwd: target, args: [...quick, ...args] });
	const format = sha.length === 64 ? 'sha256' : 'sha1';
	await git(
		here('init', '--quiet', '--template=', `--object-format=${format}`, `--initial-branch=${branch ?? 'main'}`, '.'),
	);
	const wanted = depth > 0 ? new Map<string, string>() : await remoteRefs(repository.gitDirectory);
	if (tags === true) {
		for (const [ref, object] of await remoteRefs(repository.gitDirectory)) {
			if (ref.startsWith('refs/tags/')) wanted.set(ref, object);
		}
	}
	if (branch !== undefined) wanted.set(`refs/remotes/origin/${branch}`, sha);
	const refspecs = [sha, ...[...wanted].map(([ref, object]) => `+${object}:${ref}`)];
	const history = depth > 0 ? [`--depth=${depth}`] : ['--update-shallow'];
	const fetch = here(
		'fetch',
		'--quiet',
		'--no-tags',
		'--no-write-fetch-head',
		...history,
		'--stdin',
		pathToFileURL(repository.own).href,
	);
	await git({ ...fetch, input: refspecs.map((refspec) => `${refspec}\n`).join('') });
	await configure(target, origin, branch);
	if (sparse !== undefined) {
		const mode = sparse.isConeMode ? '--cone' : '--no-cone';
		const patterns = sparse.patterns.map((pattern) => `${pattern}\n`).join('');
		await git({ ...here('sparse-checkout', 'set', mode, '--stdin'), input: patterns });
	}
	await git(
		here(
			'checkout',
			'--quiet',
			'--force',
			...(branch === undefined ? ['--detach', sha] : ['-B', branch, `refs/remotes/origin/${branch}`]),
			'--',
		),
	);
}

/** Branches and tags, tags as the objects they are, under the names that a clone gives them. */
async function remoteRefs(gitDirectory: string): Promise<Map<string, string>> {
	const answer = await git({
		args: ['--git-dir', gitDirectory, 'for-each-ref', '--format=%(objectname) %(refname)', 'refs/heads', 'refs/tags'],
	});
	const refs = answer.split('\n').filter((line) => line !== '');
	return new Map(
		refs.map((line) => {
			const space = line.indexOf(' ');
			return [line.slice(space + 1).replace(/^refs\/heads\//, 'refs/remotes/origin/'), line.slice(0, space)];
		}),
	);
}

/** The target is thrown away after a crash: it need not be durable, and many files are written by several workers. */
const quick = [
	'-c',
	'core.fsync=none',
	'-c',
	'checkout.workers=0',
	'-c',
	'fetch.unpackLimit=1',
	'-c',
	'core.logAllRefUpdates=false',
];

async function configure(target: string, origin: string | undefined, branch: string | undefined): Promise<void> {
	const remote =
		origin === undefined
			? ''
			: `[remote "origin"]\n\turl = ${quoted(origin)}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n`;
	const tracking =
		branch === undefined || origin === undefined
			? ''
			: `[branch ${quoted(branch)}]\n\tremote = origin\n\tmerge = ${quoted(`refs/heads/${branch}`)}\n`;
	await appendFile(join(target, '.git', 'config'), remote + tracking);
}

function quoted(value: string): string {
	return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
