import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { FetchedMessage } from './cluster.ts';
import { offsetAfter, recordsFrom, toRecord } from './records.ts';

const message = (offset: number, more: Partial<FetchedMessage> = {}): FetchedMessage => ({
  key: null,
  value: Buffer.from('v'),
  timestamp: '1700000000000',
  headers: {},
  offset: String(offset),
  ...more,
});
const fetched = (messages: FetchedMessage[]) => ({
  partition: 0,
  errorCode: 0,
  highWatermark: '0',
  messages,
});

test('of what a broker answers only records from the offset on are handed over, and reading goes on behind all of it', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.nat(100), { minLength: 1 }),
      fc.nat(100),
      fc.nat(5),
      fc.func(fc.boolean()),
      (offsets, from, compacted, isControlRecord) => {
        const sorted = offsets.toSorted((a, b) => a - b);
        const last = sorted.at(-1) as number;
        const batchContext = { firstOffset: '0', lastOffsetDelta: last + compacted };
        const answer = fetched(
          sorted.map((offset) => message(offset, { isControlRecord: isControlRecord(offset), batchContext })),
        );
        const wanted = sorted.filter((offset) => offset >= from && !isControlRecord(offset));
        expect(recordsFrom('t', answer, BigInt(from)).map(({ offset }) => Number(offset))).toEqual(wanted);
        expect(Number(offsetAfter(answer, BigInt(from)))).toBe(Math.max(from, last + compacted + 1));
      },
    ),
  );
  expect(offsetAfter(fetched([]), 7n)).toBe(7n);
});

test('a tombstone is an empty value, and of a header that comes several times the last one counts', () => {
  const { value, headers, timestamp } = toRecord(
    't',
    0,
    message(0, { value: null, headers: { a: ['1', Buffer.from('2')], b: Buffer.from('ü'), c: [] } }),
  );
  expect(value.byteLength).toBe(0);
  expect(headers).toEqual({ a: '2', b: 'ü', c: '' });
  expect(timestamp).toEqual(new Date(1_700_000_000_000));
});
