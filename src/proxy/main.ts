// The proxy: `node main.ts <folder> <control socket>`. A process of its own, so that users are served while Footbridge restarts.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { controlServer } from './control.ts';
import { Counts } from './counts.ts';
import { Listener } from './listener.ts';
import { becomeOnly } from './only-one.ts';
import { Routes } from './routes.ts';

const [folder = '', socket = ''] = process.argv.slice(2);
const stopTimeoutMs = 10_000;

// The socket, the routes and the lock are nobody else's.
process.umask(0o077);
const release = await becomeOnly(join(folder, 'proxy.lock'), socket);
if (release === undefined) process.exit(0);

const listeners = new Map<string, Listener>();
const counts = new Counts();
const routes = new Routes(join(folder, 'routes.json'));

for (const { name, port, version, target } of routes.load()) {
	const listener = new Listener(name, counts, { version, target });
	try {
		await listener.listen(port);
		listeners.set(name, listener);
	} catch (error) {
		process.stderr.write(`cannot listen for ${name} on port ${port}: ${(error as Error).message}\n`);
	}
}

const control = controlServer({ listeners, counts, routes, stop });
rmSync(socket, { force: true });
control.listen(socket);
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);

/** Ends after the requests that are under way. Its ports are free at once, for a proxy that comes after it. */
function stop(): void {
	control.close();
	control.closeAllConnections();
	rmSync(socket, { force: true });
	const closing = [...listeners.values()].map((listener) => listener.close(stopTimeoutMs));
	release?.();
	Promise.all(closing).then(
		() => process.exit(0),
		() => process.exit(1),
	);
}
