import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type TestApp, testBase, testIdentity } from '../kit/testing.ts';
import { operations } from './operations.ts';
import { startTestApp } from './testing.ts';

let web: TestApp;

beforeAll(async () => {
  const identity = await testIdentity();
  const base = { ...testBase('web'), verify: identity.verify };
  web = await startTestApp({ base, identity, databaseUrl: '', sink: new URL('http://127.0.0.1:9') });
});
afterAll(() => web?.close());

const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await web.app.fetch(new Request(`http://web${path}`, { headers }));
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const someOrder = '/app/orders/0192f0c1-7a3b-7cde-8f01-23456789abcd';
const paths = [operations.start, operations.signUp, operations.logIn, operations.shop, operations.orders]
  .map(({ path }): string => path)
  .concat(someOrder);
const assetsOf = (text: string) =>
  [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map(([, path]) => path ?? '');

describe.each(paths)('the page %s', (path) => {
  test('runs under a policy that allows nothing but its own files, and has nothing else in it', async () => {
    const { status, headers, text } = await get(path);
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toContain('unsafe');
    expect(text).not.toMatch(/<style|\sstyle=|\son\w+=|javascript:|https?:\/\/(?!localhost)/i);
    expect([...text.matchAll(/<script(?![^>]*\ssrc="\/assets\/)/g)]).toEqual([]);
  });

  test('finds all that it is made of, module by module, to be kept for good', async () => {
    const { text } = await get(path);
    const waiting = assetsOf(text);
    expect(waiting.length).toBeGreaterThan(3);
    const seen = new Set<string>();
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const asset = await get(next);
      expect([next, asset.status, asset.headers.get('cache-control')]).toEqual([
        next,
        200,
        'public, max-age=31536000, immutable',
      ]);
      for (const [, file = ''] of asset.text.matchAll(/^import .*?'\.\/([^']+)';$/gm))
        waiting.push(new URL(file, `http://web${next}`).pathname);
    }
  });

  test('has a language, a title, one heading, a name for each field, and a way past its navigation', async () => {
    const { text } = await get(path);
    expect(text).toContain('<html lang="en">');
    expect(text).toMatch(/<title>[^<]+ · Kagari<\/title>/);
    expect(text.match(/<h1[ >]/g)).toHaveLength(1);
    expect(text).toContain('<a class="skip" href="#main">');
    const ids = [...text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of text.matchAll(/<input id="([^"]+)"/g)) expect(text).toContain(`<label for="${id}">`);
    for (const [, named = ''] of text.matchAll(/aria-(?:labelledby|describedby)="([^"]+)"/g))
      for (const id of named.split(' ')) expect(ids).toContain(id);
  });
});

test('forms are never sent by the browser itself, which would write a password into an address', async () => {
  for (const path of paths) {
    const { headers, text } = await get(path);
    expect(headers.get('content-security-policy')).toContain("form-action 'none'");
    for (const [form] of text.matchAll(/<form[^>]*>/g)) expect(form).toContain('method="post"');
  }
});

describe('the start page', () => {
  test.each([
    [{ 'x-forwarded-host': 'shop.example:8443', 'x-forwarded-proto': 'https' }, 'https://shop.example:8443'],
    [{ host: 'localhost:8080' }, 'http://localhost:8080'],
    [{ 'x-forwarded-host': '[::1]:8080' }, 'http://[::1]:8080'],
    [{ 'x-forwarded-host': 'a"; rm -rf /; "' }, 'http://localhost:8080'],
    [{ 'x-forwarded-host': '<script>' }, 'http://localhost:8080'],
  ])('asked with %o has commands for %s', async (headers, site) => {
    const { text } = await get('/', headers as Record<string, string>);
    expect(text).toContain(`curl -s ${site}/orders/catalog`);
    const sites = [...text.matchAll(/curl -s (?:-X POST )?(https?:\/\/[^/]+)\//g)].map(([, at]) => at);
    expect(new Set(sites)).toEqual(new Set([site]));
  });

  test('shows each function that the gateway lets outside reach, and no other', () => {
    const read = (name: string) =>
      parse(readFileSync(join(import.meta.dirname, `../../knative/manifests/base/${name}.yaml`), 'utf8'));
    const environment = (name: string): { name: string; value?: string }[] =>
      read(name).spec.template.spec.containers[0].env;
    const shown = environment('web')
      .find(({ name }) => name === 'FUNCTIONS')
      ?.value?.split(' ');
    const reached = environment('gateway').flatMap(
      ({ name }) => /^(\w+)_URL$/.exec(name)?.[1]?.toLowerCase() ?? [],
    );
    expect(shown?.sort()).toEqual(reached.filter((name) => name !== 'web' && name !== 'database').sort());
  });
});

describe('an asset', () => {
  test('of another version is what there is now, and not kept', async () => {
    const { status, headers } = await get('/assets/another/api.js');
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
  });

  test.each(['/assets/x/none.js', '/assets/x/..%2fmain.ts', '/assets/x/constructor', '/assets/x/'])(
    '%s is not there',
    async (path) => {
      const { status, headers } = await get(path);
      expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    },
  );

  test('makes no HTML of text, and runs none', () => {
    for (const path of ['api', 'dom', 'form', 'order', 'order-view', 'orders', 'product-row', 'shop', 'site'])
      expect(readFileSync(join(import.meta.dirname, `assets/${path}.js`), 'utf8')).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function/,
      );
  });
});
