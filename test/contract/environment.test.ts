import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Service } from '#core/compose/application.ts';
import { serviceUser } from '#core/isolation/service-script.ts';
import type { Environments, Version } from '#edge/environment/environment.ts';
import { fakeEnvironments } from '#edge/environment/fake.ts';
import { processEnvironments } from '#edge/environment/processes.ts';
import { processesMarked } from '#edge/process-table.ts';
import { needs } from '../needs.ts';

/** Listens on its port; `/file/<path>` reads a file, `/env` tells its environment, and SIGTERM is answered after `GRACE` ms. */
const server = `
const { createServer } = require('node:http');
const { readFileSync, writeFileSync } = require('node:fs');
const { spawn } = require('node:child_process');
if (process.env.CHILD) spawn('sleep', ['1000'], { detached: true, stdio: 'ignore' });
const server = createServer((req, res) => {
	try {
		if (req.url === '/env') return res.end(JSON.stringify({ ...process.env, UID: process.getuid(), CWD: process.cwd() }));
		res.end(readFileSync(req.url.replace('/file', '')));
	} catch (error) {
		res.writeHead(404).end(error.code);
	}
});
server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log('listening'));
process.on('SIGTERM', () => {
	if (process.env.STUBBORN) return;
	setTimeout(() => {
		writeFileSync(process.env.FOOTBRIDGE_DATA + '/goodbye', 'said');
		process.exit(0);
	}, Number(process.env.GRACE ?? 0));
});
`;

const usual: Service = {
	name: 'web',
	command: { argv: ['node', 'server.cjs'] },
	environment: {},
	workingDirectory: '',
	ports: ['3000'],
	dependsOn: [],
	stopGraceMs: 3000,
};

const node = dirname(process.execPath);

interface Environment {
	readonly [name: string]: string | undefined;
	readonly PORT?: string;
	readonly PORT_9229?: string;
	readonly MY_DB_HOST?: string;
	readonly MY_DB_PORT?: string;
	readonly MY_DB_URL?: string;
	readonly GREETING?: string;
	readonly CWD?: string;
	readonly FOOTBRIDGE_CANARY?: string;
}

interface World extends AsyncDisposable {
	readonly environments: Environments;
	readonly version: Version;
	/** Starts a service like the usual one and waits until it listens. */
	up(service?: Partial<Service>): ReturnType<Environments['start']>;
	service(changed?: Partial<Service>): Service;
	ask(path: string): Promise<string>;
}

function world(environments: Environments, changed: Partial<Version> = {}): World {
	const folder = mkdtempSync(join(tmpdir(), 'fb-environment-'));
	const version: Version = {
		...{ id: folder.slice(-6), project: 'shop', environment: 'production' },
		directory: join(folder, 'versions', 'one'),
		data: join(folder, 'data'),
		application: { services: [usual], volumes: [] },
		...changed,
	};
	mkdirSync(join(version.directory, 'code', 'deep'), { recursive: true });
	writeFileSync(join(version.directory, 'code', 'server.cjs'), server);
	const services = new Map<string, Service>();
	let port = 0;
	const service = (other: Partial<Service> = {}) => ({ ...usual, ...other });
	return {
		environments,
		version,
		service,
		up: async (other) => {
			const started = service(other);
			services.set(started.name, started);
			const instance = await environments.start(version, started, {});
			port = Object.values(instance.ports)[0] ?? 0;
			await until(async () => {
				if (!(await environments.isAlive(instance)))
					assert.fail((await environments.tail(version, started.name, 20)).join('\n'));
				return (await environments.check(version, { ...usual, name: started.name }, instance)).healthy;
			});
			return instance;
		},
		ask: async (path) => (await fetch(`http://127.0.0.1:${port}${path}`)).text(),
		[Symbol.asyncDispose]: async () => {
			for (const started of services.values()) await environments.stop(version, { ...started, stopGraceMs: 100 });
			rmSync(folder, { recursive: true, force: true });
		},
	};
}

const plain = () => processEnvironments({ node, hidden: [], isIsolated: false });
const isolated = () => processEnvironments({ node, hidden: [] });

const kinds = [
	['fake', fakeEnvironments, { skip: false as string | false }],
	['processes', plain, needs('linux')],
	['isolated processes', isolated, needs('overlay')],
] as const;

for (const [kind, make, options] of kinds) {
	describe(`an environment of ${kind}`, options, () => {
		test('runs a service until it is stopped', async () => {
			await using one = world(make());
			await one.environments.prepare(one.version);
			const instance = await one.up();
			assert.ok(instance.pid > 0 && (instance.ports['3000'] ?? 0) > 0);
			assert.equal(await one.environments.isAlive(instance), true);
			await one.environments.stop(one.version, usual);
			assert.equal(await one.environments.isAlive(instance), false);
			const check = await one.environments.check(one.version, usual, instance);
			assert.deepEqual(check, { healthy: false, detail: 'it has ended' });
		});

		test('answers a second start with what runs, and starts anew what has ended', async () => {
			await using one = world(make());
			await one.environments.prepare(one.version);
			const first = await one.up();
			assert.deepEqual(await one.environments.start(one.version, usual, {}), first);
			await one.environments.stop(one.version, usual);
			const second = await one.up();
			assert.notEqual(second.pid, first.pid);
			assert.deepEqual(second.ports, first.ports, 'it is where it was for those who know it');
		});

		test('has nothing against stopping and removing what is not there', async () => {
			await using one = world(make());
			await one.environments.stop(one.version, usual);
			await one.environments.prepare(one.version);
			await one.environments.stop(one.version, usual);
			await one.environments.remove(one.version);
			await one.environments.remove(one.version);
			assert.deepEqual(await one.environments.tail(one.version, 'web', 10), []);
		});

		test('ends all versions of a folder, whoever started them', async () => {
			await using one = world(make());
			await using other = world(one.environments);
			for (const each of [one, other]) await each.environments.prepare(each.version);
			const [swept, kept] = [await one.up(), await other.up()];
			const next = kind === 'fake' ? one.environments : make();
			await next.sweep(dirname(one.version.directory));
			assert.equal(await one.environments.isAlive(swept), false);
			assert.equal(await one.environments.isAlive(kept), true);
			assert.equal(existsSync(one.version.directory), kind === 'fake');
			await next.sweep('/no/such/folder');
		});

		test('keeps versions apart that run side by side', async () => {
			const environments = make();
			await using one = world(environments);
			await using two = world(environments);
			const instances = [];
			for (const each of [one, two]) {
				await environments.prepare(each.version);
				instances.push(await each.up());
			}
			const [first, second] = instances;
			assert.notEqual(first?.ports['3000'], second?.ports['3000']);
			await environments.stop(one.version, usual);
			assert.ok(second !== undefined && (await environments.isAlive(second)));
		});
	});
}

for (const [kind, make, options] of kinds.slice(1)) {
	describe(`a service of ${kind}`, options, () => {
		const prepared = async (changed: Partial<Version> = {}) => {
			const one = world(make(), changed);
			await one.environments.prepare(one.version);
			return one;
		};

		test('finds its port, the services it reaches and its folder in its environment, and nothing of Footbridge’s', async () => {
			await using one = await prepared();
			process.env['FOOTBRIDGE_CANARY'] = 'secret';
			const deep = one.service({
				command: { argv: ['node', '../server.cjs'] },
				workingDirectory: 'deep',
				environment: { GREETING: 'a $HOME; "b"\nc' },
				ports: ['3000', '9229'],
			});
			const instance = await one.environments.start(one.version, deep, { 'my-db': { 5432: 4711 } });
			delete process.env['FOOTBRIDGE_CANARY'];
			await until(async () => (await one.environments.check(one.version, deep, instance)).healthy);
			const answer = await fetch(`http://127.0.0.1:${instance.ports['3000']}/env`);
			const env: Environment = (await answer.json()) as Environment;
			assert.equal(env.PORT, String(instance.ports['3000']));
			assert.equal(env.PORT_9229, String(instance.ports['9229']));
			assert.deepEqual([env.MY_DB_HOST, env.MY_DB_PORT, env.MY_DB_URL], ['127.0.0.1', '4711', 'http://127.0.0.1:4711']);
			assert.equal(env.GREETING, 'a $HOME; "b"\nc');
			assert.match(env.CWD ?? '', /\/deep$/);
			assert.equal(env.FOOTBRIDGE_CANARY, undefined);
			await one.environments.stop(one.version, deep);
		});

		test('gets SIGTERM and its time to end', async () => {
			await using one = await prepared();
			await one.up({ environment: { GRACE: '400' } });
			const began = performance.now();
			await one.environments.stop(one.version, usual);
			assert.ok(performance.now() - began >= 390);
			assert.equal(readFileSync(join(one.version.data, 'goodbye'), 'utf8'), 'said');
		});

		test('that does not end in its time is killed, with everything it started', async () => {
			await using one = await prepared();
			await one.up({ environment: { STUBBORN: '1', CHILD: '1' } });
			assert.ok(marked(one.version).length > 0);
			await one.environments.stop(one.version, one.service({ stopGraceMs: 200 }));
			assert.deepEqual(marked(one.version), []);
		});

		test('is ended by the next start when Footbridge was killed before it could record it', async () => {
			await using one = await prepared();
			const lost = await one.up();
			unlinkSync(join(one.version.directory, 'log', 'web.json'));
			const found = await one.up();
			assert.equal(await one.environments.isAlive(lost), false);
			unlinkSync(join(one.version.directory, 'log', 'web.json'));
			await one.environments.stop(one.version, usual);
			assert.equal(await one.environments.isAlive(found), false, 'and by a stop');
		});

		test('outlives the Footbridge that started it, and the next one knows it', async () => {
			await using one = await prepared();
			const program = `
				import { processEnvironments } from '#edge/environment/processes.ts';
				const environments = processEnvironments({ node: ${JSON.stringify(node)}, hidden: [], isIsolated: ${kind !== 'processes'} });
				process.stdout.write(JSON.stringify(await environments.start(${JSON.stringify(one.version)}, ${JSON.stringify(usual)}, {})));
			`;
			const root = new URL('../..', import.meta.url);
			const instance = JSON.parse(
				execFileSync(process.execPath, ['--input-type=module-typescript', '-e', program], {
					cwd: root,
					encoding: 'utf8',
				}),
			);
			assert.equal(await one.environments.isAlive(instance), true);
			assert.deepEqual(await one.up(), instance);
		});

		test('has a log that keeps what every start wrote', async () => {
			await using one = await prepared();
			await one.up();
			await one.environments.stop(one.version, usual);
			await one.up();
			// It writes a moment after it listens.
			await until(async () => (await one.environments.tail(one.version, 'web', 10)).length === 2);
			assert.deepEqual(await one.environments.tail(one.version, 'web', 10), ['listening', 'listening']);
			assert.deepEqual(await one.environments.tail(one.version, 'web', 1), ['listening']);
		});

		test('is checked where it runs, with its environment', async () => {
			await using one = await prepared();
			const instance = await one.up({ environment: { WORD: 'yes' } });
			const checked = (shell: string, timeoutMs = 2000) =>
				one.environments.check(
					one.version,
					one.service({
						environment: { WORD: 'yes' },
						healthcheck: { test: { shell }, timeoutMs, intervalMs: 1, retries: 1, startPeriodMs: 0 },
					}),
					instance,
				);
			assert.match((await checked('test "$WORD" = yes && test -n "$PORT" && test -f server.cjs')).detail, /^passed in/);
			assert.deepEqual(await checked('echo first; echo no database >&2; exit 3'), {
				healthy: false,
				detail: 'exit 3: no database',
			});
			assert.deepEqual(await checked('sleep 4242424 & exec sleep 4242424', 200), {
				healthy: false,
				detail: 'no answer in 200 ms',
			});
			assert.equal(
				(await checked('sleep 4242424 & exit 0')).healthy,
				true,
				'what a check leaves behind does not hold it up',
			);
			await until(() => !/^sleep 4242424$/m.test(execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })));
		});

		test('without a health check is healthy when its first port accepts a connection', async () => {
			await using one = await prepared();
			const idle = one.service({ name: 'idle', command: { argv: ['sleep', '1000'] } });
			const instance = await one.environments.start(one.version, idle, {});
			assert.deepEqual(await one.environments.check(one.version, idle, instance), {
				healthy: false,
				detail: `nobody listens on port ${instance.ports['3000']}`,
			});
			await one.environments.stop(one.version, idle);
		});

		test('that cannot be started says why', async () => {
			await using one = await prepared();
			const typo = one.service({ name: 'typo', command: { argv: ['no-such-program'] } });
			const seen = await one.environments.start(one.version, typo, {}).then(
				async (instance) => {
					await until(async () => !(await one.environments.isAlive(instance)));
					return (await one.environments.tail(one.version, 'typo', 5)).join('\n');
				},
				(error: Error) => error.message,
			);
			assert.match(seen, /no-such-program/);
		});
	});
}

describe('an isolated service', needs('overlay'), () => {
	test('is a user of its own without rights, sees no folder of people and of Footbridge, and no other process', async () => {
		const hidden = mkdtempSync(join(tmpdir(), 'fb-hidden-'));
		mkdirSync('/var/tmp/fb-hidden', { recursive: true });
		writeFileSync('/var/tmp/fb-hidden/secret', 'x');
		await using one = world(processEnvironments({ node, hidden: ['/var/tmp/fb-hidden'] }));
		await one.environments.prepare(one.version);
		const { pid } = await one.up();
		const uid = serviceUser('shop', 'production');
		assert.equal(JSON.parse(await one.ask('/env')).UID, uid);
		assert.equal(await one.ask('/file/var/tmp/fb-hidden/secret'), 'ENOENT');
		assert.equal(await one.ask(`/file${hidden}`), 'ENOENT', 'its /tmp is its own');
		assert.equal(await one.ask(`/file/proc/${pid}/cmdline`), 'ENOENT');
		const status = await one.ask('/file/proc/self/status');
		assert.match(status, /CapEff:\t0+\n/);
		assert.match(status, /CapBnd:\t0+\n/);
		assert.match(status, /NoNewPrivs:\t1/);
		assert.equal(statSync(join(one.version.directory, 'code', 'server.cjs')).uid, uid);
		rmSync('/var/tmp/fb-hidden', { recursive: true });
		rmSync(hidden, { recursive: true });
	});

	test('ends whole when its recorded process is killed', async () => {
		await using one = world(isolated());
		await one.environments.prepare(one.version);
		const { pid } = await one.up({ environment: { CHILD: '1', STUBBORN: '1' } });
		process.kill(pid, 'SIGKILL');
		await until(() => marked(one.version).length === 0);
	});

	test('sees a named volume at its path, and finds it after the next version', async () => {
		const volumes = [{ name: 'notes', path: '/home/app/notes', isReadOnly: false }];
		const application = { services: [{ ...usual, volumes }], volumes: ['notes'] };
		await using one = world(isolated(), { application });
		await one.environments.prepare(one.version);
		writeFileSync(join(one.version.data, 'volumes', 'notes', 'first'), 'kept');
		await one.up({ volumes });
		assert.equal(await one.ask('/file/home/app/notes/first'), 'kept');
		const { VOLUME_NOTES } = JSON.parse(await one.ask('/env'));
		assert.equal(await one.ask(`/file${VOLUME_NOTES}/first`), 'kept');
		assert.equal(existsSync('/home/app'), false, 'nothing is made on this machine');
	});

	test('whose volume has no folder to be mounted at says what to do', async () => {
		const volumes = [{ name: 'notes', path: '/no-such-folder/notes', isReadOnly: false }];
		await using one = world(isolated(), { application: { services: [{ ...usual, volumes }], volumes: ['notes'] } });
		await one.environments.prepare(one.version);
		const instance = await one.environments.start(one.version, one.service({ volumes }), {});
		await until(async () => !(await one.environments.isAlive(instance)));
		const [line] = await one.environments.tail(one.version, 'web', 1);
		assert.match(line ?? '', /no-such-folder\/notes is no folder of this machine; make it once: sudo mkdir -p/);
	});
});

test('a volume at a path is refused where services have no mounts of their own', needs('linux'), async () => {
	const volumes = [{ name: 'notes', path: '/data', isReadOnly: false }];
	await using one = world(plain(), { application: { services: [{ ...usual, volumes }], volumes: ['notes'] } });
	await assert.rejects(one.environments.prepare(one.version), { message: /volume notes cannot be mounted at \/data/ });
});

const marked = (version: Version) => processesMarked(`FOOTBRIDGE_SERVICE=${version.id}/web`);

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
	for (const end = performance.now() + 10_000; !(await isSo()); await sleep(20))
		assert.ok(performance.now() < end, `still not after 10 s: ${isSo}`);
}
