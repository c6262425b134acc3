import type { PullMessage } from '#core/container/pull-progress.ts';

/** One of the messages in which an engine tells of a long work. */
export interface EngineMessage extends PullMessage {
	readonly stream?: string;
	readonly error?: string;
}

/** The messages of a stream, one a line. */
export async function* answers(stream: AsyncIterable<string | Buffer>): AsyncGenerator<EngineMessage> {
	let rest = '';
	const decoder = new TextDecoder();
	for await (const chunk of stream) {
		const lines = `${rest}${typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })}`.split('\n');
		rest = lines.pop() ?? '';
		for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as EngineMessage;
	}
	if (rest.trim() !== '') yield JSON.parse(rest) as EngineMessage;
}
