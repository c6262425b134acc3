/**
 * How long after a file was saved `footbridge watch` has its run in the queue: the file's write to the record's `queuedAt`, with the
 * silence of 20 ms that ends a save among it. A run has ended before the next file is saved.
 * Run: node bench/watch.ts [saves]; the result goes to bench/results/watch.json.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { machineNow, save, spread } from './report.ts';

const [saves = '20'] = process.argv.slice(2);
const place = mkdtempSync(join(tmpdir(), 'footbridge-watch-'));
const [repository, data] = [join(place, 'repository'), join(place, 'data')];
const footbridge = join(import.meta.dirname, '../bin/footbridge');
const workflow = `on: push
jobs:
  lint:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v5
      - run: cat file.txt
`;
mkdirSync(join(repository, '.github/workflows'), { recursive: true });
writeFileSync(join(repository, '.github/workflows/ci.yml'), workflow);
writeFileSync(join(repository, 'file.txt'), '0\n');
const git = (...args: readonly string[]) => execFileSync('git', args, { cwd: repository });
git('init', '--quiet', '--initial-branch=main');
git('add', '--all');
git('-c', 'user.name=bench', '-c', 'user.email=bench@example.com', 'commit', '--quiet', '-m', 'first');

const machine = machineNow();
const watch = spawn(footbridge, ['--data', data, 'watch'], {
	cwd: repository,
	detached: true,
	stdio: ['ignore', 'pipe', 'inherit'],
});
let ended = 0;
watch.stdout.setEncoding('utf8').on('data', (text: string) => {
	ended += text.match(/^\d+ passed/gm)?.length ?? 0;
});
await sleep(5000);
const savedAt: number[] = [];
for (let index = 0; index < Number(saves); index++) {
	savedAt.push(Date.now());
	writeFileSync(join(repository, 'file.txt'), `${index + 1}\n`);
	const until = Date.now() + 20_000;
	while (ended <= index && Date.now() < until) await sleep(20);
	if (ended <= index) throw new Error('the save started no run');
	await sleep(1000);
}
watch.kill('SIGINT');
await new Promise((resolve) => watch.once('exit', resolve));
const listed = execFileSync(footbridge, ['--data', data, 'runs', '--json', '--limit', saves], { cwd: repository });
const { items } = JSON.parse(listed.toString('utf8')) as { readonly items: readonly { readonly queuedAt: string }[] };
rmSync(place, { recursive: true });

const queuedAt = items.map((item) => Date.parse(item.queuedAt)).reverse();
const ms = savedAt.map((at, index) => (queuedAt[index] ?? Number.NaN) - at);
console.log(spread(ms));
save('watch', {
	what: 'ms from the write of a file to its run in the queue, in the order of the saves',
	repeat: `node bench/watch.ts ${saves}`,
	machine,
	...spread(ms),
	ms,
});
