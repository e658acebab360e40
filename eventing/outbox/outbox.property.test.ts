import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import postgres from 'postgres';
import { v7 as uuidv7 } from 'uuid';
import { expect, test } from 'vitest';
import { freshDatabase } from '../../test/support/postgres.ts';
import { orderCancelled } from '../contracts/order.ts';
import type { Limits } from './limits.ts';
import type { Work } from './outbox.ts';
import { type Process, someOrder, startProcess } from './testing/harness.ts';
import { startSink } from './testing/sink.ts';

const limits: Partial<Limits> = {
  holdMs: 200,
  postTimeoutMs: 100,
  firstBackoffMs: 5,
  maxBackoffMs: 40,
  concurrency: 3,
  queuedRows: 4,
  batch: 3,
};

const who = fc.nat({ max: 1 });
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('publish'), who, count: fc.integer({ min: 1, max: 6 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('fail'), who, count: fc.integer({ min: 1, max: 3 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('receive'), who, count: fc.nat({ max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('up', 'refusing', 'hanging', 'down'),
      who,
      count: fc.constant(0),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constantFrom('restart', 'sweep'), who, count: fc.constant(0) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('wait'), who, count: fc.integer({ min: 1, max: 60 }) }),
  },
);

test('under any disorder: what committed goes out, what did not never does, what is received is done once', async () => {
  const database = await freshDatabase();
  const admin = postgres(database.adminUrl, { max: 1 });
  const worker = { url: database.url('worker') };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      await admin`truncate events.outbox, events.inbox`;
      const sink = await startSink();
      const url = database.url('orders');
      const processes: Process[] = [0, 1].map(() => startProcess(url, sink.url, limits));
      const sweeper = startProcess(worker.url, sink.url, limits);
      const expected = new Set<string>();
      const workDone = new Map<number, number>();
      const events = [0, 1, 2, 3].map(() => ({ id: uuidv7(), source: '/payments', type: 'test' }));
      const going: Promise<unknown>[] = [];
      let down = false;

      const publish = (outbox: Process['outbox'], count: number, end?: () => never) => {
        const ids: string[] = [];
        const work: Work<void> = async (_, add) => {
          for (let n = 0; n < count; n++) ids.push(await add(orderCancelled, someOrder()));
          end?.();
        };
        return outbox.transaction(work).then(() => {
          for (const id of ids) expected.add(id);
        });
      };

      for (const { do: action, who: at, count } of steps) {
        const { outbox } = processes[at] as Process;
        if (action === 'publish') going.push(publish(outbox, count));
        else if (action === 'fail')
          going.push(
            publish(outbox, count, () => {
              throw new Error('rolled back');
            }).catch(() => {}),
          );
        else if (action === 'receive')
          going.push(
            outbox
              .receive(
                { consumer: 'orders', event: events[count] as (typeof events)[number] },
                async (_, add) => {
                  const id = await add(orderCancelled, someOrder());
                  await sleep(2);
                  expected.add(id);
                  workDone.set(count, (workDone.get(count) ?? 0) + 1);
                },
              )
              .then((outcome) => expect(outcome === 'done' || workDone.get(count) === 1).toBe(true)),
          );
        else if (action === 'up') sink.answer(() => 202);
        else if (action === 'refusing') sink.answer(() => (Math.random() < 0.5 ? 503 : 202));
        else if (action === 'hanging') sink.answer(() => sleep(150).then(() => 202));
        else if (action === 'sweep') going.push(sweeper.outbox.sweep({ olderThanMs: 0, limit: 10 }));
        else if (action === 'wait') await sleep(count);
        else if (action === 'down') {
          await (down ? sink.up() : sink.down());
          down = !down;
        } else {
          await Promise.all(going.splice(0));
          const next = startProcess(url, sink.url, limits);
          await processes[at]?.die();
          processes[at] = next;
          await next.outbox.start();
        }
      }

      if (down) await sink.up();
      sink.answer(() => 202);
      await Promise.all(going);
      for (const { outbox } of processes) await outbox.start();
      await expect
        .poll(async () => (await admin`select 1 from events.outbox where published_at is null`).length, {
          timeout: 25_000,
          interval: 10,
        })
        .toBe(0);
      expect([...new Set(sink.acceptedIds())].sort()).toEqual([...expected].sort());
      for (const runs of workDone.values()) expect(runs).toBe(1);
      await Promise.all([...processes, sweeper].map((process) => process.die()));
      await sink.down();
    }),
    { numRuns: 12, endOnFailure: true },
  );
  await admin.end();
  await database.drop();
}, 120_000);
