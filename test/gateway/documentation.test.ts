import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../routes/world.ts';

const browser = (process.env.PATH ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'chromium'))
  .find((file) => existsSync(file));
if (!browser) console.warn('chromium is not on PATH: the documentation is not looked at in a browser');

let world: World;
let profile: string;
let context: BrowserContext;
beforeAll(async () => {
  if (!browser) return;
  [world, profile] = await Promise.all([startWorld(), mkdtemp(join(tmpdir(), 'kagari browser '))]);
  context = await chromium.launchPersistentContext(profile, {
    executablePath: browser,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  context.setDefaultTimeout(30_000);
});
afterAll(async () => {
  await context?.close();
  await world?.close();
  if (profile) await rm(profile, { recursive: true, force: true });
});

describe.skipIf(!browser)('the documentation in a browser', () => {
  it('shows every operation and tries one out with a token, under its own policy and with nothing from elsewhere', async () => {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on(
      'console',
      (message) => ['error', 'warning'].includes(message.type()) && complaints.push(message.text()),
    );
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('request', (request) => {
      if (!request.url().startsWith(world.gateway) && !request.url().startsWith('data:'))
        complaints.push(request.url());
    });
    await page.goto(`${world.gateway}/docs`);
    const operations = page.locator('.opblock');
    await operations.first().waitFor();
    const document = (await (await fetch(`${world.gateway}/openapi.json`)).json()) as { paths: object };
    const documented = Object.values(document.paths).flatMap((methods) => Object.keys(methods));
    expect(await operations.count()).toBe(documented.length);

    await page.click('button.authorize');
    await page.fill('.auth-container input', await world.identity.token());
    await page.click('.auth-btn-wrapper button.authorize');
    await page.click('.auth-btn-wrapper button.btn-done');
    const list = page.locator('[id$="listOrders"]');
    await list.locator('button.opblock-summary-control').click();
    await list.locator('button.execute').click();
    const status = list.locator('.live-responses-table .response .response-col_status');
    await status.first().waitFor();
    expect((await status.first().innerText()).trim()).toBe('200');
    expect(complaints).toEqual([]);
  });
});
