import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { claimRows, holdRows, markPublished, nextDue } from './rows.ts';

let database: TestDatabase;
let sql: Sql;

beforeEach(async () => {
  database = await freshDatabase();
  sql = postgres(database.url('orders'), { max: 3, fetch_types: false });
  for (let n = 0; n < 20; n++) {
    await sql`insert into events.outbox (id, event, type, held_until) values (${uuidv7()}, '{}', 't', now())`;
  }
});
afterEach(async () => {
  await sql.end();
  await database.drop();
});

const claim = { limit: 12, holdMs: 60_000 };
const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);

test('claims at the same time wait for no one and share the rows', async () => {
  const other = await sql.reserve();
  await other`begin`;
  const theirs = ids(await claimRows(other, claim));
  const ours = ids(await claimRows(sql, claim));
  expect(theirs).toHaveLength(12);
  expect(ours).toHaveLength(8);
  expect(new Set([...theirs, ...ours]).size).toBe(20);
  await other`rollback`;
  other.release();
  expect(ids(await claimRows(sql, claim)).sort()).toEqual(theirs.sort());
});

test('a claimed row is nobody else’s until its hold ends, a published one never', async () => {
  expect(await claimRows(sql, { limit: 20, holdMs: 100 })).toHaveLength(20);
  expect(await claimRows(sql, claim)).toEqual([]);
  const due = await nextDue(sql);
  expect(due).toBeGreaterThanOrEqual(0);
  expect(due).toBeLessThanOrEqual(100);
  await expect.poll(() => nextDue(sql), { timeout: 5000, interval: 10 }).toBe(0);
  const claimed = ids(await claimRows(sql, claim));
  expect(claimed).toHaveLength(12);
  await markPublished(sql, claimed);
  await holdRows(sql, claimed, 0);
  expect(await claimRows(sql, { limit: 20, holdMs: 0 })).toHaveLength(8);
});

test('the longest waiting come first, and only those that waited long enough', async () => {
  const [oldest] = await sql`
    update events.outbox set held_until = now() - interval '1 hour' where id = (select max(id::text)::uuid from events.outbox)
    returning id`;
  expect(ids(await claimRows(sql, { ...claim, idleMs: 60_000 }))).toEqual([oldest?.id]);
  await holdRows(sql, [oldest?.id], -3_600_000);
  expect(ids(await claimRows(sql, { ...claim, limit: 1 }))).toEqual([oldest?.id]);
});

test('without unpublished rows there is no next one', async () => {
  await markPublished(sql, ids(await claimRows(sql, { limit: 20, holdMs: 0 })));
  expect(await nextDue(sql)).toBeUndefined();
});
