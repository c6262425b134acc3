// 20 deployments under load, 16 keep-alive connections, half of the requests with a body: node bench/deploy.ts [deployments] [connections]
// The report goes to bench/results/deploy.json; a failed request fails the bench.
import { mkdirSync, writeFileSync } from 'node:fs';
import { deployWorld, load } from '../test/rig/deploy-world.ts';

const [deployments = '20', connections = '16'] = process.argv.slice(2);
await using world = await deployWorld();
await world.deploy(world.commit('0'));
const users = load(await world.url(), Number(connections));
const tookMs: number[] = [];
for (let version = 1; version <= Number(deployments); version += 1) {
	const began = performance.now();
	const status = await world.deploy(world.commit(String(version)));
	if (status !== 'live') throw new Error(`deployment ${version} is ${status}`);
	tookMs.push(Math.round(performance.now() - began));
}
const { requests, failed, versions } = await users.stop();
const sorted = tookMs.toSorted((a, b) => a - b);
const report = {
	deployments: Number(deployments),
	connections: Number(connections),
	requests,
	failed: failed.length,
	failures: failed.slice(0, 10),
	versionsSeen: versions.length,
	deploymentMs: { median: sorted[Math.floor(sorted.length / 2)], max: sorted.at(-1) },
};
mkdirSync('bench/results', { recursive: true });
writeFileSync('bench/results/deploy.json', `${JSON.stringify(report, null, '\t')}\n`);
process.stdout.write(`${JSON.stringify(report)}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
