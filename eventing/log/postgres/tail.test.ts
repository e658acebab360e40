import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LogRecord } from '../port.ts';
import { createTail } from './tail.ts';

const record = (offset: number, size = 1): LogRecord => ({
  topic: 't',
  partition: 0,
  offset: BigInt(offset),
  key: null,
  value: new Uint8Array(size),
  headers: {},
  timestamp: new Date(0),
});

test('answers what a fetch would, or nothing', () => {
  fc.assert(
    fc.property(
      // Runs of records: another process may have stored some in between.
      fc.array(
        fc.record({
          gap: fc.nat({ max: 2 }),
          sizes: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 4 }),
        }),
        {
          maxLength: 20,
        },
      ),
      fc.nat({ max: 60 }),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 20 }),
      (runs, from, limit, bytes) => {
        const tail = createTail(60);
        const log: LogRecord[] = [];
        let next = 0;
        for (const { gap, sizes } of runs) {
          for (let i = 0; i < gap; i++) log.push(record(next++));
          const stored = sizes.map((size) => record(next++, size));
          log.push(...stored);
          tail.add(1, 0, stored);
        }
        const fetched: LogRecord[] = [];
        let before = 0;
        for (const one of log.slice(from)) {
          if (fetched.length === limit || before >= bytes) break;
          fetched.push(one);
          before += one.value.byteLength;
        }
        const read = tail.read(1, { partition: 0, from: BigInt(from), limit, bytes });
        if (read !== undefined) expect(read).toEqual(fetched);
        expect(tail.read(2, { partition: 0, from: 0n, limit, bytes })).toBeUndefined();
      },
    ),
  );
});

test('remembers what was just stored', () => {
  const tail = createTail();
  tail.add(1, 0, [record(5), record(6)]);
  tail.add(1, 0, [record(7)]);
  const offsets = tail
    .read(1, { partition: 0, from: 6n, limit: 10, bytes: 100 })
    ?.map(({ offset }) => offset);
  expect(offsets).toEqual([6n, 7n]);
});
