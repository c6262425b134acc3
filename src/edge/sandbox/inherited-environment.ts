/** How this machine reaches the network: proxies and certificates, which a job needs wherever it runs. */
export function networkEnvironment(own: NodeJS.ProcessEnv): { readonly [name: string]: string } {
	return pick(own, [...proxies, ...proxies.map((name) => name.toUpperCase()), ...certificates]);
}

/** What a job of the `host` tier gets of the user's own variables: who and where the user is, nothing secret, nothing of npm's. */
export function userEnvironment(own: NodeJS.ProcessEnv): { readonly [name: string]: string } {
	return {
		...networkEnvironment(own),
		...pick(own, personal),
		PATH: withoutNpmFolders(own['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', own),
	};
}

const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];
const certificates = ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'NODE_EXTRA_CA_CERTS', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'];
const personal = ['HOME', 'USER', 'LOGNAME', 'SHELL', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR', 'XDG_RUNTIME_DIR'];

function pick(own: NodeJS.ProcessEnv, names: readonly string[]): { readonly [name: string]: string } {
	return Object.fromEntries(names.flatMap((name) => (own[name] === undefined ? [] : [[name, own[name]]])));
}

/** `npm run` puts its own folders first, and with them the Node that Footbridge brings: not what the user calls `node`. */
function withoutNpmFolders(path: string, own: NodeJS.ProcessEnv): string {
	if (own['npm_lifecycle_event'] === undefined) return path;
	const folders = path.split(':').filter((folder) => !/\/node_modules\/\.bin$|\/node-gyp-bin$/.test(folder));
	return folders.join(':');
}
