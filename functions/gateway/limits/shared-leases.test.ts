import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../test/support/postgres.ts';
import { connect, type Database } from '../../kit/database.ts';
import { testBase } from '../../kit/testing.ts';
import { createLeasesInTime } from './leases-in-time.ts';
import { createLocalLeases } from './local-leases.ts';
import { openSharedLeases } from './shared-leases.ts';

let database: TestDatabase;
let admin: Database;
const opened: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  database = await freshDatabase();
  admin = connect(database.url('gateway'), { max: 2 });
});
afterAll(async () => {
  for (const { close } of opened) await close();
  await admin?.close();
  await database?.drop();
});

const open = (url = database.url('gateway'), seconds = 100_000) => {
  const shared = openSharedLeases(url, [{ capacity: 1, seconds }]);
  opened.push(shared);
  return shared.take;
};
const { log } = testBase('gateway');

it('of many leases at once by several pods no more is given than there is', async () => {
  const pods = [open(), open(), open()];
  // Refilled by a token in a thousand seconds: by none, as far as this test goes.
  const limit = { capacity: 100, seconds: 100_000 };
  const grants = await Promise.all(
    Array.from({ length: 60 }, (_, i) => pods[i % 3]!({ key: 'many', limit, owed: 0, wanted: 3 })),
  );
  expect(grants.reduce((sum, { granted }) => sum + granted, 0)).toBe(100);
  const refused = grants.filter(({ granted }) => granted === 0);
  expect(refused).toHaveLength(60 - 34);
  for (const { waitMs } of refused) expect(waitMs).toBeGreaterThan(900_000);
});

it('the database counts as one process does', async () => {
  const lease = fc.record({
    owed: fc.nat(5),
    wanted: fc.integer({ min: 1, max: 8 }),
    seconds: fc.nat(4_000),
  });
  const shared = open();
  let key = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(lease, { minLength: 5, maxLength: 30 }), async (given) => {
      const limit = { capacity: 20, seconds: 20_000 };
      let time = 0;
      const local = createLocalLeases(() => time);
      const bucket = `count ${++key}`;
      for (const { owed, wanted, seconds } of given) {
        // A second more than whole tokens take: the database's milliseconds and rounding decide nothing.
        const passes = Math.floor(seconds / 1_000) * 1_000 + 1;
        time += passes * 1_000;
        await admin.sql`update gateway.buckets set at = at - make_interval(secs => ${passes}) where key = ${bucket}`;
        const [here, there] = await Promise.all([
          local({ key: bucket, limit, owed, wanted }),
          shared({ key: bucket, limit, owed, wanted }),
        ]);
        expect(there.granted).toBe(here.granted);
        expect(Math.abs(there.waitMs - here.waitMs)).toBeLessThan(20_000);
      }
    }),
    { numRuns: 25 },
  );
});

it('buckets that are full again are swept away', async () => {
  const shared = open();
  const limit = { capacity: 10, seconds: 60 };
  await shared({ key: 'old', limit, owed: 0, wanted: 1 });
  await admin.sql`update gateway.buckets set at = at - interval '1 hour' where key = 'old'`;
  await open(undefined, 60)({ key: 'new', limit, owed: 0, wanted: 1 });
  const keys = async () => (await admin.sql`select key from gateway.buckets`).map(({ key }) => key);
  await expect.poll(keys).not.toContain('old');
  expect(await keys()).toContain('new');
});

it('18: without its database a pod holds the limit by itself, at once, and shares again when it is back', async () => {
  let time = 1;
  let away = true;
  const shared = open();
  await shared({ key: 'first', limit: { capacity: 1, seconds: 1 }, owed: 0, wanted: 1 });
  const leases = createLeasesInTime({
    shared: (lease) => (away ? new Promise(() => {}) : shared(lease)),
    local: createLocalLeases(() => time),
    log,
    now: () => time,
    answerWithinMs: 2_000,
    askAgainAfterMs: 5_000,
  });
  const limit = { capacity: 10, seconds: 1_000 };
  const take = () => leases.take({ key: 'alone', limit, owed: 0, wanted: 4 });
  expect([(await take()).granted, (await take()).granted, (await take()).granted]).toEqual([4, 4, 2]);
  expect(leases.isShared()).toBe(false);
  away = false;
  time += 5_000;
  expect((await take()).granted).toBe(4);
  expect(leases.isShared()).toBe(true);
});

it('18: a database that refuses is no outage', async () => {
  const leases = createLeasesInTime({
    shared: open('postgres://nobody@127.0.0.1:1/none'),
    local: createLocalLeases(),
    log,
  });
  const limit = { capacity: 10, seconds: 10 };
  expect(await leases.take({ key: 'refused', limit, owed: 1, wanted: 2 })).toMatchObject({ granted: 2 });
});
