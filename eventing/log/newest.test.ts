import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readNewest } from './newest.ts';
import type { EventLog, LogRecord } from './port.ts';
import { recordBytes } from './rules.ts';

interface Partition {
  /** Offsets before it are gone. */
  start: number;
  /** Milliseconds between each record and the one before, and its bytes. */
  records: { after: number; bytes: number }[];
}

const partitions = fc.array(
  fc.record({
    start: fc.nat(5),
    records: fc.array(fc.record({ after: fc.nat(3), bytes: fc.nat(40) }), { maxLength: 60 }),
  }),
  { minLength: 1, maxLength: 6 },
);

/** A log of these partitions, as drivers behave: a read answers fewer records than asked for where they are large. */
const logOf = (given: Partition[], bytesAtOnce = Number.POSITIVE_INFINITY) => {
  const all = given.map(({ start, records }, partition) => {
    let at = 1_000;
    return records.map(({ after, bytes }, i): LogRecord => {
      at += after;
      const value = new Uint8Array(bytes);
      const offset = BigInt(start + i);
      return { topic: 't', partition, offset, key: null, value, headers: {}, timestamp: new Date(at) };
    });
  });
  const reads = given.map(() => 0);
  const log: Pick<EventLog, 'offsets' | 'read'> = {
    offsets: async () =>
      given.map(({ start, records }) => ({ start: BigInt(start), end: BigInt(start + records.length) })),
    read: async (_, partition, from, limit) => {
      const wanted = (all[partition] ?? []).filter(({ offset }) => offset >= from).slice(0, limit);
      const answer: LogRecord[] = [];
      for (let bytes = 0; answer.length < wanted.length; ) {
        const next = wanted[answer.length] as LogRecord;
        bytes += recordBytes(next);
        if (answer.length > 0 && bytes > bytesAtOnce) break;
        answer.push(next);
      }
      reads[partition] = (reads[partition] ?? 0) + answer.length;
      return answer;
    },
  };
  return { log, all: all.flat(), reads };
};

const byTime = (a: LogRecord, b: LogRecord) =>
  b.timestamp.getTime() - a.timestamp.getTime() || a.partition - b.partition || Number(b.offset - a.offset);

const limit = fc.integer({ min: 1, max: 100 });

it('answers what sorting all records would, and reads no more than the limit of each partition', async () => {
  await fc.assert(
    fc.asyncProperty(partitions, limit, fc.integer({ min: 1, max: 200 }), async (given, limit, atOnce) => {
      const { log, all, reads } = logOf(given, atOnce);
      expect(await readNewest(log, 't', { limit })).toEqual(all.sort(byTime).slice(0, limit));
      expect(Math.max(...reads)).toBeLessThanOrEqual(limit);
    }),
    { numRuns: 500 },
  );
});

it('answers fewer records where they are large, the newest, and never none', async () => {
  await fc.assert(
    fc.asyncProperty(partitions, limit, fc.nat(300), async (given, limit, mostBytes) => {
      const { log, all } = logOf(given);
      const answer = await readNewest(log, 't', { limit, mostBytes });
      expect(answer).toEqual(all.sort(byTime).slice(0, answer.length));
      const bytes = answer.reduce((sum, record) => sum + recordBytes(record), 0);
      expect(answer.length === Math.min(1, all.length) || bytes <= mostBytes).toBe(true);
      const next = all[answer.length];
      if (next && answer.length < limit) expect(bytes + recordBytes(next)).toBeGreaterThan(mostBytes);
    }),
    { numRuns: 300 },
  );
});

it('is sorted by time also where the clocks of producers differ', async () => {
  const { log, all } = logOf([{ start: 0, records: [5, -9, 7, 1].map((after) => ({ after, bytes: 1 })) }]);
  expect(await readNewest(log, 't', { limit: 10 })).toEqual(all.sort(byTime));
});

it('passes over what is gone: removed by retention meanwhile, or never visible', async () => {
  const { log, all } = logOf([
    { start: 0, records: Array.from({ length: 50 }, () => ({ after: 1, bytes: 1 })) },
  ]);
  const visible = (offset: bigint) => offset >= 20n && offset % 3n === 0n;
  const read: EventLog['read'] = async (...asked) =>
    (await log.read(...asked)).filter((r) => visible(r.offset));
  const wanted = all.filter(({ offset }) => visible(offset)).sort(byTime);
  expect(await readNewest({ ...log, read }, 't', { limit: 30 })).toEqual(wanted);
});

it('reads a small part first, and never many large records at once', async () => {
  const large = Array.from({ length: 30 }, () => ({ after: 1, bytes: 1 << 20 }));
  const { log } = logOf(Array.from({ length: 8 }, () => ({ start: 0, records: large })));
  let most = 0;
  const read: EventLog['read'] = async (topic, partition, from, limit) => {
    most = Math.max(most, limit);
    return log.read(topic, partition, from, limit);
  };
  await readNewest({ ...log, read }, 't', { limit: 1_000 });
  expect(most).toBeLessThanOrEqual(2);
});
