import type { LogRecord, NewRecord } from '../port.ts';
import type { FetchedMessage, FetchedPartition, KafkaMessage } from './cluster.ts';

export const toMessage = ({ key, value, headers = {} }: NewRecord): KafkaMessage => ({
  key: key === null || key === undefined ? null : Buffer.from(key, 'utf8'),
  value: Buffer.from(value.buffer, value.byteOffset, value.byteLength),
  timestamp: String(Date.now()),
  headers,
});

export const toRecord = (
  topic: string,
  partition: number,
  { key, value, headers, offset, timestamp }: FetchedMessage,
): LogRecord => ({
  topic,
  partition,
  offset: BigInt(offset),
  key: key === null ? null : key.toString('utf8'),
  // A tombstone has none.
  value: value ?? Buffer.alloc(0),
  headers: Object.fromEntries(Object.entries(headers).map(([name, text]) => [name, headerText(text)])),
  timestamp: new Date(Number(timestamp)),
});

/** Of a name that comes several times the last one, as in a map. */
const headerText = (text: KafkaMessage['headers'][string]): string => {
  const last = Array.isArray(text) ? text.at(-1) : text;
  return last === undefined || last === null ? '' : last.toString();
};

/** A broker answers whole batches: what stands before the offset asked for, and transactions' markers, are left out. */
export const recordsFrom = (
  topic: string,
  { partition, messages }: FetchedPartition,
  from: bigint,
): LogRecord[] =>
  messages
    .filter(({ offset, isControlRecord }) => !isControlRecord && BigInt(offset) >= from)
    .map((message) => toRecord(topic, partition, message));

/** The offset after all that was fetched: compaction and markers leave holes, also at a batch's end. */
export const offsetAfter = ({ messages }: FetchedPartition, from: bigint): bigint => {
  const last = messages.at(-1);
  if (!last) return from;
  const { offset, batchContext } = last;
  const end = batchContext
    ? BigInt(batchContext.firstOffset) + BigInt(batchContext.lastOffsetDelta)
    : BigInt(offset);
  return end >= from ? end + 1n : from;
};
