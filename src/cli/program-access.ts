import { Argument, type Command, InvalidArgumentError, Option } from 'commander';
import { permissions, roles } from '#core/access/access.ts';
import { collect, json, type Run, wholeNumber } from './program-parts.ts';

/** Commands about who may do what, and what is kept for jobs. */
export function addAccess(program: Command, run: Run): void {
	addSigningIn(program, run);
	addPeople(program, run);
	addTokens(program, run);
	addSettings(program, run);
	addProviders(program, run);
	program
		.command('audit')
		.description('show who did what; with --project only there')
		.option('--limit <count>', 'how many', wholeNumber(1, 200), 50)
		.addOption(new Option('--export <format>', 'print the whole trail').choices(['jsonl', 'csv']))
		.addOption(json())
		.action(
			run<[import('./command-audit.ts').AuditOptions]>(async ([options], context) =>
				(await import('./command-audit.ts')).auditCommand(options, context),
			),
		);
}

function addSigningIn(program: Command, run: Run): void {
	program
		.command('link')
		.description('print a link that signs you in to the page of your own server, without a password')
		.action(run(async (_given, context) => (await import('./command-link.ts')).linkCommand(context)));
	program
		.command('login')
		.description('sign in to a server elsewhere: you say yes to a code in your browser')
		.argument('<server>', 'its address, https://ci.example.org')
		.action(
			run<[string]>(async ([server], context) => (await import('./command-login.ts')).loginCommand(server, context)),
		);
	program
		.command('logout')
		.description('sign out again')
		.argument('[server]', 'without it: everywhere')
		.action(
			run<[string | undefined]>(async ([server], context) =>
				(await import('./command-login.ts')).logoutCommand(server, context),
			),
		);
	program
		.command('whoami')
		.description('say who the server takes you for, and what you may do')
		.action(run(async (_given, context) => (await import('./command-login.ts')).whoamiCommand(context)));
}

function addPeople(program: Command, run: Run): void {
	const users = program.command('users').description('who may sign in, and what they may do');
	const name = () => new Argument('<name>', 'what they sign in with');
	users
		.command('add')
		.description('add an account, and print the link to set its password')
		.addArgument(name())
		.addOption(new Option('--role <role>', 'everywhere, or in the project of --project').choices(roles))
		.action(
			run<[string, { role?: (typeof roles)[number] }]>(async ([who, options], context) =>
				(await import('./command-users.ts')).usersAddCommand(who, options, context),
			),
		);
	users
		.command('list')
		.description('list them')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-users.ts')).usersListCommand(options, context),
			),
		);
	users
		.command('role')
		.description('give somebody a role in the project of --project; without it: everywhere')
		.addArgument(name())
		.addArgument(new Argument('<role>', 'what they may do').choices([...roles, 'none']))
		.action(
			run<[string, (typeof roles)[number] | 'none']>(async ([who, role], context) =>
				(await import('./command-users.ts')).usersRoleCommand(who, role, context),
			),
		);
	users
		.command('invite')
		.description('print a link to set a new password')
		.addArgument(name())
		.action(
			run<[string]>(async ([who], context) => (await import('./command-users.ts')).usersInviteCommand(who, context)),
		);
	const changes = {
		disable: 'end all that somebody has open, and let them in no more',
		enable: 'let somebody in again',
		erase: 'forget who somebody was: their name goes, what they did stays',
	} as const;
	for (const [word, says] of Object.entries(changes) as [keyof typeof changes, string][])
		users
			.command(word)
			.description(says)
			.addArgument(name())
			.action(
				run<[string]>(async ([who], context) =>
					(await import('./command-users.ts')).usersChangeCommand(who, word, context),
				),
			);
}

function addTokens(program: Command, run: Run): void {
	const token = program.command('token').description('what programs sign in with');
	token
		.command('create')
		.description('make a token and print it, this once; with --project for that project alone')
		.argument('<name>', 'what it is for')
		.addOption(
			new Option('--scope <word>', 'what it may do; may be repeated (default: read and run)')
				.choices(permissions)
				.argParser(scope),
		)
		.option('--days <count>', 'how long; 0: it does not end', wholeNumber(0, 3650), 90)
		.addOption(json())
		.action(
			run<[string, import('./command-token.ts').TokenOptions]>(async ([name, options], context) =>
				(await import('./command-token.ts')).tokenCreateCommand(name, options, context),
			),
		);
	token
		.command('list')
		.description('list them')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-token.ts')).tokenListCommand(options, context),
			),
		);
	token
		.command('revoke')
		.description('refuse a token from now on')
		.argument('<token>', 'its id: footbridge token list')
		.action(
			run<[string]>(async ([id], context) => (await import('./command-token.ts')).tokenRevokeCommand(id, context)),
		);
}

type SettingOptions = import('./command-setting.ts').SettingOptions;

function addSettings(program: Command, run: Run): void {
	const environment = () => new Option('-e, --environment <name>', 'of this environment of the project alone');
	const everywhere = () => new Option('--everywhere', 'of every project of the server');
	const secret = program.command('secret').description('what jobs need and nobody may read');
	const variable = program.command('variable').description('what jobs need, as the context `vars`');
	secret
		.command('set')
		.description('set a secret of this project; its value is piped in')
		.argument('<name>')
		.addOption(environment())
		.addOption(everywhere())
		.action(
			run<[string, SettingOptions]>(async ([name, options], context) =>
				(await import('./command-setting.ts')).settingSetCommand({ kind: 'secret', name }, options, context),
			),
		);
	variable
		.command('set')
		.description('set a variable of this project')
		.argument('<name>')
		.argument('[value]', 'without it: piped in')
		.addOption(environment())
		.addOption(everywhere())
		.action(
			run<[string, string | undefined, SettingOptions]>(async ([name, value, options], context) =>
				(await import('./command-setting.ts')).settingSetCommand({ kind: 'variable', name, value }, options, context),
			),
		);
	for (const [group, kind] of [
		[secret, 'secret'],
		[variable, 'variable'],
	] as const) {
		group
			.command('list')
			.description(kind === 'secret' ? 'list their names' : 'list them')
			.addOption(environment())
			.addOption(everywhere())
			.addOption(json())
			.action(
				run<[SettingOptions]>(async ([options], context) =>
					(await import('./command-setting.ts')).settingListCommand(kind, options, context),
				),
			);
		group
			.command('remove')
			.description('remove one')
			.argument('<name>')
			.addOption(environment())
			.addOption(everywhere())
			.action(
				run<[string, SettingOptions]>(async ([name, options], context) =>
					(await import('./command-setting.ts')).settingRemoveCommand({ kind, name }, options, context),
				),
			);
	}
	secret
		.command('rotate')
		.description('change the key that all secrets of the server are encrypted with')
		.action(run(async (_given, context) => (await import('./command-setting.ts')).secretRotateCommand(context)));
}

function addProviders(program: Command, run: Run): void {
	const provider = program.command('provider').description('services that vouch for people, by OpenID Connect');
	provider
		.command('set')
		.description('set one; it is asked to describe itself')
		.argument('<name>', 'as the sign-in page shows it')
		.requiredOption('--issuer <url>', 'its address, as its tokens have it')
		.requiredOption('--client-id <id>', 'what this server is called there')
		.option('--secret', "the client's secret is piped in")
		.option('--claim <path>', 'where its tokens have the groups', 'groups')
		.option('--map <group=role@project>', 'what a group may do; without @project: everywhere; may be repeated', collect)
		.action(
			run<[string, import('./command-provider.ts').ProviderOptions]>(async ([name, options], context) =>
				(await import('./command-provider.ts')).providerSetCommand(name, options, context),
			),
		);
	provider
		.command('list')
		.description('list them')
		.addOption(json())
		.action(
			run<[{ json?: boolean }]>(async ([options], context) =>
				(await import('./command-provider.ts')).providerListCommand(options, context),
			),
		);
	provider
		.command('remove')
		.description('remove one; the roles that its groups gave go with it')
		.argument('<name>')
		.action(
			run<[string]>(async ([name], context) =>
				(await import('./command-provider.ts')).providerRemoveCommand(name, context),
			),
		);
}

/** Words of a list, each checked by hand: a parser of one's own takes the place of the choices. */
function scope(value: string, before: readonly string[] = []): readonly string[] {
	const known = permissions.find((word) => word === value);
	if (known === undefined) throw new InvalidArgumentError(`It is one of ${permissions.join(', ')}.`);
	return [...before, known];
}
