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
