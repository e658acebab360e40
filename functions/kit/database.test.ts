import postgres from 'postgres';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../test/support/postgres.ts';
import { connect } from './database.ts';

// With one pool the hundred and first statement on its way is where postgres.js loses a transaction's connection.
test.each([99, 100, 101])(
  'what is acknowledged is committed, with a transaction behind %i statements',
  async (at) => {
    const database = await emptyDatabase();
    const another = postgres(database.adminUrl, { max: 1 });
    await another`create table notes (note text not null)`;
    const { sql, close } = connect(database.adminUrl, { max: 2 });
    const add = (client: postgres.ISql, note: string) =>
      client.unsafe('insert into notes values ($1)', [note], { prepare: true }).execute();
    await add(sql, 'first');
    await Promise.all(
      Array.from({ length: 300 }, (_, n) =>
        n === at ? sql.begin((tx) => add(tx, `${n}`)) : add(sql, `${n}`),
      ),
    );
    expect(await another`select count(*)::int from notes`).toEqual([{ count: 301 }]);
    await Promise.all([close(), another.end()]);
    await database.drop();
  },
);

test('a statement waits for no other while a connection is free', async () => {
  const database = await emptyDatabase();
  const another = postgres(database.adminUrl, { max: 1 });
  const { sql, close } = connect(database.adminUrl, { max: 4 });
  await Promise.all([sql`select pg_sleep(0.1)`, sql`select pg_sleep(0.1)`]);
  await another`select pg_advisory_lock(1)`;
  const held = sql`select pg_advisory_xact_lock(1)`.execute();
  const quick = await Promise.all(Array.from({ length: 20 }, async () => (await sql`select 1`).count));
  expect(quick).toHaveLength(20);
  await another`select pg_advisory_unlock(1)`;
  await held;
  await Promise.all([close(), another.end()]);
  await database.drop();
});

test.each([{ max: 5 }, { max: 5, transactions: 1 }])(
  'a pool of %j has no more connections, transactions included',
  async (options) => {
    const database = await emptyDatabase();
    const { sql, close } = connect(database.adminUrl, { ...options, name: 'counted' });
    const [row] = await Promise.all([
      sql<{ count: number }[]>`
      select count(*)::int from pg_sleep(0.5), pg_stat_activity where application_name = 'counted'`,
      ...Array.from({ length: 20 }, () => sql`select pg_sleep(0.2)`),
      ...Array.from({ length: 20 }, () => sql.begin((tx) => tx`select pg_sleep(0.2)`)),
    ]);
    expect(row[0]?.count).toBeLessThanOrEqual(5);
    await close();
    await database.drop();
  },
);
