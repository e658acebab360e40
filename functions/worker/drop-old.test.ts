import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deliver } from '../../test/flow/support/events.ts';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { dropOld } from './drop-old.ts';
import { ago, createOldRows, originOf } from './old-rows.testing.ts';
import { startTestApp, testRetention } from './testing.ts';

let world: FlowWorld;
let worker: Awaited<ReturnType<typeof startTestApp>>;
let admin: Sql;
let rows: ReturnType<typeof createOldRows>;

beforeAll(async () => {
  world = await createWorld();
  worker = await startTestApp(world.of('worker'));
  admin = postgres(world.database.adminUrl, { max: 1, onnotice: () => {} });
  rows = createOldRows(admin);
});
afterAll(async () => {
  await admin?.end();
  await worker?.close();
  await world?.close();
});
beforeEach(async () => {
  await rows.clear();
  await rows.live(13);
});

const drop = () => dropOld(worker.store, testRetention, { rows: 2 });

describe('a receipt', () => {
  test('goes after thirty days', async () => {
    await rows.receive('old', { subject: null, days: 31 });
    await rows.receive('young', { subject: null, days: 29 });
    await drop();
    expect(await rows.receipts()).toEqual(['young']);
  });

  test('stays while a dead letter of its event is open, or was redriven of late', async () => {
    for (const id of ['open', 'redriven', 'redriven long ago', 'discarded', 'none'])
      await rows.receive(id, { subject: null, days: 200 });
    await rows.deadLetter('open', 'open', null);
    await rows.deadLetter('redriven', 'redriven', 29);
    await rows.deadLetter('redriven long ago', 'redriven', 31);
    await rows.deadLetter('discarded', 'discarded', 1);
    await drop();
    expect((await rows.receipts()).sort()).toEqual(['open', 'redriven']);
  });

  test('stays until a platform that slept has been awake for an hour', async () => {
    await rows.receive('in hand when the machine was shut', { subject: null, days: 40 });
    await rows.live(13, 39.9);
    for (let ping = 1; ping < 12; ping++) {
      await worker.store.beat('ping');
      await worker.store.beat('start');
      await drop();
      expect(await rows.receipts()).toHaveLength(1);
    }
    await worker.store.beat('ping');
    await drop();
    expect(await rows.receipts()).toEqual([]);
  });
});

test('events that no outbox has, and those without a subject or key, go by their own age', async () => {
  await rows.receive('ping', { subject: null, days: 8 });
  await rows.receive('stranger', { subject: 'elsewhere', days: 8 });
  await rows.receive('young', { subject: 'elsewhere', days: 6 });
  await rows.publish({ subject: 'alone', key: null, days: 8 });
  const young = await rows.publish({ subject: 'alone', key: null, days: 6 });
  await drop();
  expect((await admin`select id from events.attempts`).map(({ id }) => id)).toEqual(['young']);
  expect((await admin`select id from events.outbox`).map(({ id }) => id)).toEqual([young]);
});

describe('a decided dead letter', () => {
  test('goes after ninety days, but not before all of its event', async () => {
    await rows.deadLetter('a', 'redriven', 91);
    await rows.deadLetter('a', 'discarded', 89);
    await rows.deadLetter('b', 'redriven', 91);
    await rows.deadLetter('b', 'open', null);
    await rows.deadLetter('c', 'redriven', 91);
    await rows.deadLetter('c', 'discarded', 100);
    await rows.deadLetter('d', 'open', null);
    await drop();
    const left = await admin`select origin, state from deadletters.items`;
    const of = (id: string) =>
      left.filter(({ origin }) => origin.equals(originOf(id))).map(({ state }) => state);
    expect(['a', 'b', 'c', 'd'].map((id) => of(id).sort())).toEqual([
      ['discarded', 'redriven'],
      ['open', 'redriven'],
      [],
      ['open'],
    ]);
  });
});

test('webhooks that were sent and received go after thirty days; one that may be sent again keeps its receipt', async () => {
  const payment = uuidv7();
  await admin`insert into bank.charges (payment_id, status) values (${payment}, 'cancelled')`;
  for (const [id, state, days] of [
    ['delivered', 'delivered', 31],
    ['young', 'delivered', 29],
    ['abandoned', 'abandoned', 31],
    ['pending', 'pending', 31],
  ] as const) {
    await admin`
      insert into bank.webhooks (webhook_id, payment_id, type, state, created_at)
      values (${id}, ${payment}, 'charge.captured', ${state}, ${ago(days)})`;
    await admin`insert into payments.webhooks (id, received_at) values (${id}, ${ago(days)})`;
  }
  await drop();
  expect((await admin`select webhook_id as id from bank.webhooks order by 1`).map(({ id }) => id)).toEqual([
    'pending',
    'young',
  ]);
  expect((await admin`select id from payments.webhooks order by 1`).map(({ id }) => id)).toEqual([
    'pending',
    'young',
  ]);
});

test('a used refresh token stays until it expires; a session goes with its last token', async () => {
  const user = uuidv7();
  await admin`insert into auth.users (id, email, password_hash, role) values (${user}, 'ada@example.com', 'x', 'customer')`;
  const [alive, over] = [uuidv7(), uuidv7()];
  await admin`insert into auth.sessions (id, user_id) values (${alive}, ${user}), (${over}, ${user})`;
  const token = (name: string, session: string, expiredDays: number) =>
    admin`insert into auth.refresh_tokens (hash, session_id, expires_at, used_at)
      values (${Buffer.from(name)}, ${session}, ${ago(expiredDays)}, now())`;
  await token('used', alive, -1);
  await token('expired', alive, 1);
  for (const name of ['a', 'b', 'c', 'd', 'e']) await token(name, over, 2);
  await drop();
  const left = await admin`select hash from auth.refresh_tokens`;
  expect(left.map(({ hash }) => hash.toString())).toEqual(['used']);
  expect((await admin`select id from auth.sessions`).map(({ id }) => id)).toEqual([alive]);
});

test('records go after ninety days', async () => {
  for (const days of [91, 89])
    await admin`insert into analytics.records (id, user_id, type, at)
      values (${uuidv7({ msecs: Date.parse(ago(days)) })}, ${uuidv7()}, ${`of ${days}`}, ${ago(days)})`;
  await drop();
  expect((await admin`select type from analytics.records`).map(({ type }) => type)).toEqual(['of 89']);
});

describe('a round', () => {
  test('drops what is old, however much more than a batch', async () => {
    for (let i = 0; i < 30; i++) await rows.publish({ subject: `s${i}`, key: `k${i}`, days: 8 });
    await drop();
    expect(await rows.count('events.outbox')).toBe(0);
    await rows.publish({ subject: 's', key: 'k', days: 8 });
    const ping = {
      specversion: '1.0' as const,
      id: uuidv7(),
      source: '/p',
      type: 'dev.knative.sources.ping',
      data: {},
    };
    expect(await deliver(worker.app, ping)).toBe(204);
    expect(await rows.count('events.outbox')).toBe(0);
  });

  test('stops at its bound and goes on in the next', async () => {
    for (let i = 0; i < 9; i++) await rows.publish({ subject: `s${i}`, key: `k${i}`, days: 8 });
    await dropOld(worker.store, testRetention, { rows: 2, most: 2 });
    expect(await rows.count('events.outbox')).toBe(5);
  });

  test('one rule that fails keeps no other from its turn', async () => {
    await rows.receive('x', { subject: null, days: 31 });
    const failing = {
      drop: (...[rule, ...rest]: Parameters<typeof worker.store.drop>) =>
        rule === 'drop_published_events' ? Promise.reject(new Error('no')) : worker.store.drop(rule, ...rest),
    };
    await expect(dropOld(failing, testRetention)).rejects.toThrow('no');
    expect([await rows.count('events.attempts'), await rows.count('events.inbox')]).toEqual([0, 0]);
  });
});

describe('least privilege', () => {
  test('whatever age it asks for, the worker drops nothing young', async () => {
    await rows.publish({ subject: 's', key: 'k', days: 0.9 });
    await rows.receive('r', { subject: null, days: 0.9 });
    await rows.receive('week', { subject: null, days: 7.5 });
    await dropOld(worker.store, { eventMs: 0, receiptMs: -1, recordMs: 0 });
    expect(await rows.count('events.outbox')).toBe(1);
    expect((await admin`select id from events.attempts`).map(({ id }) => id)).toEqual(['r']);
    expect(await rows.receipts()).toEqual(['week', 'r']);
  });

  test('the worker deletes by these functions only, and nobody else by them', async () => {
    const refused = { code: '42501' };
    for (const table of [
      'events.outbox',
      'events.inbox',
      'events.attempts',
      'deadletters.items',
      'payments.webhooks',
    ])
      await expect(worker.database.sql`delete from ${worker.database.sql(table)}`).rejects.toMatchObject(
        refused,
      );
    const orders = postgres(world.database.url('orders'), { max: 1 });
    await expect(orders`select worker.drop_receipts('8 days', 1)`).rejects.toMatchObject(refused);
    await orders.end();
    const open = await admin`
      select proname from pg_proc where pronamespace = 'worker'::regnamespace
        and has_function_privilege('kagari_template_orders', oid, 'execute')`;
    expect(open).toEqual([]);
  });
});
