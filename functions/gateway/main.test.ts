import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';

const run = async (env: Record<string, string>) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env });
  const [stderr, [code]] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  return { stderr, code };
};

const given = { JWKS_FILE: '/nowhere', DATABASE_URL: 'postgres://gateway@127.0.0.1:1/none' };

it('says which document is missing, in one line, and ends with 1', async () => {
  const { stderr, code } = await run({ ...given, ORDERS_URL: 'http://orders.internal' });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: .*openapi\/orders\.json: no OpenAPI document of orders; build the image anew\n$/,
  );
});

it('says which address is none', async () => {
  const { stderr, code } = await run({ ...given, ORDERS_URL: 'orders.internal' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: environment: ORDERS_URL: .*\n$/);
});

it.each([
  ['LIMIT_USER', '100'],
  ['LIMIT_ADDRESS', '0/10s'],
  ['LIMIT_SIGN_IN', '10/60'],
  ['CORS_ORIGINS', '*'],
  ['CORS_ORIGINS', 'https://shop.example/'],
  ['TRUSTED_PROXIES', '10.0.0.1/8,everybody'],
])('refuses %s=%s, naming it and what it should be like', async (name, value) => {
  const { stderr, code } = await run({ ...given, [name]: value });
  expect(code).toBe(1);
  expect(stderr).toMatch(new RegExp(`^error: environment: ${name}.*: must be .*\\n$`));
});
