import type { LogRecord } from '../port.ts';
import type { Desk } from './desk.ts';
import { kindOf } from './errors.ts';
import { atStart, type Offsets } from './offsets.ts';
import { offsetAfter, recordsFrom } from './records.ts';

const fetchBytes = 1 << 20;

/** At most `limit` records of a partition from an offset on; fewer than there are where they are large, but never none. */
export const readRecords = async (
  desk: Desk,
  offsets: Offsets,
  { topic, partition, from, limit }: { topic: string; partition: number; from: bigint; limit: number },
): Promise<LogRecord[]> => {
  const fetchAt = async (offset: bigint) => {
    const broker = await desk.leaderOf(topic, partition);
    const { responses } = await broker.fetch({
      topics: [{ topic, partitions: [{ partition, fetchOffset: String(offset), maxBytes: fetchBytes }] }],
      maxWaitTime: 0,
      minBytes: 0,
      maxBytes: fetchBytes,
      isolationLevel: 0,
    });
    return responses[0]?.partitions[0];
  };

  return desk.ask(async () => {
    let offset = from;
    for (;;) {
      try {
        const fetched = await fetchAt(offset);
        if (!fetched) return [];
        const records = recordsFrom(topic, fetched, offset);
        const after = offsetAfter(fetched, offset);
        if (records.length > 0 || after === offset) return records.slice(0, limit);
        offset = after;
      } catch (error) {
        if (kindOf(error) !== 'OFFSET_OUT_OF_RANGE') throw error;
        // Before the first that is kept, or beyond the end.
        const start = (await offsets.at(topic, atStart))[partition];
        if (start === undefined || start <= offset) return [];
        offset = start;
      }
    }
  }, topic);
};
