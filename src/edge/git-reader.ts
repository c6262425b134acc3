import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Socket } from 'node:net';
import { type GitCall, gitFailed, size, startGit, tooMuch, usualLimits } from './git-command.ts';

/** An object as git keeps it. */
export interface GitObject {
	readonly name: string;
	readonly type: string;
	readonly body: Buffer;
}

/** What is known of an object without reading it. */
export interface GitObjectKind {
	readonly name: string;
	readonly type: string;
	readonly size: number;
}

/**
 * Tells what an object is, by any name that git knows, such as `<commit>:<path>`; undefined where there is none. Objects may be those
 * of another repository, too.
 */
export async function objectKind(
	gitDir: string,
	name: string,
	objectsAlsoOf?: string,
): Promise<GitObjectKind | undefined> {
	return kindOf((await readerOf(gitDir, objectsAlsoOf).ask('info', name)).head);
}

/** Reads an object by any name that git knows; undefined where there is none. Throws FB0156 for one over 64 MB. */
export async function readObject(gitDir: string, name: string): Promise<GitObject | undefined> {
	const kind = await objectKind(gitDir, name);
	if (kind === undefined) return undefined;
	if (kind.size > usualLimits.outputBytes)
		throw tooMuch(
			{ args: ['cat-file'] },
			`it is to read ${name}, which has more than ${size(usualLimits.outputBytes)}`,
		);
	const { head, body } = await readerOf(gitDir).ask('contents', kind.name);
	const read = kindOf(head);
	return read === undefined ? undefined : { name: read.name, type: read.type, body };
}

/** To start git costs twenty times what it takes to ask one that runs. */
const readers = new Map<string, Reader>();

const idleMs = 20_000;

interface Reader {
	ask(command: 'info' | 'contents', name: string): Promise<Answer>;
}

interface Answer {
	/** `<name> <type> <bytes>`, or `<what was asked> missing`. */
	readonly head: string;
	readonly body: Buffer;
}

interface Question extends PromiseWithResolvers<Answer> {
	readonly hasBody: boolean;
}

function readerOf(gitDir: string, objectsAlsoOf?: string): Reader {
	const key = `${gitDir}\0${objectsAlsoOf ?? ''}`;
	const known = readers.get(key);
	if (known !== undefined) return known;
	const env = objectsAlsoOf === undefined ? {} : { GIT_ALTERNATE_OBJECT_DIRECTORIES: `${objectsAlsoOf}/objects` };
	const reader = startReader({ gitDir, env }, () => {
		if (readers.get(key) === reader) readers.delete(key);
	});
	readers.set(key, reader);
	return reader;
}

/** One `git cat-file` that answers in order, until nobody has asked for a while. It never keeps this process alive by itself. */
function startReader(place: Pick<GitCall, 'gitDir' | 'env'>, onEnd: () => void): Reader {
	const child = startGit({ ...place, args: ['cat-file', '--batch-command'] }) as ChildProcessWithoutNullStreams;
	const questions: Question[] = [];
	const errors: Buffer[] = [];
	const take = answerReader((answer) => {
		questions.shift()?.resolve(answer);
		if (questions.length === 0) rest();
		return questions[0]?.hasBody === true;
	});
	let timer: NodeJS.Timeout | undefined;
	const hold = (isHeld: boolean) => {
		for (const one of [child, child.stdin, child.stdout, child.stderr] as unknown as readonly Socket[])
			isHeld ? one.ref() : one.unref();
	};
	const end = (error: Error) => {
		clearTimeout(timer);
		onEnd();
		for (const question of questions.splice(0)) question.reject(error);
	};
	const rest = () => {
		hold(false);
		clearTimeout(timer);
		timer = setTimeout(() => {
			onEnd();
			child.stdin.end();
		}, idleMs).unref();
	};
	child.stdin.on('error', () => {});
	child.stdout.on('data', take);
	child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
	child.once('error', end);
	child.once('close', () => end(gitFailed(['cat-file'], Buffer.concat(errors).toString('utf8').trim() || 'it ended')));
	return {
		ask: (command, name) => {
			if (/[\n\0]/.test(name)) throw gitFailed(['cat-file'], 'a name has a line break inside');
			const question = { ...Promise.withResolvers<Answer>(), hasBody: command === 'contents' };
			questions.push(question);
			if (questions.length === 1) take.expect(question.hasBody);
			hold(true);
			clearTimeout(timer);
			timer = setTimeout(() => child.kill('SIGKILL'), usualLimits.timeMs);
			child.stdin.write(`${command} ${name}\n`);
			return question.promise;
		},
	};
}

interface AnswerReader {
	(chunk: Buffer): void;
	/** Whether the first answer will have a body. */
	expect(hasBody: boolean): void;
}

/** Cuts output into answers; `onAnswer` tells whether the next one has a body. */
function answerReader(onAnswer: (answer: Answer) => boolean): AnswerReader {
	let chunks: Buffer[] = [];
	let [have, need, head, hasBody]: [number, number, string | undefined, boolean] = [0, 0, undefined, false];
	const read = (chunk: Buffer) => {
		chunks.push(chunk);
		have += chunk.length;
		if (have < need) return;
		let rest = Buffer.concat(chunks);
		for (;;) {
			if (head === undefined) {
				const lineEnd = rest.indexOf(0x0a);
				if (lineEnd === -1) break;
				head = rest.toString('utf8', 0, lineEnd);
				rest = rest.subarray(lineEnd + 1);
				// A line feed follows the body.
				need = hasBody && kindOf(head) !== undefined ? (kindOf(head)?.size ?? 0) + 1 : 0;
			}
			if (rest.length < need) break;
			const answer = { head, body: rest.subarray(0, Math.max(0, need - 1)) };
			rest = rest.subarray(need);
			[head, need] = [undefined, 0];
			hasBody = onAnswer(answer);
		}
		chunks = [rest];
		have = rest.length;
	};
	return Object.assign(read, {
		expect: (isSo: boolean) => {
			hasBody = isSo;
		},
	});
}

function kindOf(head: string): GitObjectKind | undefined {
	const [, name = '', type = '', bytes] = /^([0-9a-f]{40,64}) (commit|tree|blob|tag) (\d+)$/.exec(head) ?? [];
	return bytes === undefined ? undefined : { name, type, size: Number(bytes) };
}
