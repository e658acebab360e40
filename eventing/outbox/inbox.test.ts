import postgres, { type Sql } from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { userSignedUp } from '../contracts/user.ts';
import { createInbox } from './inbox.ts';

let database: TestDatabase;
let sql: Sql;
beforeAll(async () => {
  database = await freshDatabase();
  sql = postgres(database.url('consumer'), { max: 4, onnotice: () => {} });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const event = (id: string) => ({ id, source: '/test', type: 'test' });
const received = async () => (await sql`select id from events.inbox order by id`).map(({ id }) => id);

it('runs the work of a cause once, however many come at once', async () => {
  const inbox = createInbox(sql);
  let runs = 0;
  const outcomes = await Promise.all(
    Array.from({ length: 8 }, () =>
      inbox.receive({ consumer: 'c', event: event('a') }, async () => {
        runs++;
      }),
    ),
  );
  expect(runs).toBe(1);
  expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(1);
});

it('has no receipt of work that failed, nor of work that would publish', async () => {
  const inbox = createInbox(sql);
  const failing = inbox.receive({ consumer: 'c', event: event('b') }, async () => {
    throw new Error('not now');
  });
  await expect(failing).rejects.toThrow('not now');
  const publishing = inbox.receive({ consumer: 'c', event: event('b') }, async (_, publish) => {
    await publish(userSignedUp, { userId: '01890a5d-ac96-774b-bcce-b302099a8057', email: 'a@example.com' });
  });
  await expect(publishing).rejects.toThrow('publish');
  expect(await received()).toEqual(['a']);
});

it('has written its attempts when it has stopped', async () => {
  const inbox = createInbox(sql);
  void inbox.recordAttempt({ consumer: 'c', event: event('a'), code: 204, ms: 1 });
  await inbox.stop();
  expect(await sql`select id, code from events.attempts`).toEqual([{ id: 'a', code: 204 }]);
});
