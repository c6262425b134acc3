import { join } from 'node:path';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import { testContainers } from './sandbox-containers.ts';

/** A Footbridge that will be killed: makes a room in `<place>/rooms/<id>`, starts something in it that stays, and says so. */
const [name, place = '', id = ''] = process.argv.slice(2);
const isHelped = name?.endsWith(' with a helper') === true;
const helper = isHelped ? { helperAfter: 0 } : {};
const sandbox = name?.startsWith('disposable')
	? disposableSandbox(helper)
	: name === 'sandbox'
		? isolatedSandbox()
		: name === 'container'
			? testContainers(place)
			: hostSandbox({ cgroups: name !== 'host without control groups', ...helper });
const room = await sandbox.prepare({
	id,
	directory: join(place, 'rooms', id),
	repository: 'shop',
	toolCache: join(place, 'tools'),
	hidden: [],
});
// The first process has the helper made, which takes a moment.
if (isHelped) {
	await room.run({ argv: ['sleep', '0.5'], env: {}, cwd: room.workspace, output: () => undefined });
}
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
