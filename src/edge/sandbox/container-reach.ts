import { chmodSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ProblemError } from '#core/result.ts';
import { inside } from './container-request.ts';
import type { HolderSession } from './container-session.ts';

/** Ports of this machine that answer in the container, too. */
export interface ReachedPorts {
	open(port: number): Promise<void>;
	close(): void;
}

/** Carries connections from the container's loopback to this machine's, by a socket in `folder` that the holder sees. */
export function reachedPorts(session: HolderSession, folder: string): ReachedPorts {
	const servers: (() => void)[] = [];
	return {
		async open(port) {
			const name = `port-${port}`;
			const path = join(folder, name);
			const sockets = new Set<Socket>();
			const server = createServer((near) => {
				const far = connect(port, '127.0.0.1');
				for (const [one, other] of [
					[near, far],
					[far, near],
				] as const) {
					sockets.add(one);
					one.pipe(other);
					one.once('error', () => other.destroy());
					one.once('close', () => sockets.delete(one));
				}
			});
			await new Promise<void>((resolve, reject) => {
				server.once('error', reject);
				server.listen(path, () => resolve());
			});
			server.unref();
			chmodSync(path, 0o666);
			servers.push(() => {
				server.close();
				for (const socket of sockets) socket.destroy();
			});
			const { error } = await session.ask({ do: 'reach', port, socket: `${inside.pipes}/${name}` });
			if (error !== undefined)
				throw new ProblemError({
					code: 'FB2106',
					what: `Port ${port} cannot be opened in the container of the job`,
					why: error,
				});
		},
		close() {
			for (const close of servers) close();
		},
	};
}
