import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromiumPath } from '../needs.ts';

export const root = join(import.meta.dirname, '../..');
export const built = join(root, 'dist/web');

/** Starts the machine's own Chromium, which asks nobody on the network for anything. */
export function openBrowser(): Promise<Browser> {
	const executablePath = chromiumPath();
	if (executablePath === undefined) throw new Error('there is no chromium');
	const quiet = ['--disable-background-networking', '--disable-component-update', '--disable-sync'];
	return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu', '--no-first-run', ...quiet] });
}

/** Builds the page when it is not there, or older than its source; of several test processes one builds, the others wait. */
export function buildPage(): void {
	for (let waited = 0; !isFresh(); waited += 1) {
		if (waited < 300 && !holds(building)) {
			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
			continue;
		}
		try {
			const vite = join(root, 'node_modules/vite/bin/vite.js');
			execFileSync(process.execPath, [vite, 'build', '--logLevel', 'warn', 'src/web'], { cwd: root, stdio: 'inherit' });
		} finally {
			rmSync(building, { recursive: true, force: true });
		}
	}
}

const building = join(root, 'test-output/building-the-page');

/** Takes the lock; false while another process has it. */
function holds(lock: string): boolean {
	mkdirSync(join(lock, '..'), { recursive: true });
	try {
		mkdirSync(lock);
		return true;
	} catch {
		return false;
	}
}

function isFresh(): boolean {
	const index = join(built, 'index.html');
	return !existsSync(building) && existsSync(index) && statSync(index).mtimeMs > newest(['src/web', 'src/core']);
}

function newest(folders: readonly string[]): number {
	const files = folders.flatMap((folder) =>
		readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
	);
	return Math.max(...files.map((file) => statSync(join(file.parentPath, file.name)).mtimeMs));
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe-core finds on the page, one line each; empty when nothing. */
export async function axeFindings(page: Page): Promise<readonly string[]> {
	// The page's own policy forbids foreign scripts; the debugger may still evaluate.
	await page.evaluate(axe);
	return page.evaluate(async () => {
		const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: readonly Violation[] }> } };
		interface Violation {
			readonly id: string;
			readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
		}
		const { violations } = await axe.run();
		return violations.flatMap(({ id, nodes }) =>
			nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary.replaceAll('\n', ' ')}`),
		);
	});
}
