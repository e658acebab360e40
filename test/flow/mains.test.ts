import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { testWebhookSecret } from '../../functions/bank/testing.ts';
import { freePort } from '../support/platform.ts';
import { createWorld, type FlowWorld } from './support/world.ts';

const functions = ['orders', 'payments', 'bank', 'notifications', 'analytics', 'deadletters', 'worker'];
const nobody = 'http://127.0.0.1:9';

let world: FlowWorld;
const children: ChildProcess[] = [];

beforeAll(async () => {
  world = await createWorld();
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(async () => {
  await world?.close();
});

const start = (fn: string, env: Record<string, string>) => {
  const main = join(import.meta.dirname, `../../functions/${fn}/main.ts`);
  const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  children.push(child);
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  return { child, exit: once(child, 'exit'), stderr: () => stderr };
};

test.each(functions)('%s serves from its environment alone, and ends on SIGTERM', async (fn) => {
  const port = await freePort();
  const { child, exit } = start(fn, {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATABASE_URL: world.database.url(fn),
    K_SINK: world.sink.url.href,
    JWKS_FILE: '/nowhere/jwks.json',
    BANK_URL: nobody,
    PAYMENTS_URL: nobody,
    BANK_WEBHOOK_SECRET: testWebhookSecret,
    PAYMENT_DEADLINE: 'PT5S',
  });
  const health = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      (response) => response.status,
      () => 0,
    );
  await expect.poll(health, { timeout: 15_000 }).toBe(200);
  const asked = Date.now();
  child.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
  expect(Date.now() - asked).toBeLessThan(4_000);
});

test('the producer says at /health how its database is, also where its messages go to a Kafka', async () => {
  const port = await freePort();
  start('producer', {
    PORT: String(port),
    HOST: '127.0.0.1',
    DATABASE_URL: world.database.url('producer'),
    KAFKA_BROKERS: '127.0.0.1:9',
    JWKS_FILE: '/nowhere/jwks.json',
  });
  const health = () =>
    fetch(`http://127.0.0.1:${port}/health`).then(
      (response) => response.json(),
      () => undefined,
    );
  await expect
    .poll(health, { timeout: 15_000 })
    .toEqual({ status: 'unavailable', checks: { database: 'ok', log: expect.stringMatching(/^n/) } });
});

const needed: Record<string, string[]> = {
  orders: ['DATABASE_URL', 'JWKS_FILE', 'K_SINK'],
  payments: ['BANK_URL', 'BANK_WEBHOOK_SECRET', 'DATABASE_URL', 'JWKS_FILE', 'K_SINK', 'PAYMENT_DEADLINE'],
  bank: ['BANK_WEBHOOK_SECRET', 'DATABASE_URL', 'PAYMENTS_URL'],
  notifications: ['DATABASE_URL', 'JWKS_FILE', 'K_SINK'],
  analytics: ['DATABASE_URL', 'JWKS_FILE'],
  deadletters: ['DATABASE_URL', 'JWKS_FILE', 'K_SINK'],
  worker: ['DATABASE_URL', 'K_SINK', 'PAYMENTS_URL'],
};

test.each(functions)('%s names every variable that it misses, and no other', async (fn) => {
  const { exit, stderr } = start(fn, {});
  expect(await exit).toEqual([1, null]);
  const named = [...stderr().matchAll(/(\w+) is not set/g)].map(([, name]) => name);
  expect(named.sort()).toEqual(needed[fn]);
});

test('a secret or a duration of the wrong shape is named, never shown', async () => {
  const { exit, stderr } = start('payments', {
    DATABASE_URL: world.database.url('payments'),
    K_SINK: world.sink.url.href,
    JWKS_FILE: '/nowhere/jwks.json',
    BANK_URL: nobody,
    BANK_WEBHOOK_SECRET: 'swordfish',
    PAYMENT_DEADLINE: '5 seconds',
  });
  expect(await exit).toEqual([1, null]);
  expect(stderr()).toMatch(/BANK_WEBHOOK_SECRET: .*; PAYMENT_DEADLINE: /);
  expect(stderr()).not.toContain('swordfish');
});
