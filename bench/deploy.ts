/**
 * Deploys a small web service many times while users ask all the time, and counts what they got.
 * Run: node bench/deploy.ts [deployments]; the result goes to bench/results/deploy.json. Users are a process of their own: keep-alive
 * connections that send GET, and POST with a body, and one that connects anew for every request.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { deployWorld } from '../test/rig/deploy-world.ts';
import { machineNow, save } from './report.ts';

const connections = 8;
const [first = '20', url] = process.argv.slice(2);
if (first === '--users' && url !== undefined) await beUsers(url);
else await measure(Number(first));

async function measure(deployments: number): Promise<void> {
	const machine = machineNow();
	await using world = await deployWorld();
	await world.deploy(world.commit('v0'));
	const users = spawn(process.execPath, [import.meta.filename, '--users', await world.url()], {
		stdio: ['ignore', 'pipe', 'inherit'],
	});
	const said = text(users.stdout);
	await new Promise((resolve) => setTimeout(resolve, 500));
	const times: number[] = [];
	for (let number = 1; number <= deployments; number += 1) {
		const commit = world.commit(`v${number}`);
		const began = performance.now();
		const status = await world.deploy(commit);
		times.push(performance.now() - began);
		if (status !== 'live') throw new Error(`deployment ${number} is ${status}`);
	}
	await new Promise((resolve) => setTimeout(resolve, 500));
	users.kill('SIGTERM');
	await once(users, 'exit');
	const seen = JSON.parse(await said) as { readonly failed: number; readonly versions: number };
	const counts = (await world.traffic.collect()).reduce(
		(sum, { good, bad }) => ({ good: sum.good + good, bad: sum.bad + bad }),
		{ good: 0, bad: 0 },
	);
	const result = {
		what: `${deployments} blue-green deployments, one after the other, while ${connections + 1} users ask all the time`,
		repeat: `node bench/deploy.ts ${deployments}`,
		machine,
		deployments: { live: times.length, ...spread(times) },
		users: seen,
		proxy: counts,
	};
	save('deploy', result);
	console.log(result);
	if (seen.failed > 0 || counts.bad > 0 || seen.versions <= deployments) process.exitCode = 1;
}

async function beUsers(target: string): Promise<void> {
	const latencies: number[] = [];
	const failures = new Map<string, number>();
	const versions = new Set<string>();
	const agent = new Agent({ keepAlive: true, maxSockets: connections });
	let isOn = true;
	process.once('SIGTERM', () => {
		isOn = false;
	});
	const began = performance.now();
	const user = async (body: string | undefined, ownAgent: Agent | false) => {
		while (isOn) {
			const asked = performance.now();
			const answer = await ask(target, ownAgent, body).catch((error: Error) => `failed: ${error.message}`);
			latencies.push(performance.now() - asked);
			if (/^200 v\d+$/.test(answer)) versions.add(answer);
			else failures.set(answer, (failures.get(answer) ?? 0) + 1);
		}
	};
	const users = Array.from({ length: connections }, (_, index) =>
		user(index % 2 === 0 ? undefined : 'x'.repeat(2000), agent),
	);
	await Promise.all([...users, user(undefined, false)]);
	agent.destroy();
	process.stdout.write(
		JSON.stringify({
			requests: latencies.length,
			perSecond: Math.round((latencies.length / (performance.now() - began)) * 1000),
			failed: [...failures.values()].reduce((sum, count) => sum + count, 0),
			failures: Object.fromEntries(failures),
			versions: versions.size,
			...spread(latencies),
		}),
	);
}

function ask(target: string, agent: Agent | false, body: string | undefined): Promise<string> {
	return new Promise((resolve, reject) => {
		const out = request(target, { agent, method: body === undefined ? 'GET' : 'POST' }, (answer) => {
			text(answer).then((said) => resolve(`${answer.statusCode} ${said}`), reject);
		});
		out.on('error', reject);
		out.end(body);
	});
}

function spread(times: readonly number[]) {
	const sorted = [...times].sort((a, b) => a - b);
	const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1));
	return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1) };
}
