import type { LogRecord } from '../port.ts';
import { recordBytes } from '../rules.ts';
import type { Want } from './fetch.ts';

export interface Tail {
  /** Records just stored, in order. */
  add(topic: number, partition: number, records: LogRecord[]): void;
  /** What a fetch would answer now, or undefined where memory does not reach back to `from`. */
  read(topic: number, want: Want): LogRecord[] | undefined;
}

/**
 * The newest records that this process stored itself, so that its own readers, which are most often at the end of the
 * log, need not ask for them. Where another process has stored records in between, a run ends and a new one begins.
 */
export const createTail = (mostBytes = 8 << 20): Tail => {
  const runs = new Map<string, LogRecord[]>();
  let bytes = 0;
  return {
    add(topic, partition, records) {
      const added = records.reduce((sum, record) => sum + recordBytes(record), 0);
      if (bytes + added > mostBytes) {
        runs.clear();
        bytes = 0;
      }
      if (added > mostBytes) return;
      bytes += added;
      const run = runs.get(`${topic}:${partition}`);
      if (run && (run.at(-1)?.offset ?? 0n) + 1n === records[0]?.offset) run.push(...records);
      else runs.set(`${topic}:${partition}`, [...records]);
    },
    read(topic, { partition, from, limit, bytes }) {
      const run = runs.get(`${topic}:${partition}`);
      const first = run?.[0]?.offset;
      if (!run || first === undefined || from < first) return undefined;
      const start = Number(from - first);
      let left = bytes;
      let end = start;
      while (end < run.length && end - start < limit && left > 0)
        left -= (run[end++] as LogRecord).value.byteLength;
      return end > start ? run.slice(start, end) : undefined;
    },
  };
};
