import { join } from 'node:path';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';

/** A Footbridge that will be killed: makes a room in `<place>/rooms/<id>`, starts something in it that stays, and says so. */
const [name, place = '', id = ''] = process.argv.slice(2);
const sandbox =
	name === 'disposable'
		? disposableSandbox()
		: name === 'sandbox'
			? isolatedSandbox()
			: hostSandbox({ cgroups: name !== 'host without control groups' });
const room = await sandbox.prepare({
	id,
	directory: join(place, 'rooms', id),
	repository: 'shop',
	toolCache: join(place, 'tools'),
	hidden: [],
});
await room.run({
	argv: [
		'bash',
		'-c',
		`(setsid sleep 62.${process.ppid} >/dev/null 2>&1 &); sleep 62.${process.ppid} & echo started; wait`,
	],
	env: {},
	cwd: room.workspace,
	output: (chunk) => void process.stdout.write(chunk),
});
