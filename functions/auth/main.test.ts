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

it('names everything that is missing from its environment, in one line, and ends with 1', async () => {
  const { stderr, code } = await run({});
  expect(code).toBe(1);
  expect(stderr).toMatch(/^error: environment: .*\n$/);
  for (const name of [
    'JWKS_FILE',
    'DATABASE_URL',
    'K_SINK',
    'AUTH_KEY_FILE',
    'OPERATOR_EMAIL',
    'OPERATOR_PASSWORD',
  ])
    expect(stderr).toContain(`${name} is not set`);
});

it('repeats no secret that is wrong', async () => {
  const { stderr, code } = await run({
    DATABASE_URL: 'mysql://auth:hunter2@db/auth',
    OPERATOR_PASSWORD: 'hunter2',
  });
  expect(code).toBe(1);
  expect(stderr).toContain('DATABASE_URL: must be a postgres:// URL');
  expect(stderr).not.toContain('hunter2');
});
