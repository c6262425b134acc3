import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { createApi, type Listening, serve } from '#server/server.ts';
import { everybody } from '../everybody.ts';
import { needs } from '../needs.ts';
import { buildPage, built, openBrowser } from './browser.ts';
import { seededRecord } from './seed.ts';
import type { Seeded } from './seed-record.ts';
import { runningRun } from './seed-runs.ts';

const job = 'unit (20)';
const hostile = [
	'<script>alert("script")</script>',
	'<img src=x onerror=alert("img")>',
	'</pre></div><svg/onload=alert("svg")>',
	'<a href="javascript:alert(1)">click</a> javascript:alert(2) https://evil.example/%22onmouseover=alert(3)',
	'\u001b[32;1m<iframe srcdoc="<script>parent.alert(4)</script>"></iframe>\u001b[0m',
	'\u001b]8;;javascript:alert(5)\u0007a terminal link\u001b]8;;\u0007',
];

/** What hostile output did to a page: windows that it opened, and what it asked for from elsewhere. */
interface Harm {
	readonly dialogs: readonly string[];
	readonly asked: readonly string[];
}

describe('LOG-07: what a job prints is text in the page', needs('chromium'), () => {
	let record: Seeded;
	let server: Listening;
	let browser: Browser;

	before(async () => {
		buildPage();
		record = await seededRecord();
		server = await serve(createApi(record.engine, { access: everybody(record.engine), web: built }), { port: 0 });
		browser = await openBrowser();
	});
	after(async () => {
		await browser?.close();
		await server?.close();
		await record?.close();
	});

	async function harmOf(show: (page: Page) => Promise<void>): Promise<Harm> {
		const page = await browser.newPage();
		const [dialogs, asked]: [string[], string[]] = [[], []];
		page.on('dialog', (dialog) => {
			dialogs.push(dialog.message());
			void dialog.dismiss();
		});
		page.on('request', (request) => {
			if (!request.url().startsWith(server.url) && !request.url().startsWith('data:')) asked.push(request.url());
		});
		await show(page);
		await page.waitForTimeout(300);
		await page.close();
		return { dialogs, asked };
	}

	test('in the log, in an annotation, a summary, a name and an address', async () => {
		const writer = record.logs.writer(`${runningRun}/${job}.1`);
		writer.write(Date.now(), hostile);
		await writer.close();
		const text = hostile.join('\n');
		await record.append(`run/${runningRun}`, {
			...{ kind: 'step-finished', job, attempt: 1, step: 2, name: hostile[1] as string, outcome: 'failure' },
			...{ conclusion: 'failure', exitCode: 1, outputs: {}, durationMs: 5, line: 150, summary: text },
			annotations: [
				{ level: 'error', title: hostile[0] as string, message: text, file: hostile[2] as string, logLine: 92 },
			],
		});
		await record.append(`run/${runningRun}`, {
			...{ kind: 'job-finished', job, attempt: 1, conclusion: 'failed', outputs: {}, leftovers: 0 },
			...{ environmentUrl: 'javascript:alert("address")', why: hostile[1] as string },
		});
		const harm = await harmOf(async (page) => {
			await page.goto(`${server.url}/runs/${runningRun}#${encodeURIComponent(job)}`);
			await page.locator('.log-box').getByText('<script>alert("script")</script>').first().waitFor();
			await page.locator('.annotations').getByText('onerror=alert("img")').first().waitFor();
			await page.getByText('javascript:alert("address")').waitFor();
			const links = await page
				.locator('a')
				.evaluateAll((found) => found.map((link) => (link as unknown as { href: string }).href));
			assert.deepEqual(
				links.filter((href) => !href.startsWith(server.url)),
				[],
				'no link leaves the page',
			);
			for (const mark of await page.locator('.log-box').getByText('alert(3)').all()) await mark.hover();
		});
		assert.deepEqual(harm, { dialogs: [], asked: [] });
	});

	test('and even a page that took it for HTML could not run it, while one without the headers does', async () => {
		const inject = `document.body.innerHTML = ${JSON.stringify(hostile.slice(1, 3).join(''))}`;
		const guarded = await harmOf(async (page) => {
			await page.goto(server.url);
			await page.evaluate(inject);
		});
		assert.deepEqual(guarded.dialogs, []);
		const unguarded = await harmOf(async (page) => {
			await page.goto('about:blank');
			await page.evaluate(inject);
		});
		assert.ok(unguarded.dialogs.includes('svg') || unguarded.dialogs.includes('img'), 'the lines are hostile');
	});
});
