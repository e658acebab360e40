import { createWriteStream, mkdirSync, renameSync, statSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/** Appends lines to a file; at `limit` bytes it becomes `<file>.1`, which drops the one before. */
export const createLogFile = (file: string, limit = 10 * 1024 * 1024) => {
  let stream: WriteStream | undefined;
  let size = 0;

  const open = (): WriteStream => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size >= limit) {
      renameSync(file, `${file}.1`);
      size = 0;
    }
    const opened = createWriteStream(file, { flags: 'a', mode: 0o600 });
    // A full disk costs lines of the file, never the pod.
    opened.on('error', () => {});
    return opened;
  };

  return {
    append(line: string): void {
      stream ??= open();
      stream.write(`${line}\n`);
      size += Buffer.byteLength(line) + 1;
      if (size >= limit) this.close();
    },
    close(): void {
      stream?.end();
      stream = undefined;
    },
  };
};

export type LogFile = ReturnType<typeof createLogFile>;
