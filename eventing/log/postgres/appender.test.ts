import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LogError, type Position } from '../port.ts';
import { type Append, createAppender } from './appender.ts';

const appendOf = (n: number, records: number, bytes = records): Append => ({
  topic: `t${n}`,
  records: Array.from({ length: records }, () => ({ value: new Uint8Array() })),
  bytes,
});

test('batches keep the order of the calls, split no append, and each gets its own answer', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(fc.record({ records: fc.nat({ max: 8 }), fails: fc.boolean() }), { maxLength: 40 }),
      async (scheduler, plan) => {
        const batches: (readonly Append[])[] = [];
        let writing = 0;
        const append = createAppender(
          async (batch) => {
            expect(++writing).toBe(1);
            batches.push(batch);
            await scheduler.schedule(Promise.resolve());
            writing--;
            return batch.map(({ topic, records }): Position[] | LogError => {
              const n = Number(topic.slice(1));
              if (plan[n]?.fails) return new LogError('unknown-topic', topic);
              return records.map((_, i) => ({ partition: n, offset: BigInt(i) }));
            });
          },
          { batchRecords: 10, batchBytes: 10 },
        );
        const results = plan.map(({ records }, n) =>
          append(appendOf(n, records)).then(
            (positions) => positions.map(({ partition }) => partition),
            (error: LogError) => error.message,
          ),
        );
        await scheduler.waitFor(Promise.all(results));
        expect(await Promise.all(results)).toEqual(
          plan.map(({ records, fails }, n) => (fails ? `t${n}` : Array(records).fill(n))),
        );
        expect(batches.flat().map(({ topic }) => topic)).toEqual(plan.map((_, n) => `t${n}`));
        for (const batch of batches)
          expect(batch.length === 1 || batch.reduce((sum, { bytes }) => sum + bytes, 0) <= 10).toBe(true);
      },
    ),
  );
});

test('what gathers while a write is under way is one batch', async () => {
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const append = createAppender(async (batch) => {
    sizes.push(batch.length);
    if (sizes.length === 1) await gate.promise;
    return batch.map(() => []);
  });
  const first = append(appendOf(0, 1));
  await null;
  await null;
  const rest = Array.from({ length: 100 }, (_, n) => append(appendOf(n, 1)));
  gate.resolve();
  await Promise.all([first, ...rest]);
  expect(sizes).toEqual([1, 100]);
});

test('what waits is bounded: beyond it an append is refused at once, and taken again later', async () => {
  const gate = Promise.withResolvers<void>();
  const append = createAppender(
    async (batch) => {
      await gate.promise;
      return batch.map(() => []);
    },
    { waitingRecords: 5, waitingBytes: 1_000 },
  );
  const first = append(appendOf(0, 1));
  await null;
  await null;
  const waiting = [append(appendOf(1, 5))];
  const refusal = { code: 'unavailable', retriable: true };
  await expect(append(appendOf(2, 1))).rejects.toMatchObject(refusal);
  gate.resolve();
  await Promise.all([first, ...waiting]);
  await append(appendOf(3, 5));
  await expect(append(appendOf(4, 1, 2_000))).rejects.toMatchObject(refusal);
});

test('a write that fails fails its batch only', async () => {
  let writes = 0;
  const append = createAppender(async (batch) => {
    if (++writes === 1) throw new LogError('unavailable', 'gone');
    return batch.map(() => []);
  });
  await expect(append(appendOf(0, 1))).rejects.toMatchObject({ code: 'unavailable' });
  expect(await append(appendOf(1, 1))).toEqual([]);
});
