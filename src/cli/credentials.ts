import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ProblemError } from '#core/result.ts';

/** What `footbridge login` keeps of a server. */
export interface Credential {
	readonly token: string;
	/** Whose it is, as that server calls them. */
	readonly name: string;
}

type Kept = { readonly [server: string]: Credential };

/** A file in the user's own configuration, never in a project. */
function credentialsFile(): string {
	return join(process.env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'), 'footbridge/credentials.json');
}

/** The address of a server as it is kept: `https://ci.example.org`. FB0160: it is none. */
export function serverAddress(text: string): string {
	const url = URL.parse(/^https?:\/\//.test(text) ? text : `https://${text}`);
	if (url !== null && url.username === '' && /^https?:$/.test(url.protocol)) return url.origin;
	throw new ProblemError({
		code: 'FB0160',
		what: `${text} is not the address of a server`,
		next: 'write it as https://ci.example.org',
	});
}

/** The credential for a server: the token of FOOTBRIDGE_TOKEN, else what `footbridge login` has kept. */
export function credentialFor(server: string): Credential | undefined {
	const given = process.env['FOOTBRIDGE_TOKEN'];
	return given === undefined || given === '' ? read()[server] : { token: given, name: '' };
}

export function keptServers(): readonly string[] {
	return Object.keys(read());
}

export function keepCredential(server: string, credential: Credential): void {
	write({ ...read(), [server]: credential });
}

export function dropCredential(server: string): void {
	const { [server]: _, ...rest } = read();
	write(rest);
}

function read(): Kept {
	const file = credentialsFile();
	let text: string;
	try {
		text = readFileSync(file, 'utf8');
	} catch {
		return {};
	}
	if (process.platform !== 'win32' && (statSync(file).mode & 0o077) !== 0) {
		throw new ProblemError({
			code: 'FB0161',
			what: 'others may read the tokens of this user',
			where: file,
			next: `chmod 600 ${file}; and if others use this machine: footbridge logout, footbridge login`,
		});
	}
	return JSON.parse(text) as Kept;
}

function write(kept: Kept): void {
	const file = credentialsFile();
	mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
	const draft = `${file}.draft-${process.pid}`;
	rmSync(draft, { force: true });
	writeFileSync(draft, `${JSON.stringify(kept, null, '\t')}\n`, { mode: 0o600, flag: 'wx' });
	renameSync(draft, file);
}
