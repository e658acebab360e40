import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Platform, startPlatform } from '../support/platform.ts';
import { type Browser, chromiumPath, openBrowser } from './browser.ts';

/** As text: it runs in the page. */
const lookAtText = readFileSync(join(import.meta.dirname, 'look-at-text.js'), 'utf8').replace(
  /^export /m,
  '',
);
const executable = chromiumPath();
if (!executable)
  console.log('no chromium on the PATH: the pages are not looked at (apt-get install chromium)');

let platform: Platform;
const browsers: Browser[] = [];

beforeAll(async () => {
  if (executable) platform = await startPlatform({ args: ['-f', 'knative/manifests/base'] });
}, 120_000);
afterEach(async () => {
  for (const browser of browsers.splice(0)) {
    await browser.close();
    expect(browser.faults).toEqual([]);
  }
});
afterAll(async () => {
  await platform?.end('SIGTERM');
  if (platform) await rm(dirname(platform.home), { recursive: true, force: true });
});

const open = async (options: BrowserContextOptions = {}) => {
  const browser = await openBrowser(executable ?? '', { baseURL: platform.base, ...options });
  browsers.push(browser);
  return browser.page;
};
const password = 'correct horse battery';
/** The log-in page has the way back in its address: only the path counts. */
const arrive = (page: Page, path: string | RegExp) =>
  page.waitForURL(({ pathname }) => (typeof path === 'string' ? pathname === path : path.test(pathname)));
const someone = () => `${crypto.randomUUID()}@example.com`;
const signUp = async (page: Page, next = '/app/shop') => {
  const email = someone();
  await page.goto(`/app/signup?next=${next}`);
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Open an account' }).click();
  await arrive(page, next);
  return email;
};
const order = async (page: Page, card: string) => {
  await page.goto('/app/shop');
  await page.getByRole('button', { name: 'One Sencha, 100 g more' }).click();
  await page.getByRole('radio', { name: card }).check();
  await page.getByRole('button', { name: 'Place the order' }).click();
  await arrive(page, /^\/app\/orders\/[\w-]+$/);
};
const now = (page: Page) => page.locator('[data-now]');
const says = (page: Page, text: string | RegExp) => now(page).filter({ hasText: text }).waitFor();
const step = (page: Page, text: string) => page.getByRole('list').getByText(text, { exact: true }).waitFor();

describe.skipIf(!executable)('in a browser', () => {
  test('a customer signs up, orders, follows it to paid, cancels, and has the money back', async () => {
    const page = await open();
    await signUp(page);
    await order(page, 'Pays at once');
    await says(page, 'It is paid. You have mail.');
    for (const text of [
      'You placed the order',
      'The payment began',
      'The bank took the money',
      'The order is paid',
    ])
      await step(page, text);
    expect(await page.getByRole('cell', { name: 'Sencha, 100 g' }).count()).toBe(1);
    await page.getByText('Every event and delivery behind it').click();
    await page.getByRole('cell', { name: 'payment.succeeded' }).first().waitFor();

    await page.getByRole('button', { name: 'Cancel the order' }).click();
    const dialog = page.getByRole('dialog', { name: 'Cancel this order?' });
    await dialog.getByRole('button', { name: 'Keep it' }).click();
    expect(await now(page).textContent()).toContain('It is paid.');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await dialog.getByRole('button', { name: 'Cancel the order' }).click();
    await says(page, 'It is cancelled, and your money is back. You have mail.');
    await step(page, 'The bank gave the money back');
    expect(await page.getByRole('button', { name: 'Cancel the order' }).count()).toBe(0);

    await page.getByRole('link', { name: 'All orders' }).click();
    await page.getByRole('listitem').filter({ hasText: 'cancelled' }).waitFor();
  }, 120_000);

  test('an order is cancelled while the bank still thinks, and nothing is charged', async () => {
    const page = await open();
    await signUp(page);
    await order(page, 'Pays after three seconds');
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel the order' }).click();
    await says(page, 'It is cancelled. Nothing was charged. You have mail.');
  }, 120_000);

  test('an order that is declined says why', async () => {
    const page = await open();
    await signUp(page);
    await order(page, 'Is declined');
    await says(page, 'It failed: the bank declined the payment. Nothing was charged.');
  }, 120_000);

  test('what the API refuses is said at the field that it is about, which has the focus', async () => {
    const page = await open();
    await page.goto('/app/signup');
    await page.getByLabel('Email').fill('nonsense');
    await page.getByLabel('Password').fill('short');
    await page.getByRole('button', { name: 'Open an account' }).click();
    await page.getByText('Must be an email address.').waitFor();
    await page.getByText('Must have 12 to 128 characters.').waitFor();
    const email = page.getByLabel('Email');
    expect(await email.getAttribute('aria-invalid')).toBe('true');
    expect(await page.locator('#email:focus').count()).toBe(1);

    const taken = await signUp(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await arrive(page, '/');
    await page.goto('/app/signup');
    await page.getByLabel('Email').fill(taken);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Open an account' }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();

    await page.goto('/app/login');
    await page.getByLabel('Email').fill(taken);
    await page.getByLabel('Password').fill('another horse battery');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: /\w/ }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/app/login');
  }, 120_000);

  test('an item that cannot be had like this is said at the item', async () => {
    const page = await open();
    await signUp(page);
    await page.goto('/app/shop');
    await page.getByRole('spinbutton', { name: 'Kyusu teapot' }).fill('1001');
    await page.getByRole('button', { name: 'Place the order' }).click();
    const item = page.getByRole('listitem').filter({ hasText: 'Kyusu teapot' });
    await item.locator('.error:not([hidden])').waitFor();
  }, 120_000);

  test('whoever is not signed in chooses first, and finds the choice again after the log-in', async () => {
    const page = await open();
    const email = await signUp(page);
    await page.getByRole('button', { name: 'Log out' }).click();
    await arrive(page, '/');
    await page.goto('/app/shop');
    await page.getByRole('button', { name: 'One Matcha, 30 g more' }).click();
    await page.getByRole('radio', { name: 'Is declined' }).check();
    await page.getByRole('button', { name: 'Place the order' }).click();
    await arrive(page, '/app/login');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await arrive(page, '/app/shop');
    const matcha = page.getByRole('spinbutton', { name: 'Matcha, 30 g' });
    await expect.poll(() => matcha.inputValue(), { timeout: 20_000 }).toBe('1');
    expect(await page.getByRole('radio', { name: 'Is declined' }).isChecked()).toBe(true);
  }, 120_000);

  test('tokens that have run out are renewed; where they cannot be, the log-in comes', async () => {
    const page = await open();
    await signUp(page);
    const change = (fields: object) =>
      page.evaluate((fields) => {
        const session = JSON.parse(sessionStorage.getItem('kagari.session') ?? '{}');
        sessionStorage.setItem('kagari.session', JSON.stringify({ ...session, ...fields }));
        return session;
      }, fields);
    const before = await change({ accessToken: 'worthless' });
    await page.goto('/app/orders');
    await page.getByText('You have no orders yet.').waitFor();
    expect((await change({ expiresAt: 0 })).refreshToken).not.toBe(before.refreshToken);
    await page.reload();
    await page.getByText('You have no orders yet.').waitFor();
    await change({ expiresAt: 0, refreshToken: 'worthless' });
    await page.reload();
    await arrive(page, '/app/login');
    expect(new URL(page.url()).searchParams.get('next')).toBe('/app/orders');
    expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  }, 120_000);

  test('the log-in leads to pages of this site only', async () => {
    const page = await open();
    const email = await signUp(page);
    for (const next of [
      'https://evil.example/',
      '//evil.example/',
      '/app/..//evil.example',
      'javascript:alert(1)',
    ]) {
      await page.goto(`/app/login?next=${encodeURIComponent(next)}`);
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password').fill(password);
      await page.getByRole('button', { name: 'Log in' }).click();
      await arrive(page, '/app/shop');
    }
  }, 120_000);

  test('another’s order is not shown', async () => {
    const page = await open();
    await signUp(page);
    await page.goto('/app/orders/0192f0c1-7a3b-7cde-8f01-23456789abcd');
    await page.getByRole('alert').filter({ hasText: 'You have no such order.' }).waitFor();
  }, 120_000);

  test('an order is placed by the keyboard alone', async () => {
    const page = await open();
    await signUp(page);
    await page.getByRole('spinbutton', { name: 'Yunomi cup' }).waitFor();
    const focused = async () => {
      const at = page.locator(':focus');
      if ((await at.count()) === 0) return undefined;
      return (await at.getAttribute('aria-label')) ?? at.textContent();
    };
    const tabTo = async (name: string) => {
      for (let i = 0; i < 60 && (await focused()) !== name; i++) await page.keyboard.press('Tab');
      expect(await focused()).toBe(name);
    };
    await tabTo('Skip to content');
    await page.keyboard.press('Enter');
    await tabTo('One Yunomi cup more');
    await page.keyboard.press('Space');
    await tabTo('Place the order');
    await page.keyboard.press('Enter');
    await arrive(page, /^\/app\/orders\/[\w-]+$/);
    await says(page, 'It is paid.');
  }, 120_000);

  test.each<[string, BrowserContextOptions]>([
    ['light', { colorScheme: 'light' }],
    ['dark', { colorScheme: 'dark' }],
    ['a small phone', { viewport: { width: 320, height: 640 }, isMobile: true, hasTouch: true }],
  ])(
    'every page fits, and its text stands out from its ground: %s',
    async (_, options) => {
      const page = await open(options);
      const look = async () => {
        const found = await page.evaluate<{ tooWide: boolean; faint: string[] }>(
          `(() => { ${lookAtText}; return lookAtText(); })()`,
        );
        expect(found.tooWide, page.url()).toBe(false);
        expect(found.faint, page.url()).toEqual([]);
      };
      await page.goto('/');
      await look();
      await page.goto('/app/login');
      await look();
      await signUp(page);
      await page.getByRole('button', { name: 'One Sencha, 100 g more' }).waitFor();
      await look();
      await order(page, 'Pays at once');
      await says(page, 'It is paid. You have mail.');
      await look();
      await page.goto('/app/orders');
      await page.getByRole('listitem').filter({ hasText: 'paid' }).waitFor();
      await look();
    },
    180_000,
  );
});
