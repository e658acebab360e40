import { createWriteStream, fstatSync, mkdirSync, openSync, renameSync, type WriteStream } from 'node:fs';
import { dirname } from 'node:path';

/** Appends lines to a file; from `limit` bytes on it is `<file>.1`, in place of the one before, and a new one begins. */
export const createLogFile = (file: string, limit = 10 * 1024 * 1024) => {
  let stream: WriteStream | undefined;
  let size = 0;

  const open = (): WriteStream => {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    // Opened at once: what is still to be written follows the file when it is renamed.
    const fd = openSync(file, 'a', 0o600);
    size = fstatSync(fd).size;
    const opened = createWriteStream(file, { fd });
    // A full disk costs lines of the file, never the pod.
    opened.on('error', () => {});
    return opened;
  };
  const close = (): void => {
    stream?.end();
    stream = undefined;
  };

  return {
    append(line: string): void {
      stream ??= open();
      stream.write(`${line}\n`);
      size += Buffer.byteLength(line) + 1;
      if (size < limit) return;
      close();
      renameSync(file, `${file}.1`);
    },
    close,
  };
};

export type LogFile = ReturnType<typeof createLogFile>;
