import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BrowserContext, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

/** Where Chromium is, undefined where it is not. */
export const chromiumPath = (): string | undefined => {
  for (const name of ['chromium', 'chromium-browser', 'google-chrome']) {
    const found = spawnSync('which', [name], { encoding: 'utf8' }).stdout?.trim();
    if (found && existsSync(found)) return found;
  }
  return undefined;
};

const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export interface Browser {
  context: BrowserContext;
  page: Page;
  /** What went wrong in the pages: scripts that threw, and what the policy refused. */
  faults: string[];
  close(): Promise<void>;
}

/** A fresh browser of nobody's. */
export const openBrowser = async (
  executablePath: string,
  options: BrowserContextOptions = {},
): Promise<Browser> => {
  const profile = await mkdtemp(join(tmpdir(), 'kagari browser '));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    args: flags,
    locale: 'en-GB',
    ...options,
  });
  context.setDefaultTimeout(30_000);
  const faults: string[] = [];
  const page = context.pages()[0] ?? (await context.newPage());
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    // A refusal of the API is shown in the page; the browser writes it down as an error, too.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      faults.push(message.text());
  });
  return {
    context,
    page,
    faults,
    async close() {
      await context.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
};
