import { spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { processTable } from '../process-table.ts';
import { type Account, accountOf, emptyFolder, giveTree } from './container-files.ts';
import type { HolderAnswer, HolderOrder } from './container-messages.ts';
import { ProgramTree } from './container-tree.ts';

/**
 * The program that holds the container of a job: it starts the job's programs there, ends them, and gives files to the job's user.
 * It ends with its standard input, which Footbridge holds, and the container ends with it. It runs in images of any kind, for it
 * comes with its own Node and its own libraries.
 */
class Holder {
	#account: Account = { uid: 0, gid: 0 };
	/** What stands for the machine's Node; absent: it runs here by itself. */
	#stand: { readonly machine: string; readonly node: readonly string[]; readonly bin: string } | undefined;
	readonly #trees = new Map<number, ProgramTree>();

	carryOut(order: HolderOrder): void {
		const { id } = order;
		try {
			const said = this.#carryOut(order);
			if (said !== undefined) answer({ id, ...said });
		} catch (error) {
			answer({ id, error: error instanceof Error ? error.message : String(error) });
		}
	}

	/** What there is to answer at once. */
	#carryOut(order: HolderOrder): Omit<HolderAnswer, 'id'> | undefined {
		switch (order.do) {
			case 'begin':
				this.#begin(order);
				return { done: true };
			case 'run':
				this.#run(order);
				return undefined;
			case 'stop':
				void this.#trees.get(order.id)?.stop(order);
				return undefined;
			case 'own':
				giveTree(order.path, this.#account);
				return { done: true };
			case 'empty':
				for (const folder of order.paths) emptyFolder(folder);
				return { done: true };
			case 'reach':
				reach(order);
				return undefined;
			case 'count':
				return { count: strangers() };
		}
	}

	#begin({ user, probe, machine, node, bin }: Extract<HolderOrder, { do: 'begin' }>): void {
		this.#account = accountOf(user);
		if (spawnSync(`${machine}/node`, ['--version']).status !== 0) this.#stand = { machine, node, bin };
		writeFileSync(probe, '');
		chownSync(probe, this.#account.uid, this.#account.gid);
	}

	#run({ id, argv, env, cwd, output }: Extract<HolderOrder, { do: 'run' }>): void {
		const before = outOfMemoryKills();
		const pipe = openSync(output, 'w');
		try {
			const [program = '', ...args] = this.#withNode(argv);
			const { uid, gid } = this.#account;
			const who = uid === 0 && gid === 0 ? {} : { uid, gid };
			const child = spawn(program, args, {
				env: this.#withPath(env),
				cwd,
				detached: true,
				stdio: ['ignore', pipe, pipe],
				...who,
			});
			child.once('error', (error) =>
				answer({ id, error: existsSync(cwd) ? `${program}: ${error.message}` : `the folder ${cwd} is not there` }),
			);
			const tree = child.pid === undefined ? undefined : new ProgramTree(child.pid);
			if (tree === undefined) return;
			this.#trees.set(id, tree);
			answer({ id, started: true });
			child.once('exit', (code, signal) => {
				tree.isOver = true;
				this.#trees.delete(id);
				answer({ id, exit: { code, signal, isOutOfMemory: outOfMemoryKills() > before } });
			});
		} finally {
			closeSync(pipe);
		}
	}

	#withNode(argv: readonly string[]): readonly string[] {
		const isNode = this.#stand !== undefined && argv[0] === `${this.#stand.machine}/node`;
		return isNode ? [...(this.#stand?.node ?? []), ...argv.slice(1)] : argv;
	}

	#withPath(env: { readonly [name: string]: string }): { readonly [name: string]: string } {
		const { PATH } = env;
		if (this.#stand === undefined || PATH === undefined) return env;
		const { machine, bin } = this.#stand;
		return {
			...env,
			PATH: PATH.split(':')
				.map((folder) => (folder === machine ? bin : folder))
				.join(':'),
		};
	}
}

function answer(said: HolderAnswer): void {
	process.stdout.write(`${JSON.stringify(said)}\n`);
}

function reach({ id, port, socket }: Extract<HolderOrder, { do: 'reach' }>): void {
	const server = createServer((near) => {
		const far = connect(socket);
		near.pipe(far).pipe(near);
		near.once('error', () => far.destroy());
		far.once('error', () => near.destroy());
	});
	server.once('error', (error) => answer({ id, error: error.message }));
	server.listen(port, '127.0.0.1', () => answer({ id, done: true }));
}

/** Those that are neither this one nor the one that started it. */
function strangers(): number {
	return processTable().filter(({ pid }) => pid !== process.pid && pid !== process.ppid && pid !== 1).length;
}

/** How many processes of the container the kernel has ended for want of memory. */
function outOfMemoryKills(): number {
	for (const file of ['/sys/fs/cgroup/memory.events', '/sys/fs/cgroup/memory/memory.oom_control']) {
		if (!existsSync(file)) continue;
		return Number(/^oom_kill (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1] ?? 0);
	}
	return 0;
}

const holder = new Holder();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => holder.carryOut(JSON.parse(line) as HolderOrder));
lines.once('close', () => process.exit(0));
