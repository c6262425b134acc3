import { Argument, Command, Option } from 'commander';
import { type CommandContext, exitCodeOf } from './command.ts';
import { exitCodes } from './exit-code.ts';
import { logTimes } from './log-time.ts';
import { addAccess } from './program-access.ts';
import { collect, json, type Run, wholeNumber } from './program-parts.ts';
import { openTerminal } from './terminal.ts';

/** Every command with its options, each loaded only when it is used. `onEnd` is told the exit code. */
export function createProgram(version: string, onEnd: (code: number) => void): Command {
	const program = new Command('footbridge')
		.description("Takes a commit to production on your own machines, and tells you why when it can't.")
		.version(version)
		.option('--data <folder>', 'where Footbridge keeps everything (also FOOTBRIDGE_DATA)')
		.option('--server <url>', 'a server elsewhere: footbridge login (also FOOTBRIDGE_SERVER)')
		.option('--project <name>', 'a project, when it is not the one of this folder')
		.option('--color <when>', 'auto, always or never (also NO_COLOR and FORCE_COLOR)', 'auto')
		.showHelpAfterError('(footbridge help <command> tells more)')
		.configureHelp({ showGlobalOptions: false })
		.exitOverride((error) => {
			throw Object.assign(error, { exitCode: error.exitCode === 0 ? 0 : exitCodes.usage.code });
		});
	/** Runs the command that `load` brings, and hands on its exit code. */
	const run =
		<Given extends readonly unknown[]>(load: (given: Given, context: CommandContext) => Promise<number>) =>
		async (...given: unknown[]): Promise<void> => {
			const context = contextOf(program);
			onEnd(await exitCodeOf(context, () => load(given as unknown as Given, context)));
		};
	addRunning(program, run);
	addReading(program, run);
	addNumbers(program, run);
	addRest(program, run);
	addAccess(program, run);
	return program;
}

const agent = () => new Option('--agent', 'print a short report for a language model: folded, without colours');
const tier = () => new Option('--in <tier>', 'where jobs run').choices(['host', 'sandbox', 'disposable']);
const at = (otherwise: string) =>
	new Option('--at <revision>', 'worktree (with uncommitted changes), or a branch, tag or commit').default(otherwise);
const event = () => new Option('-e, --event <name>', 'the event that the workflows are told').default('push');
const eventFile = () => new Option('--event-file <path>', "a JSON file with the event's payload");
const input = () => repeated('--input <key=value>', 'an input of workflow_dispatch; may be repeated');
const variable = () => repeated('--env <key=value>', 'a variable for every step; may be repeated');
const combination = () => repeated('--matrix <key=value>', 'only combinations with this value; may be repeated');
const secret = () => repeated('--secret <name>', 'a secret by name: its value is in the environment, or piped in');
const secretsFile = () => new Option('--secrets-file <path>', 'a file with NAME=value lines');
const workflow = () => new Argument('[workflow]', 'path or file name; without it: all that the event starts');
const runArgument = (otherwise?: string) =>
	new Argument(otherwise === undefined ? '<run>' : '[run]', '12, an id, @last or @failed').default(otherwise);

function addRunning(program: Command, run: Run): void {
	program
		.command('run')
		.description('run workflows in disposable copies of this machine, and find out why what fails fails')
		.addArgument(workflow())
		.option(
			'-j, --job <name>',
			'only this job and what it needs, or job:step to end it there; may be repeated',
			collect,
		)
		.addOption(at('worktree'))
		.addOption(tier())
		.addOption(event())
		.addOption(eventFile())
		.addOption(input())
		.addOption(variable())
		.addOption(combination())
		.option(
			'--changed [base]',
			'only what the changes since a revision start, by path filters (default: the default branch)',
		)
		.option('--fail-fast', 'stop everything at the first failed job')
		.addOption(secret())
		.addOption(secretsFile())
		.addOption(json())
		.addOption(agent())
		.action(
			run<[string | undefined, import('./run/request.ts').RunOptions]>(async ([name, options], context) =>
				(await import('./command-run.ts')).runCommand(name, options, context),
			),
		);
	program
		.command('watch')
		.description('whenever a file is saved, run what the change affects: what is likeliest to fail comes first')
		.addArgument(workflow())
		.option('-j, --job <name>', 'only this job and what it needs; may be repeated', collect)
		.addOption(tier())
		.addOption(event())
		.addOption(input())
		.addOption(variable())
		.addOption(combination())
		.option('--fail-fast', 'stop everything at the first failed job')
		.addOption(secret())
		.addOption(secretsFile())
		.action(
			run<[string | undefined, import('./command-watch.ts').WatchOptions]>(async ([name, options], context) =>
				(await import('./command-watch.ts')).watchCommand(name, options, context),
			),
		);
	program
		.command('plan')
		.description('show what a run would be; nothing is started')
		.addArgument(workflow())
		.addOption(at('worktree'))
		.addOption(event())
		.addOption(eventFile())
		.addOption(input())
		.addOption(json())
		.action(
			run<[string | undefined, import('./command-plan.ts').PlanOptions]>(async ([name, options], context) =>
				(await import('./command-plan.ts')).planCommand(name, options, context),
			),
		);
	program
		.command('deploy')
		.description('put a commit into an environment, and go back by itself when it does not get healthy')
		.argument('<environment>', 'an environment of footbridge.yaml')
		.addOption(at('HEAD'))
		.addOption(json())
		.action(
			run<[string, import('./command-deploy.ts').DeployOptions]>(async ([environment, options], context) =>
				(await import('./command-deploy.ts')).deployCommand(environment, options, context),
			),
		);
}

function addReading(program: Command, run: Run): void {
	program
		.command('runs')
		.description('list the newest runs')
		.option('--limit <count>', 'how many', wholeNumber(1, 200), 20)
		.option('--status <words>', 'passed, failed, running, ...; several with commas')
		.option('--branch <name>', 'only runs of this branch')
		.option('--workflow <file>', 'only runs of this workflow')
		.option('--before <seq>', 'only older ones: `next` of --json', wholeNumber(1, Number.MAX_SAFE_INTEGER))
		.addOption(json())
		.action(
			run<[import('./command-runs.ts').RunsOptions]>(async ([options], context) =>
				(await import('./command-runs.ts')).runsCommand(options, context),
			),
		);
	program
		.command('view')
		.description('show one run with its jobs, steps and findings')
		.addArgument(runArgument('@last'))
		.addOption(json())
		.action(
			run<[string, { json?: boolean }]>(async ([name, options], context) =>
				(await import('./command-view.ts')).viewCommand(name, options, context),
			),
		);
	program
		.command('logs')
		.description('print the logs of a run, whole')
		.addArgument(runArgument('@last'))
		.option('-j, --job <name>', 'only this job')
		.option('--step <name>', 'only this step: its number or its name')
		.option('--failed', 'only the steps that failed')
		.option('--grep <expression>', 'only lines that match, with their numbers')
		.option('-f, --follow', 'wait for jobs that have not begun, to the end of the run')
		.addOption(new Option('--time <form>', 'the time of each line').choices([...logTimes]).default('none'))
		.option('--raw', 'as the file has it, with everything that it would do to a terminal')
		.action(
			run<[string, import('./command-logs.ts').LogsOptions]>(async ([name, options], context) =>
				(await import('./command-logs.ts')).logsCommand(name, options, context),
			),
		);
	program
		.command('rerun')
		.description('let jobs of a run happen again')
		.addArgument(runArgument('@last'))
		.option('--failed', 'only jobs that did not pass, and what needs them')
		.option('-j, --job <name>', 'only this job and what needs it; may be repeated', collect)
		.addOption(secret())
		.addOption(json())
		.addOption(agent())
		.action(
			run<[string, import('./command-rerun.ts').RerunOptions]>(async ([name, options], context) =>
				(await import('./command-rerun.ts')).rerunCommand(name, options, context),
			),
		);
	program
		.command('why')
		.description('say why a run failed; the exit code says who is at fault')
		.addArgument(runArgument('@failed'))
		.addOption(json())
		.action(
			run<[string, { json?: boolean }]>(async ([name, options], context) =>
				(await import('./command-why.ts')).whyCommand(name, options, context),
			),
		);
}

function addNumbers(program: Command, run: Run): void {
	program
		.command('status')
		.description('show what is live in the environments, and whether it really serves')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-status.ts')).statusCommand(options, context),
			),
		);
	program
		.command('metrics')
		.description('show delivery metrics and objectives, each with what it was made of')
		.argument('[environment]', 'without it: all')
		.option('--days <count>', 'how far back', wholeNumber(1, 365), 30)
		.addOption(json())
		.action(
			run<[string | undefined, import('./command-metrics.ts').MetricsOptions]>(async ([name, options], context) =>
				(await import('./command-metrics.ts')).metricsCommand(name, options, context),
			),
		);
}

function addRest(program: Command, run: Run): void {
	program
		.command('up')
		.description('start the server and its page, and watch repositories and environments')
		.option('--port <number>', 'port; 0: any', wholeNumber(0, 65_535), 4455)
		.option('--host <address>', 'listen here, for others too; there must be an account', '127.0.0.1')
		.option('--url <address>', 'how others reach it, through a proxy: https://ci.example.org')
		.action(
			run<[import('./command-up.ts').UpOptions]>(async ([options], context) =>
				(await import('./command-up.ts')).upCommand(options, context),
			),
		);
	program
		.command('artifacts')
		.description('list the artifacts of a run, or download them')
		.addArgument(runArgument('@last'))
		.option('--download <name>', 'download this one; may be repeated', collect)
		.option('--all', 'download all of them')
		.option('--to <folder>', 'where to put what is downloaded', '.')
		.addOption(json())
		.action(
			run<[string, import('./command-artifacts.ts').ArtifactsOptions]>(async ([name, options], context) =>
				(await import('./command-artifacts.ts')).artifactsCommand(name, options, context),
			),
		);
	program
		.command('cancel')
		.description('ask a run to stop')
		.addArgument(runArgument())
		.action(
			run<[string]>(async ([name], context) => (await import('./command-cancel.ts')).cancelCommand(name, context)),
		);
	const project = program.command('project').description('the repositories that Footbridge looks after');
	project
		.command('add')
		.description('add a repository on this machine')
		.argument('<path>', 'a work tree, or a bare repository whose branches are then watched')
		.action(
			run<[string]>(async ([path], context) => (await import('./command-project.ts')).projectAddCommand(path, context)),
		);
	project
		.command('list')
		.description('list them')
		.action(run(async (_given, context) => (await import('./command-project.ts')).projectListCommand(context)));
	program
		.command('lint')
		.description('find what is wrong, weak or risky in the workflows and actions of this repository')
		.argument('[files...]', 'paths or names; without them: all')
		.addOption(json())
		.option('--strict', 'remarks count, too: exit code 1')
		.action(
			run<[readonly string[], import('./command-lint.ts').LintOptions]>(async ([files, options], context) =>
				(await import('./command-lint.ts')).lintCommand(files, options, context),
			),
		);
	program
		.command('actions')
		.description('list the actions and workflows of others that this repository uses, and where each comes from')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-actions.ts')).actionsCommand(options, context),
			),
		);
	program
		.command('lock')
		.description('write footbridge.lock: what their versions are now; a run fails when one has moved since')
		.action(run(async (_given, context) => (await import('./command-lock.ts')).lockCommand(context)));
	program
		.command('init')
		.description('write a first workflow that fits this repository')
		.option('--force', 'write ci.yml also where there are workflows')
		.option('--stdout', 'print it and write nothing')
		.action(
			run<[import('./command-init.ts').InitOptions]>(async ([options], context) =>
				(await import('./command-init.ts')).initCommand(options, context),
			),
		);
	const hooks = program.command('hooks').description('run the workflows of what is pushed before git pushes it');
	hooks
		.command('install')
		.description('put the pre-push hook in; a hook that is there is called first')
		.option('--pre-push', 'the hook before a push, which is the only one')
		.action(run(async (_given, context) => (await import('./command-hooks.ts')).hooksInstallCommand(context)));
	hooks
		.command('uninstall')
		.description('take it out, and put the hook before it back')
		.action(run(async (_given, context) => (await import('./command-hooks.ts')).hooksUninstallCommand(context)));
	hooks
		.command('status')
		.description('say whether it is in; exit code 1 when it is not')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-hooks.ts')).hooksStatusCommand(options, context),
			),
		);
	hooks
		.command('pre-push')
		.description('what the hook runs: git tells it on stdin what is pushed')
		.argument('[remote]')
		.argument('[url]')
		.action(run(async (_given, context) => (await import('./hooks/pre-push.ts')).hooksPrePushCommand(context)));
	program
		.command('doctor')
		.description('say what of this machine works, what does not, and the command that mends it')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-doctor.ts')).doctorCommand(options, context),
			),
		);
}

interface GlobalOptions {
	readonly data?: string;
	readonly server?: string;
	readonly project?: string;
	readonly color: string;
}

function contextOf(program: Command): CommandContext {
	const { data, server, project, color } = program.opts<GlobalOptions>();
	if (color === 'always') {
		process.env['FORCE_COLOR'] = '1';
		delete process.env['NO_COLOR'];
	}
	if (color === 'never') {
		process.env['NO_COLOR'] = '1';
		delete process.env['FORCE_COLOR'];
	}
	return { out: openTerminal(process.stdout), err: openTerminal(process.stderr), data, server, project };
}

function repeated(flags: string, description: string): Option {
	return new Option(flags, description).argParser<readonly string[]>(collect);
}
