import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../db/migrate.ts';
import { type Postgres, startPostgres } from '../../db/postgres/launcher.ts';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { waitUntil } from '../support/platform.ts';
import { testPasswords } from '../support/postgres.ts';
import { appendSteadily } from '../support/steady-appends.ts';

let home: string;
let server: Postgres;
let died: PromiseWithResolvers<void>;
const logs: EventLog[] = [];

const start = async () => {
  died = Promise.withResolvers<void>();
  server = await startPostgres({
    home,
    log: { info: () => {}, warn: () => {} },
    onExit: () => died.resolve(),
  });
};
const killServer = async () => {
  process.kill(server.pid, 'SIGKILL');
  await died.promise;
  // Its children see that it is gone a little later.
  const witness = createPostgresLog({ url: server.adminUrl() });
  await waitUntil('it to be gone', 5_000, async () => !(await answers(witness)));
  await witness.close();
};
const open = () => {
  const log = createPostgresLog({ url: server.adminUrl(), leaseMs: 2_000, pollMs: 200 });
  logs.push(log);
  return log;
};
const answers = (log: EventLog) =>
  log.ping().then(
    () => true,
    () => false,
  );
const value = (text: string) => ({ key: text, value: Buffer.from(text) });

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'kagari-outage-'));
  await chmod(home, 0o755);
  await start();
  await migrate(server.adminUrl(), { passwords: testPasswords });
});
afterAll(async () => {
  await Promise.all(logs.map((log) => log.close()));
  await server?.stop();
  await rm(home, { recursive: true, force: true });
});

test('Postgres killed and started again: appends say so meanwhile, readers go on, nothing acknowledged is lost', async () => {
  const log = open();
  await log.createTopic('t', { partitions: 4 });
  const handled: string[] = [];
  let aborts = 0;
  const held = Promise.withResolvers<void>();
  await log.subscribe({
    topic: 't',
    group: 'g',
    from: 'earliest',
    async handle(record, signal) {
      const text = Buffer.from(record.value).toString();
      signal.addEventListener('abort', () => aborts++);
      if (text === 'held') await held.promise;
      handled.push(text);
    },
  });
  await log.append('t', [value('held')]);

  const { stored, refused, end } = appendSteadily(log, 't');
  for (let round = 0; round < 3; round++) {
    const before = stored.length;
    await waitUntil('appends to be stored', 10_000, () => stored.length > before + 50);
    const refusedBefore = refused.length;
    await killServer();
    await waitUntil('appends to be refused', 10_000, () => refused.length > refusedBefore + 10);
    await start();
  }
  await waitUntil(
    'appends after the last start',
    10_000,
    () => stored.includes(`0-${stored.length}`) || stored.length > 200,
  );
  await end();

  expect(new Set(refused.map(({ code, retriable }) => `${code} ${retriable}`))).toEqual(
    new Set(['unavailable true']),
  );
  expect(Math.max(...refused.map(({ ms }) => ms))).toBeLessThan(5_000);
  await waitUntil('all that was stored', 20_000, () => stored.every((text) => handled.includes(text)));
  expect(aborts).toBe(0);
  await waitUntil('an answer', 5_000, () => answers(log));
  held.resolve();
  await waitUntil('the end to be committed', 10_000, async () => {
    const ends = (await log.offsets('t')).map(({ end }) => end);
    return (await log.committed('t', 'g')).every((offset, p) => offset === ends[p]);
  });
  // It was in hand all the time, and nobody else had a claim to it.
  expect(handled.filter((text) => text === 'held')).toHaveLength(1);
}, 120_000);

test('a log closes within its bounds while Postgres is away', async () => {
  const log = open();
  await log.createTopic('closing', { partitions: 2 });
  let handled = 0;
  const consumer = await log.subscribe({ topic: 'closing', group: 'c', handle: async () => void handled++ });
  await log.append('closing', [value('x')]);
  await waitUntil('the record', 5_000, () => handled === 1);
  await killServer();
  const begun = performance.now();
  await consumer.close({ graceMs: 100 });
  await log.close();
  logs.splice(logs.indexOf(log), 1);
  expect(performance.now() - begun).toBeLessThan(5_000);
  await start();
}, 60_000);

test('a consumer closed while Postgres is away leaves no member behind', async () => {
  const log = open();
  await log.createTopic('left', { partitions: 2 });
  const consumer = await log.subscribe({ topic: 'left', group: 'l', handle: async () => {} });
  await killServer();
  await consumer.close({ graceMs: 100 });
  await start();
  await waitUntil('the group to be free', 5_000, () =>
    log.deleteGroup('l').then(
      () => true,
      () => false,
    ),
  );
  expect(await log.committed('left', 'l')).toEqual([null, null]);
}, 60_000);

test('a subscription asked for while Postgres is away is refused as unavailable', async () => {
  const log = open();
  await log.createTopic('early', { partitions: 1 });
  await killServer();
  await expect(log.subscribe({ topic: 'early', group: 'e', handle: async () => {} })).rejects.toMatchObject({
    name: 'LogError',
    code: 'unavailable',
    retriable: true,
  });
  await expect(log.ping()).rejects.toMatchObject({ code: 'unavailable' });
  await start();
  await waitUntil('an answer', 5_000, () => answers(log));
}, 60_000);
