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

it('says which document is missing, in one line, and ends with 1', async () => {
  const { stderr, code } = await run({ JWKS_FILE: '/nowhere', ORDERS_URL: 'http://orders.internal' });
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^error: .*openapi\/orders\.json: no OpenAPI document of orders; build the image anew\n$/,
  );
});

it('says which address is none', async () => {
  const { stderr, code } = await run({ JWKS_FILE: '/nowhere', ORDERS_URL: 'orders.internal' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: environment: ORDERS_URL: .*\n$/);
});
