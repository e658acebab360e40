import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type World } from '../routes/world.ts';
import { type Browser, chromiumPath, openBrowser } from '../web/browser.ts';

const chromium = chromiumPath();
if (!chromium) console.warn('chromium is not on PATH: the documentation is not looked at in a browser');

let world: World;
let browser: Browser;
beforeAll(async () => {
  if (chromium) [world, browser] = await Promise.all([startWorld(), openBrowser(chromium)]);
});
afterAll(async () => {
  await browser?.close();
  await world?.close();
});

describe.skipIf(!chromium)('the documentation in a browser', () => {
  it('shows every operation and tries one out with a token, under its own policy and with nothing from elsewhere', async () => {
    const { page, faults } = browser;
    page.on('request', (request) => {
      if (!request.url().startsWith(world.gateway) && !request.url().startsWith('data:'))
        faults.push(request.url());
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
    expect(faults).toEqual([]);
  });
});
