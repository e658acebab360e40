import { sql as drizzleSql } from 'drizzle-orm';
import { pgTable, text } from 'drizzle-orm/pg-core';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { emptyDatabase } from '../../test/support/postgres.ts';
import { drizzlePrepared } from './prepared.ts';

const notes = pgTable('notes', { note: text().notNull() });

test('queries are prepared once a connection, in transactions and savepoints too, which roll back as they should', async () => {
  const database = await emptyDatabase();
  const sql = postgres(database.adminUrl, { max: 1, fetch_types: false });
  const db = drizzlePrepared(sql);
  await db.execute(drizzleSql`create table notes (note text not null)`);
  for (const note of ['a', 'b', 'c']) {
    await db.transaction(async (tx) => {
      await tx.insert(notes).values({ note });
      await tx
        .transaction(async (inner) => {
          await inner.insert(notes).values({ note: `${note} undone` });
          throw new Error('undo');
        })
        .catch(() => {});
    });
  }
  await db
    .transaction(async (tx) => {
      await tx.insert(notes).values({ note: 'd' });
      throw new Error('undo');
    })
    .catch(() => {});
  expect(await db.select().from(notes)).toEqual([{ note: 'a' }, { note: 'b' }, { note: 'c' }]);
  const prepared = await sql`select statement from pg_prepared_statements where statement like 'insert%'`;
  expect(prepared).toHaveLength(1);
  await sql.end();
  await database.drop();
});

test('what is acknowledged beside transactions is committed, however many statements are on their way', async () => {
  const database = await emptyDatabase();
  const sql = postgres(database.adminUrl, { max: 1, fetch_types: false });
  const db = drizzlePrepared(sql);
  await db.execute(drizzleSql`create table notes (note text not null)`);
  const [acknowledged, failed]: [string[], unknown[]] = [[], []];
  const add = async (note: string, run: () => Promise<unknown>) =>
    run().then(
      () => acknowledged.push(note),
      (error: unknown) => failed.push(error),
    );
  await Promise.all(
    Array.from({ length: 1_000 }, (_, n) =>
      n % 100 === 0 && n > 0
        ? add(`${n}`, () => db.transaction((tx) => tx.insert(notes).values({ note: `${n}` })))
        : add(`${n}`, () => sql.unsafe('insert into notes values ($1)', [`${n}`], { prepare: true })),
    ),
  );
  await sql.end();
  const another = postgres(database.adminUrl, { max: 1 });
  const rows = await another<{ note: string }[]>`select note from notes`;
  await another.end();
  await database.drop();
  expect(failed).toEqual([]);
  expect(rows.map(({ note }) => note).sort()).toEqual(acknowledged.sort());
});
