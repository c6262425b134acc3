import { dirname } from 'node:path';
import { whyNoUserNamespaces } from '#core/isolation/user-namespaces.ts';
import { problemOf } from '#core/result.ts';
import { disposableSandbox } from '#edge/sandbox/disposable.ts';
import { hostSandbox } from '#edge/sandbox/host.ts';
import { isolatedSandbox } from '#edge/sandbox/isolated.ts';
import { kernelSetting } from '#edge/sandbox/rootless.ts';
import type { Sandbox } from '#edge/sandbox/sandbox.ts';
import { type CommandContext, printJson } from './command.ts';
import type { Check } from './doctor/check.ts';
import { machineChecks } from './doctor/machine.ts';
import { networkChecks } from './doctor/network.ts';
import { toolChecks } from './doctor/tools.ts';
import { workflowChecks } from './doctor/workflows.ts';
import { exitCodes } from './exit-code.ts';
import { wrap } from './line-fit.ts';
import type { Terminal } from './terminal.ts';
import { dataFolder } from './wire.ts';

/** Says what of this machine and of the present folder's project works, what does not and why, and how to mend it. */
export async function doctorCommand(options: { readonly json?: boolean }, context: CommandContext): Promise<number> {
	const folder = process.cwd();
	const disposable = whyNot(disposableSandbox());
	const gathered = await Promise.all([
		toolChecks(),
		disposable.then(tiers),
		machineChecks(dataFolder({ data: context.data })),
		networkChecks(folder),
		disposable.then((why) => workflowChecks(folder, why === undefined ? disposablePath : process.env['PATH'])),
	]);
	const checks = gathered.flat();
	if (options.json === true) printJson(context, { schema: 'footbridge.doctor/1', checks });
	else
		context.out.print(...checks.flatMap((check) => checkLines(check, context.out)), '', summary(checks, context.out));
	return checks.some((check) => check.state === 'needed') ? exitCodes.notRun.code : exitCodes.passed.code;
}

const marks = { fine: ['green', '✓'], good: ['yellow', '!'], needed: ['red', '✕'] } as const;
const nameWidth = 12;

function checkLines({ name, state, says, command }: Check, { columns, paint }: Terminal): readonly string[] {
	const [colour, glyph] = marks[state];
	const indent = ' '.repeat(nameWidth + 3);
	const [first = '', ...rest] = wrap(says, columns - indent.length);
	const lines = [
		`${paint(colour, glyph)} ${paint('bold', name.padEnd(nameWidth))} ${first}`,
		...rest.map((line) => indent + line),
	];
	// A command stays in one piece, to be copied.
	return command === undefined ? lines : [...lines, `  ${paint('dim', 'mend'.padEnd(nameWidth))} ${command}`];
}

function summary(checks: readonly Check[], { paint }: Terminal): string {
	const count = (state: Check['state']) => checks.filter((check) => check.state === state).length;
	const [needed, good] = [count('needed'), count('good')];
	if (needed > 0) return paint('red', `${needed} ${needed === 1 ? 'thing stops' : 'things stop'} Footbridge here`);
	if (good > 0) return `Footbridge works here; ${good} ${good === 1 ? 'thing' : 'things'} could be better`;
	return paint('green', 'everything works here');
}

/** Where a disposable job finds programs: the system's folders, and last the Node that runs Footbridge. */
const disposablePath = [
	...['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin', '/usr/games', '/usr/local/games'],
	...['/snap/bin', dirname(process.execPath)],
].join(':');

/** Where jobs can run here, and why not in a disposable copy. */
async function tiers(disposable: string | undefined): Promise<readonly Check[]> {
	const [host, isolated] = await Promise.all([whyNot(hostSandbox()), whyNot(isolatedSandbox())]);
	const asRoot = process.getuid?.() === 0 ? {} : { command: `sudo ${process.argv[1] ?? 'footbridge'} up` };
	// An ordinary user needs no root for a sandbox, but the kernel's leave.
	const unallowed = process.platform === 'linux' ? whyNoUserNamespaces(kernelSetting, 'failed') : undefined;
	const mending = unallowed === undefined || process.getuid?.() === 0 ? asRoot : { command: unallowed.command };
	return [
		disposable === undefined
			? { name: 'disposable', state: 'fine', says: 'jobs get a copy-on-write copy of this machine' }
			: { name: 'disposable', state: 'good', says: `jobs run without isolation: ${disposable}`, ...asRoot },
		isolated === undefined
			? { name: 'sandbox', state: 'fine', says: 'code of others gets one without any rights (--in sandbox)' }
			: { name: 'sandbox', state: 'good', says: `pull requests from forks do not run: ${isolated}`, ...mending },
		host === undefined
			? { name: 'host', state: 'fine', says: 'jobs can run as the present user, without isolation (--in host)' }
			: { name: 'host', state: disposable === undefined ? 'good' : 'needed', says: host },
	];
}

/** A machine so bare that not even this can be tried is told, too. */
function whyNot(sandbox: Sandbox): Promise<string | undefined> {
	return sandbox.available().catch((error: unknown) => problemOf(error).why ?? 'it could not be tried');
}
