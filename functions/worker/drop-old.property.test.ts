import fc from 'fast-check';
import postgres, { type Sql } from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, type FlowWorld } from '../../test/flow/support/world.ts';
import { rules } from './drop-old.ts';
import { createOldRows } from './old-rows.testing.ts';
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

const age = fc.integer({ min: 0, max: 60 }).map((days) => days + 0.5);
const flow = fc.array(
  fc.record({
    days: age,
    /** Its last delivery. */
    receivedDays: age,
    /** The sink has refused it until now. */
    waits: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 4 },
);

test('a timeline is kept whole or goes whole, at every moment, and goes once all of its events are old', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(flow, { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 4 }),
      async (flows, batch) => {
        await rows.clear();
        await rows.live(13);
        const drawn = flows.map((events) => ({ events, key: uuidv7() }));
        for (const { events, key } of drawn)
          for (const [i, { days, receivedDays, waits }] of events.entries()) {
            const subject = i === 0 ? key : `${key} ${i}`;
            const id = await rows.publish({ subject, key, days, published: !waits });
            await rows.receive(id, { subject, days: Math.min(days, receivedDays) });
          }
        const leftOf = async (key: string) => {
          const [left] = await admin<[{ sent: number; received: number; tried: number }]>`
            select (select count(*)::int from events.outbox where partition_key = ${key}) as sent,
              (select count(*)::int from events.inbox where starts_with(subject, ${key})) as received,
              (select count(*)::int from events.attempts where starts_with(subject, ${key})) as tried`;
          return left;
        };
        for (const { drop, keep } of rules)
          for (let found = batch; found >= batch; ) {
            found = await worker.store.drop(drop, keep && testRetention[keep], batch);
            for (const { events, key } of drawn) {
              const whole = { sent: events.length, received: events.length, tried: events.length };
              const left = await leftOf(key);
              if (left.sent > 0) expect(left).toEqual(whole);
            }
          }
        for (const { events, key } of drawn) {
          const { sent, received, tried } = await leftOf(key);
          const young = (days: number) =>
            events.filter((event) => Math.min(event.days, event.receivedDays) < days).length;
          const kept = events.some(({ days, waits }) => days < 7 || waits);
          expect(sent > 0, JSON.stringify(events)).toBe(kept);
          if (!kept) expect([tried, received]).toEqual([young(7), young(30)]);
        }
      },
    ),
    { numRuns: 25, endOnFailure: true },
  );
}, 120_000);
