/**
 * What it costs to know who asks: the same request by the owner's key, by a session and by a token, beside `/healthz`, which asks
 * nobody; and one password. In this process, on a database on disk.
 * Run: node bench/access.ts [requests]; the result goes to bench/results/access.json.
 */
import { argonPasswords } from '../src/server/access/passwords.ts';
import { accessWorld, goodPassword, localKey } from '../test/access-world.ts';
import { machineNow, save, spread } from './report.ts';

const [count = '2000'] = process.argv.slice(2);
const machine = machineNow();
await using world = await accessWorld();
const person = await world.person('ana', 'developer', 'shop');
const headers = {
	nobody: undefined,
	owner: { authorization: `Bearer ${localKey}` },
	session: await world.signIn('ana', goodPassword),
	token: await world.token(person),
};
const times: { [who: string]: number[] } = {};
for (let turn = 0; turn < Number(count); turn++) {
	for (const [who, own] of Object.entries(headers)) {
		const began = performance.now();
		const answer =
			own === undefined
				? await world.api.request('/healthz', { headers: { host: 'localhost' } })
				: await world.get('/projects', own);
		if (!answer.ok) throw new Error(`${who}: ${answer.status}`);
		await answer.text();
		if (turn > 50) times[who] = [...(times[who] ?? []), performance.now() - began];
	}
}
const passwords = argonPasswords();
const kept = await passwords.hash(goodPassword);
const checks: number[] = [];
for (let turn = 0; turn < 10; turn++) {
	const began = performance.now();
	await passwords.check(goodPassword, kept);
	checks.push(performance.now() - began);
}
const result = {
	what: 'ms of one request in this process, by who asks; and of one password that is checked',
	repeat: 'node bench/access.ts 2000',
	machine,
	requestMs: Object.fromEntries(Object.entries(times).map(([who, all]) => [who, spread(all)])),
	passwordMs: spread(checks),
};
save('access', result);
console.log(JSON.stringify(result, null, 2));
