import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createApi, type Listening, serve } from '#server/server.ts';
import { everybody } from '../everybody.ts';
import { needs } from '../needs.ts';
import { axeFindings, buildPage, built, openBrowser, root } from './browser.ts';
import { seededRecord } from './seed.ts';
import { emptyRecord, type Seeded } from './seed-record.ts';
import { runningRun } from './seed-runs.ts';

const screenshots = join(root, 'test-output/screenshots');

const pages = [
	{ name: 'home', path: '/', shows: 'Needs you' },
	{ name: 'runs', path: '/runs', shows: 'Send the receipt' },
	{ name: 'runs-filtered', path: '/runs?status=failed&branch=main', shows: 'Send the receipt' },
	{ name: 'run-running', path: `/runs/${runningRun}`, shows: 'basket case 80' },
	{ name: 'run-code', path: '/runs/code-failure', shows: 'The code is at fault' },
	{ name: 'run-environment', path: '/runs/environment-failure', shows: 'The environment is at fault' },
	{ name: 'run-refused', path: '/runs/refused', shows: 'release.yml:14:12' },
	{ name: 'run-cancelled', path: '/runs/cancelled', shows: 'a newer push to main' },
	{ name: 'environments', path: '/environments', shows: 'production' },
	{
		name: 'environment',
		path: '/environments/shop/production',
		shows: 'the proxy sends every request to this version',
	},
	{ name: 'environment-incident', path: '/environments/shop/staging', shows: 'Incident 1' },
	{ name: 'deployment', path: '/deployments/d3', shows: 'users reach it' },
	{ name: 'deployment-rolled-back', path: '/deployments/d2', shows: 'relation "coupons" does not exist' },
	{ name: 'deployment-running', path: '/deployments/d10', shows: 'web started' },
	{ name: 'metrics', path: '/metrics', shows: 'Lead time' },
	{ name: 'missing', path: '/nowhere', shows: 'There is nothing here' },
] as const;

const widths = { wide: 1360, phone: 390 } as const;

describe('the page in a browser', needs('chromium'), () => {
	let record: Seeded;
	let server: Listening;
	let browser: Browser;

	before(async () => {
		buildPage();
		mkdirSync(screenshots, { recursive: true });
		record = await seededRecord();
		server = await serve(createApi(record.engine, { access: everybody(record.engine), web: built }), { port: 0 });
		browser = await openBrowser();
	});
	after(async () => {
		await browser?.close();
		await server?.close();
		await record?.close();
	});

	for (const scheme of ['light', 'dark'] as const) {
		for (const [size, width] of Object.entries(widths)) {
			test(`every page is whole, accessible and within ${width} px in ${scheme}`, async () => {
				const page = await openPage(browser, server.url, { scheme, width });
				for (const { name, path, shows } of pages) {
					await page.goto(`${server.url}${path}`);
					await page.getByText(shows).first().waitFor();
					await page.waitForTimeout(120);
					await page.screenshot({ path: join(screenshots, `${name}-${scheme}-${size}.png`), fullPage: true });
					assert.deepEqual(await axeFindings(page), [], `${name} ${scheme} ${size}`);
					const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
					assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
				}
				assert.deepEqual(page.complaints, []);
				await page.context().close();
			});
		}
	}

	test('the first page needs at most 150 kB of compressed scripts', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(server.url);
		await page.getByText('Newest runs').waitFor();
		const bytes = await page.evaluate<number>(`performance.getEntriesByType('resource')
			.filter(({ name }) => name.endsWith('.js'))
			.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)`);
		assert.ok(bytes > 10_000 && bytes < 150_000, `${bytes} bytes`);
		await page.context().close();
	});

	test('without a project the page tells the three commands to begin with', async () => {
		const empty = await emptyRecord();
		const server = await serve(createApi(empty.engine, { access: everybody(empty.engine), web: built }), { port: 0 });
		const page = await openPage(browser, server.url);
		await page.goto(server.url);
		for (const command of ['footbridge project add .', 'footbridge run', 'footbridge deploy production']) {
			await page.getByText(command, { exact: true }).waitFor();
		}
		await page.screenshot({ path: join(screenshots, 'home-empty.png') });
		assert.deepEqual(await axeFindings(page), []);
		await page.context().close();
		await server.close();
		await empty.close();
	});

	test('a failed run opens its log at the line that the finding names, and the tab says that it failed', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(`${server.url}/runs/code-failure`);
		const line = page.getByText("'paid' !== 'pending'", { exact: false });
		await line.waitFor();
		assert.ok(await line.isVisible());
		assert.match(await page.title(), /^✕ failed · CI #7/);
		const icon = await page.locator('link[rel="icon"]').getAttribute('href');
		assert.ok(icon?.startsWith('data:image/svg+xml,'));
		const cards = await page.locator('main section, main nav').evaluateAll((all) => all.map((one) => one.className));
		const order = ['finding', 'graph', 'log'].map((name) => cards.findIndex((names) => names.includes(name)));
		assert.deepEqual(
			order,
			order.toSorted((a, b) => a - b),
			'the cause comes first',
		);
		await page.context().close();
	});

	test('a long log draws only what is on the screen, and a link leads to its lines', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(`${server.url}/runs/code-failure#unit:L700-L702`);
		await page.getByText('basket case 688', { exact: false }).first().waitFor();
		assert.equal(await page.locator('.log-row.chosen').count(), 3);
		const drawn = await page.locator('.log-row').count();
		assert.ok(drawn < 120, `${drawn} rows are drawn`);
		await page.getByRole('button', { name: 'Copy lines' }).waitFor();
		const text = await page.evaluate<string>(`(() => {
			const rows = [...document.querySelectorAll('.log-row.chosen')];
			const range = document.createRange();
			range.setStartBefore(rows[0]);
			range.setEndAfter(rows[2]);
			getSelection().removeAllRanges();
			getSelection().addRange(range);
			return getSelection().toString();
		})()`);
		assert.match(text, /^✔ basket case \d+ \(\dms\)\s+✔ basket case \d+ \(\dms\)\s+✔ basket case \d+ \(\dms\)\s*$/);
		await page.context().close();
	});

	test('the search finds what is far from the screen, and counts all of it', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(`${server.url}/runs/code-failure#unit:L1`);
		await page.locator('.log-row').first().waitFor();
		await page.keyboard.press('/');
		await page.keyboard.type('BASKET CASE 11');
		await page.keyboard.press('Enter');
		await page.getByText('1 of 111', { exact: true }).waitFor();
		await page.keyboard.press('Escape');
		await page.keyboard.press('n');
		await page.getByText('2 of 111', { exact: true }).waitFor();
		await page.getByText('basket case 110 ', { exact: false }).waitFor();
		await page.context().close();
	});

	test('the keys lead through the page', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(server.url);
		await page.getByText('Newest runs').waitFor();
		await page.keyboard.press('g');
		await page.keyboard.press('r');
		await page.waitForURL('**/runs');
		await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor();
		await page.locator('main .run-row').first().waitFor();
		await page.keyboard.press('j');
		await page.keyboard.press('j');
		await page.keyboard.press('k');
		await page.keyboard.press('Enter');
		await page.waitForURL(`**/runs/${runningRun}`);
		await page.getByRole('heading', { level: 1 }).waitFor();
		await page.keyboard.press('Escape');
		await page.waitForURL('**/runs');
		await page.keyboard.press('?');
		await page.getByRole('dialog').waitFor();
		await page.keyboard.press('Escape');
		await page.getByRole('dialog').waitFor({ state: 'hidden' });
		assert.ok(page.url().endsWith('/runs'), 'Esc closed the help and nothing else');
		await page.keyboard.press('g');
		await page.keyboard.press('e');
		await page.waitForURL('**/environments');
		await page.keyboard.press('g');
		await page.keyboard.press('m');
		await page.waitForURL('**/metrics');
		await page.context().close();
	});

	test('the choice of light or dark is remembered', async () => {
		const page = await openPage(browser, server.url, { scheme: 'light', width: 1360 });
		await page.goto(server.url);
		const ground = () => page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor');
		const light = await ground();
		const button = page.getByRole('button', { name: /^Colours/ });
		await button.click();
		await button.click();
		const dark = await ground();
		assert.notEqual(dark, light);
		await page.reload();
		assert.equal(await ground(), dark);
		await page.context().close();
	});

	test('filters live in the address', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(`${server.url}/runs`);
		await page.getByLabel('Status').selectOption('cancelled');
		await page.waitForURL('**/runs?status=cancelled');
		await page.getByText('Index orders by customer').first().waitFor();
		await page.getByLabel('Branch').fill('nowhere');
		await page.keyboard.press('Enter');
		await page.waitForURL('**/runs?status=cancelled&branch=nowhere');
		await page.getByText('No run fits these filters.').waitFor();
		await page.context().close();
	});

	test('a deployment can be asked for; what cannot be deployed is explained', async () => {
		const page = await openPage(browser, server.url);
		await page.goto(`${server.url}/environments/shop/production`);
		await page.getByLabel('Version').fill('nowhere');
		await page.getByRole('button', { name: 'Deploy' }).click();
		await page.getByText('nowhere is no commit of shop').waitFor();
		await page.getByLabel('Version').fill('');
		await page.getByRole('button', { name: 'Deploy' }).click();
		await page.waitForURL('**/deployments/new');
		await page.getByText('Release 4').waitFor();
		assert.deepEqual(record.asked.slice(-2), ['deploy nowhere to production', 'deploy HEAD to production']);
		await page.context().close();
	});
});

type WatchedPage = Page & { readonly complaints: readonly string[] };

/** A page in a profile of its own, that keeps what the browser complains about. */
async function openPage(
	browser: Browser,
	origin: string,
	look: { readonly scheme: 'light' | 'dark'; readonly width: number } = { scheme: 'light', width: 1360 },
): Promise<WatchedPage> {
	const context = await browser.newContext({
		colorScheme: look.scheme,
		viewport: { width: look.width, height: 900 },
		reducedMotion: 'reduce',
		baseURL: origin,
	});
	const page = await context.newPage();
	page.setDefaultTimeout(10_000);
	const complaints: string[] = [];
	page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()));
	page.on('pageerror', (error) => complaints.push(String(error)));
	return Object.assign(page, { complaints });
}
