import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import type { EventLog } from '../../eventing/log/port.ts';
import { createPostgresLog } from '../../eventing/log/postgres.ts';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { type TestApp, type TestIdentity, testBase, testIdentity } from '../kit/testing.ts';
import { startTestApp } from './testing.ts';

const brokerTopic = 'knative-broker-kagari-default';
let database: TestDatabase;
let log: EventLog;
let identity: TestIdentity;
const opened: TestApp[] = [];

beforeAll(async () => {
  [database, identity] = await Promise.all([freshDatabase(), testIdentity()]);
  log = createPostgresLog({ url: database.adminUrl });
  await log.createTopic('messages', { partitions: 3 });
  await log.createTopic(brokerTopic, { partitions: 2 });
});
afterAll(async () => {
  for (const { close } of opened) await close();
  await log.close();
  await database?.drop();
});

const start = async (databaseUrl = database.url('producer')) => {
  const base = { ...testBase('producer'), verify: identity.verify };
  const started = await startTestApp({ base, identity, databaseUrl, sink: new URL('http://localhost') });
  opened.push(started);
  const authorization = `Bearer ${await identity.token({ role: 'operator' })}`;
  const send = (body: string) =>
    started.app.fetch(
      new Request('http://localhost/produce', {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body,
      }),
    );
  return { ...started, send, produce: (body: object) => send(JSON.stringify(body)) };
};

const stored = async ({ topic, partition, offset }: { topic: string; partition: number; offset: string }) =>
  (await log.read(topic, partition, BigInt(offset), 1))[0];

describe('POST /produce', () => {
  it.each([{ a: [1, 'two', null] }, 'text', '12', 12, null, false, [], ''])(
    'stores %j as JSON and answers its place',
    async (value) => {
      const { produce } = await start();
      const answer = await produce({ topic: 'messages', key: 'käse', value });
      expect(answer.status).toBe(202);
      const place = (await answer.json()) as { topic: string; partition: number; offset: string };
      expect(place).toEqual({
        topic: 'messages',
        partition: expect.any(Number),
        offset: expect.stringMatching(/^\d+$/),
      });
      const record = await stored(place);
      expect(JSON.parse(Buffer.from(record?.value ?? '').toString())).toEqual(value);
      expect(record).toMatchObject({ key: 'käse', headers: { 'content-type': 'application/json' } });
    },
  );

  it('keeps messages of one key in one partition, in order', async () => {
    const { produce } = await start();
    const places: { partition: number; offset: string }[] = [];
    for (let value = 0; value < 5; value++)
      places.push(
        (await (await produce({ topic: 'messages', key: 'k', value })).json()) as (typeof places)[0],
      );
    expect(new Set(places.map(({ partition }) => partition)).size).toBe(1);
    const offsets = places.map(({ offset }) => Number(offset));
    expect(offsets).toEqual([...offsets].sort((a, b) => a - b));
  });

  it.each([
    [403, { topic: brokerTopic, value: 1 }],
    [403, { topic: 'knative-broker-shop-none', value: 1 }],
    [403, { topic: '__consumer_offsets', value: 1 }],
    [404, { topic: 'no-such-topic', value: 1 }],
    [422, { topic: 'a topic', value: 1 }],
    [422, { topic: '', value: 1 }],
    [422, { topic: '..', value: 1 }],
    [422, { topic: 'x'.repeat(250), value: 1 }],
    [422, { topic: 'messages' }],
    [422, { topic: 'messages', value: 1, key: 7 }],
    [422, { topic: 'messages', value: 1, partition: 0 }],
    // within the body's limit, and longer when written out
    [413, { topic: 'messages', value: 0, long: true }],
  ])('%i for %j', async (status, { long, ...body }: Record<string, unknown>) => {
    const { send, produce } = await start();
    const numbers = `{"topic":"messages","value":[${Array.from({ length: 150_000 }, () => '1e20').join(',')}]}`;
    const answer = long ? await send(numbers) : await produce(body);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('422 for what is nested deeper than can be written back', async () => {
    const { send } = await start();
    const depth = 200_000;
    const answer = await send(`{"topic":"messages","value":${'['.repeat(depth)}${']'.repeat(depth)}}`);
    expect(answer.status).toBe(422);
  });

  it('503 and Retry-After while the log is away, at the first request and at later ones', async () => {
    const { app, produce } = await start('postgres://nobody@127.0.0.1:1/none');
    for (let i = 0; i < 3; i++) {
      const answer = await produce({ topic: 'messages', value: 1 });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    }
    const health = await app.fetch(new Request('http://localhost/health'));
    expect(health.status).toBe(503);
    expect(await health.json()).toEqual({
      status: 'unavailable',
      checks: { log: expect.stringMatching(/^not (reachable|available)$/) },
    });
  });
});

describe('with the login of the producer’s role, SQL', () => {
  let sql: Sql;
  let broker: number;
  const refused = { code: '42501' };
  beforeAll(async () => {
    sql = postgres(database.url('producer'), { max: 1, onnotice: () => {} });
    const admin = postgres(database.adminUrl, { max: 1 });
    const ids = await admin<{ id: number; name: string }[]>`select id, name from log.topics`;
    await admin.end();
    broker = ids.find(({ name }) => name === brokerTopic)?.id ?? 0;
    expect(broker).toBeGreaterThan(0);
    await log.append(brokerTopic, [{ value: Buffer.from('an event') }]);
  });
  afterAll(() => sql.end());
  const brokerState = async () => ({
    offsets: await log.offsets(brokerTopic),
    records: [await log.read(brokerTopic, 0, 0n, 100), await log.read(brokerTopic, 1, 0n, 100)].flat().length,
  });

  test('does not see a Broker’s topic', async () => {
    expect(await sql`select * from log.topics where id = ${broker}`).toEqual([]);
    expect(await sql`select * from log.partitions where topic = ${broker}`).toEqual([]);
    expect(await sql`select name from log.topics`).toEqual([{ name: 'messages' }]);
  });

  test('takes no offset of a Broker’s partition, and stores no record there', async () => {
    const before = await brokerState();
    const insert = (topic: number) => sql`
      insert into log.records (topic, partition, "offset", at, headers, value)
      values (${topic}, 0, 1000, now(), '{}', 'forged')`;
    await expect(insert(broker)).rejects.toMatchObject(refused);
    expect((await sql`update log.partitions set next_offset = 99 where topic = ${broker}`).count).toBe(0);
    await expect(
      sql`select 1 from log.partitions where topic = ${broker} for update`.then((rows) => rows.length),
    ).resolves.toBe(0);
    expect(await brokerState()).toEqual(before);
  });

  test.each([
    ['reads no record', (table: Sql) => table`select * from log.records`],
    ['changes no record', (table: Sql) => table`update log.records set value = 'x'`],
    ['deletes no record', (table: Sql) => table`delete from log.records`],
    ['makes no topic', (table: Sql) => table`insert into log.topics (name, partitions) values ('mine', 1)`],
    ['renames no topic', (table: Sql) => table`update log.topics set name = 'mine'`],
    [
      'moves no partition to another topic',
      (table: Sql) => table`update log.partitions set topic = ${broker}`,
    ],
    ['drops no old records', (table: Sql) => table`update log.partitions set start_offset = 99`],
    ['touches no group', (table: Sql) => table`update log.claims set "offset" = 99`],
    ['ends no member', (table: Sql) => table`delete from log.members`],
    ['switches no policy off', (table: Sql) => table`alter table log.records disable row level security`],
    ['makes no table', (table: Sql) => table`create table log.mine ()`],
  ])('%s', async (_, attack) => {
    await expect(attack(sql)).rejects.toMatchObject(refused);
  });

  test('may not begin to pass by policies, nor become another role', async () => {
    await sql`set row_security = off`;
    await expect(sql`select * from log.topics`).rejects.toMatchObject(refused);
    await sql`reset row_security`;
    await expect(sql`set role ${sql(new URL(database.url('api')).username)}`).rejects.toMatchObject(refused);
  });
});
