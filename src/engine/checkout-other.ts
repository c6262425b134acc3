import { failed, ok, type Result } from '#core/result.ts';
import { type Checkout, finishCheckout, serverOf, tokenEnvironment, writeFiles } from './checkout-in-room.ts';
import { type GitInRoom, gitInRoom } from './git-in-room.ts';

/**
 * Fetches another repository than the run's into an empty folder, as the job's user and over the network; the commit that it is at.
 * What a name is, the other repository says: its default branch, a branch, a tag or a commit.
 */
export async function checkOutOther(checkout: Checkout): Promise<Result<string>> {
	const { job, target, asked, timeout } = checkout;
	const server = asked.server === '' ? serverOf(job) : asked.server;
	const call = { cwd: target, env: tokenEnvironment(job, asked), timeout };
	const local = (...args: readonly string[]) => gitInRoom(job, { ...call, args });
	for (const args of [
		['init', '--quiet', '.'],
		['config', 'gc.auto', '0'],
		['remote', 'add', 'origin', '--', `${server}/${asked.repository}.git`],
	]) {
		const done = await local(...args);
		if (!done.ok) return done;
	}
	const wanted = await wantedOf(checkout, call);
	if (!wanted.ok) return wanted;
	const { head, refspecs } = wanted.value;
	const history = asked.depth > 0 ? [`--depth=${asked.depth}`] : [];
	const options = ['--quiet', '--no-recurse-submodules', '--force', '--no-tags', ...history];
	const fetched = await gitInRoom(job, {
		...call,
		fetches: true,
		args: ['fetch', ...options, '--end-of-options', 'origin', ...refspecs],
	});
	if (!fetched.ok) return fetched;
	for (const args of placing(head)) {
		const done = await local(...args);
		if (!done.ok) return done;
	}
	const written = await writeFiles(checkout);
	if (!written.ok) return written;
	let sha = '';
	const output = (text: string) => {
		sha += text;
	};
	const asks = await gitInRoom(job, { ...call, args: ['rev-parse', 'HEAD'], output });
	if (!asks.ok) return asks;
	const finished = await finishCheckout(checkout);
	return finished.ok ? ok(sha.trim()) : finished;
}

/** On its branch, which follows that of the remote; a tag or a commit detached. */
function placing({ object, branch }: Wanted['head']): readonly (readonly string[])[] {
	if (branch === undefined) return [['update-ref', '--no-deref', 'HEAD', object]];
	return [
		['symbolic-ref', 'HEAD', `refs/heads/${branch}`],
		['update-ref', `refs/heads/${branch}`, object],
		['config', `branch.${branch}.remote`, 'origin'],
		['config', `branch.${branch}.merge`, `refs/heads/${branch}`],
	];
}

interface Wanted {
	/** What HEAD becomes. */
	readonly head: { readonly object: string; readonly branch?: string };
	readonly refspecs: readonly string[];
}

type Call = Pick<GitInRoom, 'cwd' | 'timeout' | 'env'>;

async function wantedOf(checkout: Checkout, call: Call): Promise<Result<Wanted>> {
	const { ref, depth, tags, repository } = checkout.asked;
	const everything = ['+refs/heads/*:refs/remotes/origin/*', '+refs/tags/*:refs/tags/*'];
	const more = depth === 0 ? everything : tags ? everything.slice(1) : [];
	if (ref !== undefined && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(ref))
		return ok({ head: { object: ref }, refspecs: depth === 0 ? more : [ref, ...more] });
	const names =
		ref === undefined ? ['HEAD'] : ref.startsWith('refs/') ? [ref] : [`refs/heads/${ref}`, `refs/tags/${ref}`];
	const told = await remoteRefs(checkout, call, names);
	if (!told.ok) return told;
	const { objects, standard } = told.value;
	const name = names.find((one) => objects.has(one));
	if (name === undefined) {
		return failed({
			code: 'FB2042',
			what: `${repository} has no branch or tag ${ref ?? 'HEAD'}`,
			next: 'compare `ref` with the branches and tags of that repository',
		});
	}
	const branch = name === 'HEAD' ? standard : /^refs\/heads\/(.+)$/.exec(name)?.[1];
	const object = `${objects.get(name)}^{commit}`;
	if (branch !== undefined)
		return ok({ head: { object, branch }, refspecs: [`+refs/heads/${branch}:refs/remotes/origin/${branch}`, ...more] });
	const refspec = name === 'HEAD' ? name : `+${name}:${name.replace(/^refs\/pull\//, 'refs/remotes/pull/')}`;
	return ok({ head: { object }, refspecs: [refspec, ...more] });
}

interface RemoteRefs {
	readonly objects: ReadonlyMap<string, string>;
	/** Its default branch, where the server tells. */
	readonly standard: string | undefined;
}

async function remoteRefs({ job }: Checkout, call: Call, names: readonly string[]): Promise<Result<RemoteRefs>> {
	let text = '';
	const output = (chunk: string) => {
		text += chunk;
	};
	const args = ['ls-remote', '--symref', '--end-of-options', 'origin', ...names];
	const asks = await gitInRoom(job, { ...call, args, output, fetches: true });
	if (!asks.ok) {
		// Its complaint came with what it told.
		job.log.say(text.trim());
		return asks;
	}
	const rows = text.matchAll(/^([0-9a-f]+)\t(.+)$/gm);
	const objects = new Map([...rows].map(([, object = '', name = '']) => [name, object]));
	return ok({ objects, standard: /^ref: refs\/heads\/(.+)\tHEAD$/m.exec(text)?.[1] });
}
