import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * Answers about a repository that are good as long as the files that they are made of are the same files, unwritten since: to look
 * costs a hundredth of what starting git does. A configuration that includes others is asked every time, and refs that are no files are.
 */
export function rememberedAnswers<T>(names: readonly string[]): (gitDir: string, ask: () => Promise<T>) => Promise<T> {
	const known = new Map<string, { readonly stamp: string; readonly answer: Promise<T> }>();
	return async (gitDir, ask) => {
		const stamp = await stampOf(gitDir, names);
		const earlier = known.get(gitDir);
		if (stamp !== undefined && earlier?.stamp === stamp) return earlier.answer;
		// The stamp is older than the answer: what changes between the two is seen by the next that asks.
		const answer = ask();
		if (stamp === undefined) return answer;
		known.set(gitDir, { stamp, answer });
		answer.catch(() => known.delete(gitDir));
		return answer;
	};
}

/** Answers that never change, such as what a commit has: the last of them that `isKept`. */
export function unchanging<T>(isKept: (answer: T) => boolean = () => true): Unchanging<T> {
	const known = new Map<string, T>();
	return {
		async get(question, ask) {
			const key = question.join('\0');
			if (known.has(key)) return known.get(key) as T;
			const answer = await ask();
			if (isKept(answer)) known.set(key, answer);
			if (known.size > most) known.delete(known.keys().next().value ?? key);
			return answer;
		},
	};
}

interface Unchanging<T> {
	get(question: readonly string[], ask: () => Promise<T>): Promise<T>;
}

const most = 200;

async function stampOf(gitDir: string, names: readonly string[]): Promise<string | undefined> {
	const common = await readFile(join(gitDir, 'commondir'), 'utf8').then(
		(text) => resolve(gitDir, text.trim()),
		() => gitDir,
	);
	const config = await readFile(join(common, 'config'), 'utf8').catch(() => undefined);
	if (config === undefined || /include|refstorage/i.test(config)) return undefined;
	const places = common === gitDir ? [gitDir] : [gitDir, common];
	const files = places.flatMap((place) => [...always, ...names].map((name) => join(place, name)));
	return (await Promise.all(files.map(stampOfFile))).join(' ');
}

const always = ['config', 'config.worktree', 'HEAD', 'packed-refs'];

async function stampOfFile(file: string): Promise<string> {
	try {
		const { ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true });
		return `${ino}:${size}:${mtimeNs}:${ctimeNs}`;
	} catch {
		return '-';
	}
}
