import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../test/support/postgres.ts';
import { connect, type Database } from '../kit/database.ts';
import { createThrottle, placeKnownDays, type Throttle, type Try, tries } from './throttle.ts';

let database: TestDatabase;
let pods: Database[];
let throttles: Throttle[];
beforeAll(async () => {
  database = await freshDatabase();
  pods = [1, 2, 3].map(() => connect(database.url('auth'), { max: 4 }));
  throttles = pods.map(({ sql }) => createThrottle(sql));
});
afterAll(async () => {
  for (const { close } of pods ?? []) await close();
  await database?.drop();
});
beforeEach(() => clear());

const sql = () => pods[0]!.sql;
const clear = async () => {
  await sql()`delete from auth.login_tries`;
  await sql()`delete from auth.known_places`;
};
/** Time passes. */
const advance = async (seconds: number) => {
  await sql()`update auth.login_tries set at = at - make_interval(secs => ${seconds})`;
  await sql()`update auth.known_places set at = at - make_interval(secs => ${seconds})`;
};

/** By one of the pods; the seconds to wait where it is refused. */
const take = async (attempt: Try, pod = 0): Promise<number> => {
  try {
    await throttles[pod % 3]!.take(attempt);
    return 0;
  } catch (error) {
    const { status, headers } = error as { status: number; headers: Record<string, string> };
    expect(status).toBe(429);
    return Number(headers['retry-after']);
  }
};
const manyTimes = async (count: number, attempt: (i: number) => Try) =>
  (await Promise.all(Array.from({ length: count }, (_, i) => take(attempt(i), i)))).filter(
    (wait) => wait === 0,
  ).length;

const owner = { email: 'owner@example.com', address: '198.51.100.1' };

it('10: of many tries at once by several pods no more pass than there are', async () => {
  expect(await manyTimes(40, () => owner)).toBe(tries.here.capacity);
  expect(await manyTimes(90, (i) => ({ ...owner, address: `203.0.113.${i}` }))).toBe(
    tries.account.capacity - tries.here.capacity,
  );
  // A token a second comes back meanwhile.
  const began = Date.now();
  const sprayed = await manyTimes(400, (i) => ({ email: `${i}@example.com`, address: '192.0.2.1' }));
  expect(sprayed).toBeGreaterThanOrEqual(tries.address.capacity);
  expect(sprayed).toBeLessThanOrEqual(tries.address.capacity + 1 + (Date.now() - began) / 1000);
});

it('11: from where an account was logged in to, no stranger elsewhere keeps its owner out', async () => {
  await take(owner);
  await throttles[1]!.forgive(owner);
  await manyTimes(80, (i) => ({ ...owner, address: `203.0.113.${i}` }));
  await manyTimes(320, (i) => ({ email: `${i}@example.com`, address: owner.address }));
  expect(await take({ ...owner, address: '203.0.113.200' })).toBeGreaterThan(0);
  expect(await take(owner, 2)).toBe(0);
  await advance(placeKnownDays * 24 * 3600 + 1);
  await manyTimes(80, (i) => ({ ...owner, address: `203.0.113.${i}` }));
  expect(await take(owner)).toBeGreaterThan(0);
});

it('12: a right password costs nothing, however often', async () => {
  for (let i = 0; i < 60; i++) {
    const from = { ...owner, address: `203.0.113.${i}` };
    expect(await take(from, i)).toBe(0);
    await throttles[i % 3]!.forgive(from);
  }
  const rows = await sql()`select tokens from auth.login_tries where tokens < 49`;
  expect(rows).toEqual([]);
});

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('wrong' as const),
      email: fc.constantFrom('a@example.com', 'b@example.com'),
      address: fc.constantFrom('192.0.2.1', '192.0.2.2', '192.0.2.3'),
      times: fc.integer({ min: 1, max: 12 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('right' as const),
      email: fc.constantFrom('a@example.com', 'b@example.com'),
      address: fc.constantFrom('192.0.2.1', '192.0.2.2'),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), seconds: fc.integer({ min: 1, max: 900 }) }),
  },
);

it('10, 13: no span of time sees more wrong passwords than its limit says, and every refusal ends as it said', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      await clear();
      const began = Date.now();
      let waited = 0;
      const clock = () => waited + (Date.now() - began) / 1000;
      /** Of wrong passwords from one place since the last right one: when they were let through. */
      const passed = new Map<string, number[]>();
      for (const given of steps) {
        if (given.kind === 'wait') {
          waited += given.seconds;
          await advance(given.seconds);
          continue;
        }
        const attempt = { email: given.email, address: given.address };
        const key = `${given.email} ${given.address}`;
        if (given.kind === 'right') {
          if ((await take(attempt)) > 0) continue;
          await throttles[0]!.forgive(attempt);
          passed.delete(key);
          continue;
        }
        const times = passed.get(key) ?? [];
        for (let i = 0; i < given.times; i++) {
          const wait = await take(attempt, i);
          if (wait === 0) times.push(clock());
          else {
            expect(wait).toBeLessThanOrEqual(tries.account.seconds / tries.account.capacity + 1);
            if (i > 0) continue;
            waited += wait;
            await advance(wait);
            expect(await take(attempt, i)).toBe(0);
            times.push(clock());
          }
        }
        passed.set(key, times);
      }
      const { capacity, seconds } = tries.here;
      for (const times of passed.values())
        for (const [i, from] of times.entries())
          for (const [j, to] of times.slice(i).entries())
            expect(j + 1).toBeLessThanOrEqual(capacity + ((to - from) * capacity) / seconds + 1e-6);
    }),
    { numRuns: 15 },
  );
});
