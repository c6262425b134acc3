import { join } from 'node:path';
import { testImage } from '../needs.ts';
import { openRig } from './rig.ts';

/** A Footbridge that will be killed: runs a job in a container with a service, and says the name of its room. */
const [, , place = ''] = process.argv;
const rig = await openRig({ rooms: join(place, 'killed', 'rooms') });
await rig.run(
	`
on: push
jobs:
  a:
    runs-on: any
    container: '${testImage}'
    services: { db: { image: '${testImage}', command: sleep 600 } }
    steps: [{ run: 'echo "\${{ job.container.network }}"; sleep 600' }]
`,
	{
		onEvent: (event) => {
			if (event.kind !== 'step-started') return;
			setTimeout(async () => {
				const { lines } = await rig.ports.logs.read('run-1/a.1', 1, 1000);
				const log = lines.map(({ text }) => text).join('\n');
				process.stdout.write(`room ${/^footbridge-(\S+)$/m.exec(log)?.[1]}\n`);
			}, 500);
		},
	},
);
