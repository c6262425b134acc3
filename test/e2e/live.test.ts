import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { Event } from '#core/event.ts';
import { createApi, type Listening, serve } from '#server/server.ts';
import { everybody } from '../everybody.ts';
import { needs } from '../needs.ts';
import { buildPage, built, openBrowser } from './browser.ts';
import { seededRecord } from './seed.ts';
import type { Seeded } from './seed-record.ts';
import { runningRun } from './seed-runs.ts';

const run = `run/${runningRun}`;
const job = 'unit (20)';

describe('what happens while somebody looks', needs('chromium'), () => {
	let record: Seeded;
	let server: Listening;
	let browser: Browser;
	let context: BrowserContext;

	before(async () => {
		buildPage();
		record = await seededRecord();
		server = await serve(createApi(record.engine, { access: everybody(record.engine), web: built }), { port: 0 });
		browser = await openBrowser();
		context = await browser.newContext({ viewport: { width: 1360, height: 900 }, reducedMotion: 'reduce' });
		context.setDefaultTimeout(10_000);
	});
	after(async () => {
		await browser?.close();
		await server?.close();
		await record?.close();
	});

	const open = (path: string) => openTab(context, server.url, path);
	const write = async (...lines: readonly string[]) => {
		const writer = record.logs.writer(`${runningRun}/${job}.1`);
		writer.write(Date.now(), lines);
		await writer.close();
	};

	test('a line that a job writes is on the screen at once, and the log follows until one scrolls up', async () => {
		const page = await open(`/runs/${runningRun}`);
		await page.getByText('basket case 80', { exact: false }).waitFor();
		await write('the first new line');
		await page.getByText('the first new line').waitFor();
		const follow = page.getByRole('button', { name: 'Follow' });
		assert.equal(await follow.getAttribute('aria-pressed'), 'true');

		await page.locator('.log-box').hover();
		await page.mouse.wheel(0, -800);
		await page.waitForFunction(`document.querySelector('.log-head [aria-pressed="false"]') !== null`);
		await write(...Array.from({ length: 60 }, (_, index) => `more ${index}`), 'far below');
		await page.getByText('151 lines').waitFor();
		assert.equal(await page.getByText('far below').count(), 0, 'what one reads stays where it is');
		await page.keyboard.press('f');
		await page.getByText('far below').waitFor();
		await page.close();
	});

	test('steps, jobs and the run go on without a reload, in the tab’s title and icon too', async () => {
		const page = await open(`/runs/${runningRun}`);
		await page.getByText('basket case 80', { exact: false }).or(page.getByText('far below')).first().waitFor();
		assert.match(await page.title(), /^◐ running/);
		await record.append(run, {
			...{
				kind: 'step-finished',
				job,
				attempt: 1,
				step: 2,
				name: 'npm test',
				outcome: 'success',
				conclusion: 'success',
			},
			...{ exitCode: 0, outputs: {}, durationMs: 93_000, line: 150 },
		});
		await page.locator('.steps').getByText('1 min 33 s').waitFor();
		await record.append(run, { kind: 'step-started', job, attempt: 1, step: 3, name: 'Post the results', line: 151 });
		await page.getByRole('link', { name: 'running Post the results' }).waitFor();
		await record.append(run, { kind: 'job-started', job: 'unit (24)', attempt: 1, tier: 'host', reason: 'x' });
		await page.locator('.graph').getByRole('link', { name: 'running unit (24)' }).waitFor();

		await page.getByRole('button', { name: 'Cancel' }).click();
		await page.getByText('It is being stopped: cancelled by a person.').waitFor();
		const ends: readonly Event[] = [job, 'unit (22)', 'unit (24)', 'build'].map((name) => ({
			...{ kind: 'job-finished', job: name, attempt: 1, conclusion: 'cancelled', outputs: {} },
		}));
		await record.append(run, ...ends, { kind: 'run-finished', conclusion: 'cancelled' });
		await page.getByText('It was stopped: cancelled by a person.').waitFor();
		assert.match(await page.title(), /^■ cancelled/);
		assert.equal(await page.getByRole('button', { name: 'Cancel' }).count(), 0);
		await page.close();
	});

	test('a deployment goes through its stages, and the list of environments hears of it', async () => {
		const page = await open('/deployments/d10');
		await page.locator('.stage.is-running').getByText('Check').waitFor();
		const list = await open('/environments');
		await list.getByText('deployment 2 of').waitFor();
		await record.append(
			'deployment/d10',
			{ kind: 'service-checked', service: 'web', healthy: true, detail: 'HTTP 200 in 5 ms' },
			{ kind: 'traffic-switched', to: 'd10', from: 'd9' },
		);
		await page.locator('.stage.is-running').getByText('Switch').waitFor();
		await record.append(
			'deployment/d10',
			{ kind: 'traffic-verified', detail: 'HTTP 200 in 3 ms' },
			{ kind: 'version-drained', deployment: 'd9', open: 0 },
			{ kind: 'version-stopped', deployment: 'd9' },
			{ kind: 'deployment-finished', outcome: 'live', exposed: true },
		);
		await record.append('deployment/d9', { kind: 'deployment-superseded', by: 'd10' });
		await page.locator('.stage.is-done').getByText('Live').waitFor();
		await list.getByText('deployment 2, live since').waitFor();
		await page.close();
		await list.close();
	});

	test('an incident is on the home page when it opens and off it when it is over', async () => {
		const page = await open('/');
		await page.getByText('Needs you').waitFor();
		await record.append('incident/i1', { kind: 'incident-resolved', impactEnd: new Date().toISOString() });
		await page.getByText('Needs you').waitFor({ state: 'hidden' });
		await page.close();
	});

	test('tabs of one browser share one connection, and the next tab takes over when the first is closed', async () => {
		let streams = 0;
		// A browser of their own: other tabs would have the connection already.
		const context = await browser.newContext();
		const open = (path: string) => openTab(context, server.url, path);
		context.on('request', (request) => {
			if (request.url().includes('/api/v1/events')) streams += 1;
		});
		const first = await open('/runs');
		const second = await open('/runs');
		const third = await open('/runs');
		assert.equal(streams, 1);
		await first.close();
		await record.append('run/later', await aRun(record, 'Heard by the tab that took over'));
		await second.getByText('Heard by the tab that took over').waitFor();
		await third.getByText('Heard by the tab that took over').waitFor();
		assert.equal(streams, 2);
		await context.close();
	});

	test('when the server goes the page says so, and when it is back nothing is missing', async () => {
		const page = await open('/runs');
		const { port } = server;
		await server.close();
		await page.locator('.live-mark.is-reconnecting').waitFor();
		await page.getByText(/stale since \d\d:\d\d/).waitFor();
		await record.append('run/meanwhile', await aRun(record, 'Happened while nobody was there'));
		server = await serve(createApi(record.engine, { access: everybody(record.engine), web: built }), { port });
		await page.locator('.live-mark.is-live').waitFor();
		await page.getByText('Happened while nobody was there').waitFor();
		await page.close();
	});
});

/** A tab that hears what happens. */
async function openTab(context: BrowserContext, url: string, path: string): Promise<Page> {
	const page = await context.newPage();
	await page.goto(`${url}${path}`);
	await page.locator('.live-mark.is-live').waitFor();
	return page;
}

async function aRun(record: Seeded, subject: string): Promise<Event> {
	const [queued] = await record.store.read(run);
	assert.ok(queued?.event.kind === 'run-queued');
	return { ...queued.event, number: 12, commit: { ...queued.event.commit, subject } };
}
