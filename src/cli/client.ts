import { setTimeout as sleep } from 'node:timers/promises';
import type { ProblemResponse } from '#core/api.ts';
import type { Recorded } from '#core/event.ts';
import type { Problem } from '#core/result.ts';
import type { Footbridge } from './wire.ts';

/** The API as commands use it: paths without `/api/v1`. */
export interface Client {
	/** Where the pages are, when a server runs. */
	readonly url: string | undefined;
	/** Both reject with RefusedError when the API says no. */
	get<T>(path: string): Promise<T>;
	post<T>(path: string, body: unknown): Promise<T>;
	/** What is no JSON, as it comes. */
	content(path: string): Promise<ReadableStream<Uint8Array>>;
	/** Every event after a seq, as it happens, until the signal; a connection that breaks is made again. */
	events(after: number, signal: AbortSignal): AsyncGenerator<Recorded>;
}

/** The API refused a request, for these reasons. */
export class RefusedError extends Error {
	readonly problems: readonly Problem[];
	constructor(problems: readonly Problem[]) {
		super(problems[0]?.what ?? 'refused');
		this.problems = problems;
	}
}

/** Makes a client of an opened Footbridge. */
export function createClient({ fetch, url }: Footbridge): Client {
	const answerTo = async (path: string, init?: RequestInit): Promise<Response> => {
		const answer = await fetch(`/api/v1${path}`, init).catch((error: unknown) => {
			throw new RefusedError([notReached(url, error)]);
		});
		if (!answer.ok) throw new RefusedError(await problemsOf(answer, path));
		return answer;
	};
	const ask = async <T>(path: string, init?: RequestInit): Promise<T> =>
		(await (await answerTo(path, init)).json()) as T;
	return {
		url,
		get: (path) => ask(path),
		post: (path, body) =>
			ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
		content: async (path) => (await answerTo(path)).body ?? new Blob([]).stream(),
		async *events(after, signal) {
			let seq = after;
			let failures = 0;
			while (!signal.aborted) {
				try {
					for await (const recorded of eventsOnce({ fetch, url }, seq, signal)) {
						seq = recorded.seq;
						failures = 0;
						yield recorded;
					}
				} catch (error) {
					if (signal.aborted) return;
					failures += 1;
					if (failures > reconnects) throw new RefusedError([notReached(url, error)]);
				}
				await sleep(reconnectMs, undefined, { signal }).catch(() => {});
			}
		},
	};
}

const reconnects = 60;
const reconnectMs = 500;

async function* eventsOnce(
	{ fetch }: Pick<Footbridge, 'fetch' | 'url'>,
	after: number,
	signal: AbortSignal,
): AsyncGenerator<Recorded> {
	const answer = await fetch(`/api/v1/events?after=${after}`, { signal });
	if (!answer.ok) throw new RefusedError(await problemsOf(answer, '/events'));
	if (answer.body === null) return;
	const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
	// A stream that was made in this process does not know of the request's signal.
	const stop = () => void reader.cancel().catch(() => {});
	signal.addEventListener('abort', stop, { once: true });
	try {
		let rest = '';
		for (;;) {
			const { done, value } = await reader.read();
			if (done) return;
			const messages = (rest + value).split('\n\n');
			rest = messages.pop() ?? '';
			yield* messages.flatMap(eventOf);
		}
	} finally {
		signal.removeEventListener('abort', stop);
		stop();
	}
}

/** The event of a server-sent message; none in one that only says that the connection lives. */
function eventOf(message: string): readonly Recorded[] {
	const data = message
		.split('\n')
		.filter((line) => line.startsWith('data:'))
		.map((line) => line.slice('data:'.length).trimStart())
		.join('\n');
	return data === '' ? [] : [JSON.parse(data) as Recorded];
}

async function problemsOf(answer: Response, path: string): Promise<readonly Problem[]> {
	const text = await answer.text();
	try {
		const { problems } = JSON.parse(text) as ProblemResponse;
		if (problems.length > 0) return problems;
	} catch {
		// Not one of ours: something else answers there.
	}
	return [{ code: 'FB0103', what: `the server answered ${answer.status}`, why: text.slice(0, 200), where: path }];
}

function notReached(url: string | undefined, error: unknown): Problem {
	const cause = error instanceof Error ? ((error.cause as Error | undefined)?.message ?? error.message) : String(error);
	return {
		code: 'FB0104',
		what: 'Footbridge does not answer',
		why: cause,
		...(url === undefined ? {} : { where: url }),
		next: 'look at the terminal of `footbridge up`, or start it again',
	};
}
