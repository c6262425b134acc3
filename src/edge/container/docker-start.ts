import type { Container as DockerContainer } from 'dockerode';
import type { ContainerOutput, Started } from './container.ts';

/** Starts a container; with `output` nothing that it says is missed, and its end is told after all of it. */
export async function startContainer(
	container: DockerContainer,
	output: ContainerOutput | undefined,
): Promise<Started> {
	if (output === undefined) {
		await container.start();
		return { write: () => undefined, close: () => undefined, ended: container.wait().then(codeOf) };
	}
	const stream = await attached(container);
	// Asked for before it starts: one that goes by itself cannot be asked afterwards.
	const exit = container.wait({ condition: 'next-exit' }).then(codeOf);
	exit.catch(() => undefined);
	const read = readFrames(stream, output);
	read.catch(() => undefined);
	try {
		await container.start();
	} catch (error) {
		stream.end();
		throw error;
	}
	return {
		write: (text) => void stream.write(text),
		close: () => void stream.end(),
		ended: Promise.all([exit, read]).then(([code]) => code),
	};
}

/** The library's own call has a body, which Podman takes for the first words to the container. */
function attached({ id, modem }: DockerContainer): Promise<NodeJS.ReadWriteStream> {
	return new Promise((resolve, reject) => {
		const request = {
			path: `/containers/${id}/attach?`,
			options: { stream: true, stdin: true, stdout: true, stderr: true },
			file: Buffer.alloc(0),
			method: 'POST',
			isStream: true,
			hijack: true,
			openStdin: true,
			statusCodes: { 200: true, 404: 'no such container', 500: 'server error' },
		};
		(modem as Modem).dial(request, (error, stream) => (error === null ? resolve(stream) : reject(error)));
	});
}

interface Modem {
	dial(request: object, answer: (error: Error | null, stream: NodeJS.ReadWriteStream) => void): void;
}

function codeOf(answer: { readonly StatusCode?: number }): number {
	return answer.StatusCode ?? 0;
}

const headerBytes = 8;

/** Reads the frames in which both streams come: a byte that says which, three of nothing, four of length. */
async function readFrames(stream: AsyncIterable<unknown>, output: ContainerOutput): Promise<void> {
	let rest: Buffer = Buffer.alloc(0);
	for await (const chunk of stream) {
		rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
		while (rest.length >= headerBytes) {
			const end = headerBytes + rest.readUInt32BE(4);
			if (rest.length < end) break;
			await output(rest.subarray(headerBytes, end), rest[0] === 2 ? 'stderr' : 'stdout');
			rest = rest.subarray(end);
		}
	}
}
