import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { orderCancelled } from '../contracts/order.ts';
import { createInbox, type ReceivingEnd } from './inbox.ts';
import { someOrder } from './testing/harness.ts';

let database: TestDatabase;
let sql: Sql;
let inbox: ReceivingEnd;

beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url('analytics'), { max: 4 });
  inbox = createInbox(sql);
});
afterAll(async () => {
  await inbox?.stop();
  await sql?.end();
  await database?.drop();
});

const newEvent = () => ({ id: uuidv7(), source: '/orders', type: 'test' });
const receiptsOf = ({ id }: { id: string }) => sql`select 1 from events.inbox where id = ${id}`;

test('a cause received at once, and again, does its work once', async () => {
  const event = newEvent();
  let done = 0;
  const receive = () => inbox.receive({ consumer: 'analytics', event }, async () => void done++);
  expect((await Promise.all([receive(), receive(), receive()])).sort()).toEqual([
    'done',
    'duplicate',
    'duplicate',
  ]);
  expect(await receive()).toBe('duplicate');
  expect(done).toBe(1);
});

test('work that fails leaves no receipt, and work that publishes fails', async () => {
  for (const work of [
    () => Promise.reject(new Error('no sink')),
    (
      _: unknown,
      publish: (contract: typeof orderCancelled, data: ReturnType<typeof someOrder>) => Promise<string>,
    ) => publish(orderCancelled, someOrder()).then(() => {}),
  ]) {
    const event = newEvent();
    await expect(inbox.receive({ consumer: 'analytics', event }, work)).rejects.toThrow('no sink');
    expect(await receiptsOf(event)).toHaveLength(0);
  }
  expect(await sql`select 1 from events.outbox where role = current_user`).toHaveLength(0);
});
