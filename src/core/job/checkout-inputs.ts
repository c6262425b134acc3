import { failed, ok, type Problem, type Result } from '../result.ts';

/** What `actions/checkout` is asked for. */
export interface CheckoutInputs {
	/** `owner/name` of another repository; absent: the run's own. */
	readonly repository?: string;
	/** Of another repository; empty: the server of the run's own. */
	readonly server: string;
	readonly token: string;
	/** Branch, tag or commit; absent: what the run is about. */
	readonly ref?: string;
	/** Relative to the workspace, without `.` and `..`; empty: the workspace itself. */
	readonly path: string;
	/** False leaves the files of no commit that an earlier checkout and the steps since then have left in the folder. */
	readonly cleans: boolean;
	/** 0 for the whole history. */
	readonly depth: number;
	readonly tags: boolean;
	readonly submodules: 'none' | 'direct' | 'recursive';
	readonly lfs: boolean;
	/** Absent: all files. */
	readonly sparse?: { readonly patterns: readonly string[]; readonly isConeMode: boolean };
	/** Whether later steps may use the token through git. */
	readonly keepsToken: boolean;
}

/** Inputs that change nothing here, and with which values. */
const accepted: { readonly [name: string]: RegExp } = {
	'show-progress': /^(true|false)?$/,
	// The folder is the job's own.
	'set-safe-directory': /^(true|false)?$/,
	// Every job is in a room of its own, whoever wrote the commit.
	'allow-unsafe-pr-checkout': /^(true|false)?$/,
	'ssh-known-hosts': /^/,
	'ssh-strict': /^(true|false)?$/,
	'ssh-user': /^/,
	// The commit comes from this machine: leaving blobs out would save nothing.
	filter: /^/,
};

/** Reads the inputs of `actions/checkout`. FB2040: one of them cannot be read, or asks for something that is not supported. */
export function checkoutInputs(
	inputs: { readonly [name: string]: string },
	{ repository, workspace }: { readonly repository: string; readonly workspace: string },
): Result<CheckoutInputs> {
	const reader = new InputReader(inputs);
	const other = reader.text('repository');
	const given = reader.text('path');
	const path = given === workspace || given.startsWith(`${workspace}/`) ? given.slice(workspace.length + 1) : given;
	const parts = path.split('/').filter((part) => part !== '' && part !== '.');
	if (path.startsWith('/') || parts.includes('..'))
		reader.refuse(`The path '${path}' of actions/checkout leaves the workspace`);
	const depth = reader.text('fetch-depth') || '1';
	if (!/^\d{1,6}$/.test(depth)) reader.refuse(`'fetch-depth: ${depth}' of actions/checkout is not a number`);
	const isOther = other !== '' && other.toLowerCase() !== repository.toLowerCase();
	if (isOther && !/^(?!\.{1,2}\/)[\w.-]+\/(?!\.{1,2}$)[\w.-]+$/.test(other))
		reader.refuse(`'repository: ${other}' of actions/checkout is not owner/name`);
	if (reader.text('ssh-key') !== '') reader.refuse(`'ssh-key' of actions/checkout is not supported`);
	const ref = reader.text('ref');
	const patterns = reader
		.text('sparse-checkout')
		.split(/\r?\n/)
		.map((line) => line.trim())
		.filter((line) => line !== '');
	const asked: CheckoutInputs = {
		...(isOther ? { repository: other } : {}),
		server: reader.text('github-server-url').replace(/\/+$/, ''),
		token: reader.text('token'),
		...(ref === '' ? {} : { ref }),
		path: parts.join('/'),
		cleans: reader.flag('clean', true),
		depth: Number(depth),
		tags: reader.flag('fetch-tags', false),
		submodules:
			reader.text('submodules').toLowerCase() === 'recursive'
				? 'recursive'
				: reader.flag('submodules', false)
					? 'direct'
					: 'none',
		lfs: reader.flag('lfs', false),
		...(patterns.length === 0
			? {}
			: { sparse: { patterns, isConeMode: reader.flag('sparse-checkout-cone-mode', true) } }),
		keepsToken: reader.flag('persist-credentials', true),
	};
	reader.text('sparse-checkout-cone-mode');
	reader.finish();
	return reader.problems.length > 0 ? failed(...reader.problems) : ok(asked);
}

class InputReader {
	readonly problems: Problem[] = [];
	readonly #inputs: Map<string, string>;
	readonly #read = new Set<string>();

	constructor(inputs: { readonly [name: string]: string }) {
		this.#inputs = new Map(Object.entries(inputs).map(([name, value]) => [name.toLowerCase(), value.trim()]));
	}

	text(name: string): string {
		this.#read.add(name);
		return this.#inputs.get(name) ?? '';
	}

	flag(name: string, otherwise: boolean): boolean {
		const text = this.text(name).toLowerCase();
		if (text === '' || (name === 'submodules' && text === 'recursive')) return otherwise;
		if (text !== 'true' && text !== 'false')
			this.refuse(`'${name}: ${text}' of actions/checkout is neither true nor false`);
		return text === 'true';
	}

	refuse(what: string): void {
		this.problems.push({ code: 'FB2040', what });
	}

	finish(): void {
		for (const [name, value] of this.#inputs) {
			if (this.#read.has(name)) continue;
			const rule = accepted[name];
			if (rule === undefined) this.refuse(`The input '${name}' of actions/checkout is not known`);
			else if (!rule.test(value)) this.refuse(`'${name}: ${value}' of actions/checkout is neither true nor false`);
		}
	}
}
