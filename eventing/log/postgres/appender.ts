import { LogError, type NewRecord, type Position } from '../port.ts';

export interface Append {
  topic: string;
  records: readonly NewRecord[];
  bytes: number;
}

export interface Limits {
  /** Of one batch; an append is never split, so one that is larger goes alone. */
  batchRecords: number;
  batchBytes: number;
  /** Of all appends that wait for the write under way. */
  waitingRecords: number;
  waitingBytes: number;
}

const defaults: Limits = {
  batchRecords: 2_000,
  batchBytes: 4 << 20,
  waitingRecords: 100_000,
  waitingBytes: 64 << 20,
};

interface Waiting extends Append {
  resolve(positions: Position[]): void;
  reject(error: unknown): void;
}

/**
 * Groups appends without making any wait: one write is under way, what comes meanwhile is the next. Batches keep the
 * order of the calls. `store` answers each append's places or its own error; where it rejects, all of the batch fail.
 */
export const createAppender = (
  store: (batch: readonly Append[]) => Promise<(Position[] | LogError)[]>,
  limits: Partial<Limits> = {},
): ((append: Append) => Promise<Position[]>) => {
  const { batchRecords, batchBytes, waitingRecords, waitingBytes } = { ...defaults, ...limits };
  const waiting: Waiting[] = [];
  const held = { records: 0, bytes: 0 };
  let writing = false;

  const nextBatch = (): Waiting[] => {
    let records = 0;
    let bytes = 0;
    let many = 0;
    for (const append of waiting) {
      records += append.records.length;
      bytes += append.bytes;
      if (many > 0 && (records > batchRecords || bytes > batchBytes)) break;
      many++;
    }
    const batch = waiting.splice(0, many);
    for (const append of batch) {
      held.records -= append.records.length;
      held.bytes -= append.bytes;
    }
    return batch;
  };

  const write = async () => {
    // What the same turn of the event loop appends belongs to the first batch.
    await null;
    while (waiting.length > 0) {
      const batch = nextBatch();
      try {
        const results = await store(batch);
        batch.forEach((append, i) => {
          const result = results[i];
          if (Array.isArray(result)) append.resolve(result);
          else append.reject(result);
        });
      } catch (error) {
        for (const append of batch) append.reject(error);
      }
    }
    writing = false;
  };

  return (append) => {
    if (held.records + append.records.length > waitingRecords || held.bytes + append.bytes > waitingBytes)
      return Promise.reject(new LogError('unavailable', 'too many appends wait for the log'));
    return new Promise((resolve, reject) => {
      waiting.push({ ...append, resolve, reject });
      held.records += append.records.length;
      held.bytes += append.bytes;
      if (writing) return;
      writing = true;
      void write();
    });
  };
};
