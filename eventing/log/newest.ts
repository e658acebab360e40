import type { EventLog, LogRecord } from './port.ts';
import { recordBytes } from './rules.ts';

export interface NewestOptions {
  limit: number;
  /** Of all records answered; the first one comes whatever its size. */
  mostBytes?: number;
}

/** What is read ahead of the answer, about. */
const bufferBytes = 16 << 20;
/** What a record is taken to have before any has been seen: the most that it may have. */
const unseenBytes = 1 << 20;

/** One partition, read from its end towards its start. */
interface Tail {
  partition: number;
  start: bigint;
  /** Everything from here on has been read. */
  read: bigint;
  /** Read and not taken yet, the newest last. */
  records: LogRecord[];
}

/**
 * The newest records of a topic: by time, then partition, then from the greatest offset. Reads no more than `limit`
 * records of each partition, from its end, and only as many as the merge asks for.
 */
export const readNewest = async (
  log: Pick<EventLog, 'offsets' | 'read'>,
  topic: string,
  { limit, mostBytes = 16 << 20 }: NewestOptions,
): Promise<LogRecord[]> => {
  const tails = (await log.offsets(topic)).map(
    ({ start, end }, partition): Tail => ({ partition, start, read: end, records: [] }),
  );
  const taken: LogRecord[] = [];
  const seen = { records: 0, bytes: 0 };
  let bytes = 0;
  /** Times the share of each partition, were the newest spread evenly: more where they turn out not to be. */
  let ahead = 2;

  /** Reads on where fewer are known than may still be asked for. */
  const readOn = async () => {
    const rest = limit - taken.length;
    const short = tails.filter((tail) => !isRead(tail) && tail.records.length < rest);
    const mean = seen.records === 0 ? unseenBytes : Math.max(1, seen.bytes / seen.records);
    const affordable = Math.floor(bufferBytes / mean / short.length);
    const most = Math.max(1, Math.min(affordable, Math.ceil((rest / short.length) * ahead)));
    // The first round is short for want of knowledge, not for having looked in the wrong place.
    if (seen.records > 0) ahead *= 4;
    await Promise.all(
      short.map(async (tail) => {
        const older = await readBack(log, topic, tail, Math.min(most, rest - tail.records.length));
        tail.records = [...older, ...tail.records];
        for (const record of older) seen.bytes += recordBytes(record);
        seen.records += older.length;
      }),
    );
  };

  while (taken.length < limit) {
    if (tails.some((tail) => tail.records.length === 0 && !isRead(tail))) {
      await readOn();
      continue;
    }
    const record = newestOf(tails)?.records.pop();
    if (!record) break;
    bytes += recordBytes(record);
    if (taken.length > 0 && bytes > mostBytes) break;
    taken.push(record);
  }
  // Clocks of several producers may differ, then a partition's own order is not that of its times.
  return taken.sort(newestFirst);
};

const isRead = ({ start, read }: Tail): boolean => read <= start;

/** The records of the last `many` offsets before those that have been read; fewer where some are gone. */
const readBack = async (
  log: Pick<EventLog, 'read'>,
  topic: string,
  tail: Tail,
  many: number,
): Promise<LogRecord[]> => {
  const end = tail.read;
  const from = end - BigInt(many) > tail.start ? end - BigInt(many) : tail.start;
  tail.read = from;
  const records: LogRecord[] = [];
  for (let at = from; at < end; ) {
    const next = await log.read(topic, tail.partition, at, Number(end - at));
    const last = next.at(-1);
    if (!last) break;
    records.push(...next.filter(({ offset }) => offset < end));
    at = last.offset + 1n;
  }
  return records;
};

/** The tail whose next record is the newest; of several the one of the first partition. */
const newestOf = (tails: Tail[]): Tail | undefined => {
  let newest: { tail: Tail; time: Date } | undefined;
  for (const tail of tails) {
    const time = tail.records.at(-1)?.timestamp;
    if (time && (!newest || time > newest.time)) newest = { tail, time };
  }
  return newest?.tail;
};

const newestFirst = (a: LogRecord, b: LogRecord): number =>
  b.timestamp.getTime() - a.timestamp.getTime() || a.partition - b.partition || Number(b.offset - a.offset);
