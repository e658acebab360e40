import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RevisionKey } from '../ports.ts';
import type { LogLine } from './log.ts';
import { createLogFile, type LogFile } from './log-file.ts';

/** `<folder>/NAMESPACE/REVISION.log`: what all pods of a revision write, each line with its time, pod and stream. */
export const createRevisionLogs = (folder: string) => {
  const open = new Map<RevisionKey, LogFile>();
  const path = (key: RevisionKey) => join(folder, `${key}.log`);

  /** Nobody writes for now. */
  const rest = (key: RevisionKey): void => {
    open.get(key)?.close();
    open.delete(key);
  };

  return {
    append(key: RevisionKey, pod: string, { at, stream, text }: LogLine): void {
      let file = open.get(key);
      if (!file) {
        file = createLogFile(path(key));
        open.set(key, file);
      }
      file.append(`${at.toISOString()} ${pod} ${stream} ${text}`);
    },
    rest,
    /** The revision is gone, and its files with it. */
    async remove(key: RevisionKey): Promise<void> {
      rest(key);
      await Promise.all([path(key), `${path(key)}.1`].map((file) => rm(file, { force: true })));
    },
    close(): void {
      for (const file of open.values()) file.close();
      open.clear();
    },
  };
};
