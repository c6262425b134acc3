import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { type Listening, serve } from '#server/server.ts';
import { type AccessWorld, accessWorld, goodPassword } from '../access-world.ts';
import { needs } from '../needs.ts';
import { axeFindings, buildPage, built, openBrowser, root } from './browser.ts';

const screenshots = join(root, 'test-output/screenshots');
const hour = 60 * 60_000;

describe('access in a browser', needs('chromium'), () => {
	let world: AccessWorld;
	let server: Listening;
	let browser: Browser;

	before(async () => {
		buildPage();
		mkdirSync(screenshots, { recursive: true });
		world = await accessWorld({ web: built });
		server = await serve(world.api, { port: 0 });
		browser = await openBrowser();
	});
	after(async () => {
		await browser?.close();
		await server?.close();
		await world?.[Symbol.asyncDispose]();
	});

	const open = async (look: { readonly scheme?: 'light' | 'dark'; readonly width?: number } = {}): Promise<Page> => {
		const context = await browser.newContext({
			colorScheme: look.scheme ?? 'light',
			viewport: { width: look.width ?? 1360, height: 900 },
			reducedMotion: 'reduce',
		});
		const page = await context.newPage();
		page.setDefaultTimeout(10_000);
		return page;
	};
	const linkTo = async (page: string, purpose: 'sign-in' | 'set-up' | 'password', person: string | null = null) =>
		`${server.url}/${page}#${await world.access.links.make(purpose, person, hour)}`;
	const looksGood = async (page: Page, name: string, width: number): Promise<void> => {
		await page.waitForTimeout(120);
		await page.screenshot({ path: join(screenshots, `${name}.png`), fullPage: true });
		assert.deepEqual(await axeFindings(page), [], name);
		const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
		assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
	};

	test('a newcomer opens the link of the first start and is in, without a password; the link works once', async () => {
		const link = await linkTo('enter', 'sign-in', 'local');
		const page = await open();
		await page.goto(link);
		await page.getByText('Newest runs').waitFor();
		assert.equal(new URL(page.url()).hash, '', 'the code is out of the address');
		await page.getByRole('link', { name: 'Settings' }).click();
		await page.getByRole('heading', { name: 'owner of this machine' }).waitFor();
		await page.context().close();

		const other = await open();
		await other.goto(link);
		await other.getByText('this link works no more').waitFor();
		await other.goto(server.url);
		await other.getByText('It is your machine').waitFor();
		await other.context().close();
	});

	test('the first admin is made by the set-up link, once', async () => {
		const link = await linkTo('set-up', 'set-up');
		const page = await open();
		await page.goto(link);
		await page.getByLabel('Name').fill('ana');
		await page.getByLabel('Password', { exact: true }).fill('short');
		await page.getByLabel('Password, once more').fill('short');
		await page.getByRole('button', { name: 'Make the account' }).click();
		await page.getByText('that password is too weak').waitFor();
		await page.getByLabel('Password', { exact: true }).fill(goodPassword);
		await page.getByRole('button', { name: 'Make the account' }).click();
		await page.getByText('These two are not the same.').waitFor();
		await page.getByLabel('Password, once more').fill(goodPassword);
		await page.getByRole('button', { name: 'Make the account' }).click();
		await page.getByText('Newest runs').waitFor();
		await page.context().close();

		const other = await open();
		await other.goto(link);
		await other.getByLabel('Name').fill('eve');
		await other.getByLabel('Password', { exact: true }).fill(goodPassword);
		await other.getByLabel('Password, once more').fill(goodPassword);
		await other.getByRole('button', { name: 'Make the account' }).click();
		await other.getByText('this link works no more').waitFor();
		assert.deepEqual(
			(await world.access.people.list()).map(({ name }) => name),
			['ana'],
		);
		await other.context().close();
	});

	test('who is not signed in sees nothing but the way in, and comes to the page that was asked for', async () => {
		const page = await open();
		await page.goto(`${server.url}/runs/code-failure`);
		await page.getByRole('heading', { name: 'Sign in' }).waitFor();
		assert.doesNotMatch(await page.content(), /Send the receipt|code-failure"/);
		await page.getByLabel('Name').fill('ana');
		await page.getByLabel('Password').fill('not this one');
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.getByText('the name or the password is wrong').waitFor();
		await page.getByLabel('Password').fill(goodPassword);
		await page.getByRole('button', { name: 'Sign in' }).click();
		await page.getByText('The code is at fault').waitFor();
		await page.getByRole('button', { name: 'Run again' }).click();
		await page.waitForTimeout(200);
		assert.equal(world.record.asked.at(-1), 'rerun code-failure', 'the page proves that it is the one that signed in');
		await page.goto(`${server.url}/settings`);
		await page.getByRole('button', { name: 'Sign out' }).click();
		await page.getByRole('heading', { name: 'Sign in' }).waitFor();
		await page.context().close();
	});

	test('a session that is ended elsewhere is over on the page that is open', async () => {
		const page = await open();
		const person = await world.person('dora', 'viewer');
		await page.goto(await linkTo('enter', 'sign-in', person));
		await page.getByText('Newest runs').waitFor();
		await world.access.sessions.end('local', person, { except: undefined });
		await page.getByRole('heading', { name: 'Sign in' }).waitFor();
		await page.context().close();
	});

	test('an invited person sets a password and sees only their project', async () => {
		const person = await world.person('ben', 'viewer', 'nothing-yet');
		const page = await open();
		await page.goto(await linkTo('invite', 'password', person));
		await page.getByLabel('Password', { exact: true }).fill('another long one');
		await page.getByLabel('Password, once more').fill('another long one');
		await page.getByRole('button', { name: 'Set it and sign in' }).click();
		await page.getByText('Three commands to begin').waitFor();
		await page.goto(`${server.url}/runs/code-failure`);
		await page.getByText('there is no run code-failure').waitFor();
		await page.goto(`${server.url}/settings`);
		await page.getByText('viewer').waitFor();
		assert.equal(await page.getByRole('link', { name: 'People' }).count(), 0);
		await page.context().close();
	});

	test('a program is signed in by a code, when its person says yes', async () => {
		const request = world.access.devices.begin('build-laptop');
		const page = await open();
		await page.goto(await linkTo('enter', 'sign-in', 'local'));
		await page.getByText('Newest runs').waitFor();
		await page.goto(`${server.url}/device#${request.userCode}`);
		await page.getByText('Is it you who signs in on build-laptop?').waitFor();
		await looksGood(page, 'device', 1360);
		assert.deepEqual(await world.access.devices.poll(request.deviceCode), { state: 'waiting' });
		await page.getByRole('button', { name: 'Yes, sign it in' }).click();
		await page.getByText('It is signed in.').waitFor();
		assert.equal((await world.access.devices.poll(request.deviceCode)).state, 'granted');
		await page.context().close();
	});

	test('settings: a person, a token, a secret and a variable are made and taken away again', async () => {
		const page = await open();
		await page.goto(await linkTo('enter', 'sign-in', 'local'));
		await page.getByText('Newest runs').waitFor();
		await page.goto(`${server.url}/settings/people`);
		await page.getByLabel('Name').fill('cleo');
		await page.getByRole('button', { name: 'Add' }).click();
		await page.getByText(/\/invite#/).waitFor();
		await page.locator('.setting-row', { hasText: 'cleo' }).getByRole('button', { name: 'Erase' }).click();
		await page.getByRole('button', { name: 'Erase cleo?' }).click();
		await page.locator('.setting-row', { hasText: 'cleo' }).waitFor({ state: 'detached' });

		await page.goto(`${server.url}/settings/tokens`);
		await page.getByLabel('What it is for').fill('deploy bot');
		await page.getByRole('button', { name: 'Make it' }).click();
		const text = (await page.getByText(/^fb_/).textContent()) ?? '';
		assert.equal((await world.get('/runs', { authorization: `Bearer ${text}` })).status, 200);
		await page.getByRole('button', { name: 'Revoke' }).first().click();
		await page.getByRole('button', { name: 'Revoke deploy bot?' }).click();
		await page.locator('.setting-row', { hasText: 'deploy bot' }).waitFor({ state: 'detached' });
		assert.equal((await world.get('/runs', { authorization: `Bearer ${text}` })).status, 401);

		await page.goto(`${server.url}/settings/secrets`);
		await page.getByLabel('For').selectOption('shop');
		await page.getByLabel('Name').fill('npm_token');
		await page.getByLabel('Value').fill('open sesame');
		await page.getByRole('button', { name: 'Set', exact: true }).click();
		await page.getByText('NPM_TOKEN').waitFor();
		assert.doesNotMatch(await page.content(), /sesame/, 'it is shown to nobody again');
		await page.goto(`${server.url}/settings/variables`);
		await page.getByLabel('For').selectOption('shop');
		await page.getByLabel('Name').fill('REGION');
		await page.getByLabel('Value').fill('eu-central');
		await page.getByRole('button', { name: 'Set', exact: true }).click();
		await page.getByText('eu-central').waitFor();

		await page.goto(`${server.url}/settings/audit`);
		await page.getByText('set the secret NPM_TOKEN of project/shop').waitFor();
		await page.getByText('erased person').first().waitFor();
		assert.doesNotMatch(await page.content(), /cleo/);
		await page.context().close();
	});

	for (const scheme of ['light', 'dark'] as const) {
		for (const [size, width] of [
			['wide', 1360],
			['phone', 390],
		] as const) {
			test(`every page of access is whole, accessible and within ${width} px in ${scheme}`, async () => {
				const page = await open({ scheme, width });
				const person = (await world.access.people.named('look'))?.person ?? (await world.person('look', 'admin'));
				const gates = [
					['sign-in', '/', 'Is it your machine?'],
					['set-up', '/set-up#x', 'Make the first account'],
					['invite', '/invite#x', 'Set your password'],
					['enter-dead', '/enter#x', 'this link works no more'],
				] as const;
				for (const [name, path, shows] of gates) {
					await page.goto(`${server.url}${path}`);
					await page.getByText(shows).first().waitFor();
					await looksGood(page, `${name}-${scheme}-${size}`, width);
				}
				await page.goto(await linkTo('enter', 'sign-in', person));
				await page.getByText('Newest runs').waitFor();
				const parts = [
					['account', '/settings', 'Where you are signed in'],
					['tokens', '/settings/tokens', 'A new one'],
					['people', '/settings/people', 'Somebody new'],
					['members', '/settings/members', 'In every project'],
					['secrets', '/settings/secrets', 'Of every project'],
					['variables', '/settings/variables', 'Of every project'],
					['providers', '/settings/sign-in', 'Set one'],
					['audit', '/settings/audit', 'Newest first'],
				] as const;
				for (const [name, path, shows] of parts) {
					await page.goto(`${server.url}${path}`);
					await page.getByText(shows).first().waitFor();
					await looksGood(page, `settings-${name}-${scheme}-${size}`, width);
				}
				await page.context().close();
			});
		}
	}
});
