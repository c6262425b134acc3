// 100 times SIGKILL to a working server: node bench/kill-nine.ts [kills] [seed]; the report goes to bench/results/kill-nine.json.
import { mkdirSync, writeFileSync } from 'node:fs';
import { killNine } from '../test/rig/kill-nine.ts';

const [kills = '100', seed = '1'] = process.argv.slice(2);
const report = await killNine(Number(kills), Number(seed));
mkdirSync('bench/results', { recursive: true });
writeFileSync('bench/results/kill-nine.json', `${JSON.stringify(report, null, '\t')}\n`);
process.stdout.write(`${JSON.stringify(report)}\n`);
